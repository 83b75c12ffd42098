/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into `onStop`; the second ends the process at once, for people who do not
 * want to wait. Child processes notice that by themselves.
 * @returns listens no more
 */
export function onStopSignal(onStop: (signal: NodeJS.Signals) => void): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
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
