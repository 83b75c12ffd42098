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

export interface Recovery {
  readonly blipMs: number;
  readonly hangoverMs: number | null;
}

/** So much of what follows a moment must be quick for it to count as recovered: one quick answer may be luck. */
const STEADY_MS = 500;
const WITHIN = 2;
/** Below this, twice as much is noise of the machine. */
const LATENCY_MS_MIN = 20;

/**
 * What a run's faults did to finality, all times on one clock.
 *
 * Blip: the longest time that any thread was without a new final block, counted from the fault, and of the waits that
 * had lasted half a second when the next fault came, or were over. Hangover: from the end of that wait until the median latency of what was asked for in
 * the following half second is within twice the median of all that was asked for before the first fault; null when
 * that did not happen before the end, or when there was nothing before to compare with.
 *
 * @param faultsAtMs ascending
 */
export function measureRecovery(faultsAtMs: readonly number[], run: ObservedRun): readonly Recovery[] {
  const firstMs = faultsAtMs[0] ?? run.endMs;
  const before = medianOf(run.latencies.filter(({ atMs, latencyMs }) => atMs + latencyMs <= firstMs));
  return faultsAtMs.map((atMs, i) => {
    const blip = longestWait(atMs, faultsAtMs[i + 1] ?? run.endMs, run);
    const backMs = before === null ? null : quickAgain(blip.endMs, Math.max(before, LATENCY_MS_MIN) * WITHIN, run);
    return {
      blipMs: Math.round(blip.endMs - blip.startMs),
      hangoverMs: backMs === null ? null : Math.round(Math.max(0, backMs - blip.endMs)),
    };
  });
}

interface Wait {
  readonly startMs: number;
  readonly endMs: number;
}

function longestWait(faultMs: number, nextMs: number, { finalsAtMs, endMs }: ObservedRun): Wait {
  let longest: Wait = { startMs: faultMs, endMs: faultMs };
  for (const finals of finalsAtMs) {
    let startMs = faultMs;
    for (const finalMs of [...finals.filter((at) => at > faultMs), endMs]) {
      if (startMs >= nextMs) break;
      // A wait that had only just begun when the next fault came is that fault's alone.
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
