const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into `onStop`; the second ends the process at once, for people who do not
 * want to wait. Child processes notice that by themselves.
 * @param signals those that mean a stop to this command
 * @returns listens no more
 */
export function onStopSignal(
  onStop: (signal: NodeJS.Signals) => void,
  signals: readonly StopSignal[] = STOP_SIGNALS,
): () => void {
  let isStopping = false;
  const handle = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(SIGNALLED + 2);
    isStopping = true;
    onStop(signal);
  };
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
  };
}

/** Shells report a process ended by a signal as 128 and its number. */
const SIGNALLED = 128;
