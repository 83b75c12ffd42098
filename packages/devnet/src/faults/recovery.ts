/** When something was asked for, and how long it took until a client knew it final; Infinity: never. */
export interface LatencySample {
  readonly atMs: number;
  readonly latencyMs: number;
}

export interface ObservedRun {
  /** Of each thread: when each new final block was first told by any node, ascending. */
  readonly finalsAtMs: readonly (readonly number[])[];
  /** Ascending by `atMs`. */
  readonly latencies: readonly LatencySample[];
  readonly endMs: number;
}

interface Window {
  readonly beginMs: number;
  /** When the next one begins; the run's end for the last. */
  readonly nextMs: number;
  /** From then on nobody asked for anything: an idle thread waits for its tick, and that is no fault's doing. */
  readonly askedUntilMs: number;
}

export interface Recovery {
  readonly blipMs: number;
  readonly hangoverMs: number | null;
}

/**
 * So much of what follows a moment must be quick for it to count as recovered: one quick answer may be luck. Faults that
 * are closer together cannot be told apart.
 */
const STEADY_MS = 500;
const WITHIN = 2;
/** Below this, twice as much is noise of the machine. */
const LATENCY_MS_MIN = 20;

/**
 * What a run's faults did to finality, all times on one clock.
 *
 * Faults less than half a second apart share a window, from the first of them on: nobody can tell which of them did what,
 * so each has the same figures. Blip: the longest time that any thread was without a new final block, counted from the
 * window's begin, and of the waits that had lasted half a second when the next window began, or were over. A wait that
 * began after the last request is an idle thread's, and counts only if it is the window's first. Hangover: from
 * the end of that wait until the median latency of what was asked for in the following half second is within twice the
 * median of all that was asked for before the first fault; null when that did not happen before the end, or when there was
 * nothing before to compare with.
 *
 * @param faultsAtMs in any order
 * @returns in that order
 */
export function measureRecovery(faultsAtMs: readonly number[], run: ObservedRun): readonly Recovery[] {
  const begins = windowsOf(faultsAtMs);
  const firstMs = begins[0] ?? run.endMs;
  const before = medianOf(run.latencies.filter(({ atMs, latencyMs }) => atMs + latencyMs <= firstMs));
  const askedUntilMs = run.latencies.at(-1)?.atMs ?? run.endMs;
  const recoveries = begins.map((beginMs, i) => {
    const blip = longestWait({ beginMs, nextMs: begins[i + 1] ?? run.endMs, askedUntilMs }, run);
    const backMs = before === null ? null : quickAgain(blip.endMs, Math.max(before, LATENCY_MS_MIN) * WITHIN, run);
    return {
      blipMs: Math.round(blip.endMs - blip.startMs),
      hangoverMs: backMs === null ? null : Math.round(Math.max(0, backMs - blip.endMs)),
    };
  });
  return faultsAtMs.map((atMs) => recoveries[begins.findLastIndex((beginMs) => beginMs <= atMs)]!);
}

/** @returns when each window begins, ascending */
function windowsOf(faultsAtMs: readonly number[]): readonly number[] {
  const ascending = [...faultsAtMs].sort((a, b) => a - b);
  return ascending.filter((atMs, i) => i === 0 || atMs - ascending[i - 1]! >= STEADY_MS);
}

interface Wait {
  readonly startMs: number;
  readonly endMs: number;
}

function longestWait({ beginMs, nextMs, askedUntilMs }: Window, { finalsAtMs, endMs }: ObservedRun): Wait {
  let longest: Wait = { startMs: beginMs, endMs: beginMs };
  for (const finals of finalsAtMs) {
    let startMs = beginMs;
    for (const finalMs of [...finals.filter((at) => at > beginMs), endMs]) {
      if (startMs >= nextMs || (startMs > beginMs && startMs > askedUntilMs)) break;
      // A wait that had only just begun when the next window began is that one's alone.
      const isOwn = finalMs <= nextMs || nextMs - startMs >= STEADY_MS;
      const ownEndMs = isOwn ? finalMs : nextMs;
      if (ownEndMs - startMs > longest.endMs - longest.startMs) longest = { startMs, endMs: ownEndMs };
      startMs = finalMs;
    }
  }
  return longest;
}

function quickAgain(fromMs: number, limitMs: number, { latencies }: ObservedRun): number | null {
  const later = latencies.filter(({ atMs }) => atMs >= fromMs);
  for (const [i, { atMs }] of later.entries()) {
    if (i > 0 && later[i - 1]!.atMs === atMs) continue;
    const next = medianOf(samplesUntil(later, i, atMs + STEADY_MS));
    if (next !== null && next <= limitMs) return atMs;
  }
  return null;
}

function samplesUntil(samples: readonly LatencySample[], first: number, endMs: number): readonly LatencySample[] {
  let end = first;
  while (end < samples.length && samples[end]!.atMs < endMs) end++;
  return samples.slice(first, end);
}

function medianOf(samples: readonly LatencySample[]): number | null {
  const sorted = samples.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
