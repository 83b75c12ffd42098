import type { BlockEventJson, SealwrightClient } from "@sealwright/api/client";
import { quantilesOf } from "../load/quantiles.js";
import type { Devnet } from "../network/devnet.js";
import { sleepMs, wakefulClock } from "../wakefulClock.js";
import type { IdleBenchRun } from "./benchResult.js";
import { figuresOf } from "./loadBench.js";

export interface IdleBenchOptions {
  readonly tickMs: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

/** Measures how evenly an idle network seals: each producer's own word on when it sealed. */
export async function runIdleBench(
  devnet: Devnet,
  { tickMs, warmUpMs, windowMs }: IdleBenchOptions,
): Promise<IdleBenchRun> {
  await sleepMs(warmUpMs);
  const over = new AbortController();
  const sealedAtMs = new Map<string, number[]>();
  const following = devnet.endpoints.map(({ keeperId }, i) =>
    followSeals(devnet.clients[i]!, keeperId, sealedAtMs, over.signal),
  );
  const before = await figuresOf(devnet);
  const startMs = wakefulClock.monotonicMs();
  await sleepMs(windowMs);
  const minutes = (wakefulClock.monotonicMs() - startMs) / 60_000;
  const after = await figuresOf(devnet);
  over.abort();
  await Promise.allSettled(following);
  const intervals = [...sealedAtMs.values()].flatMap((times) => times.slice(1).map((time, i) => time - times[i]!));
  const cpuS = after.reduce((sum, { cpuS: now }, i) => sum + now - before[i]!.cpuS, 0);
  return {
    blocks: [...sealedAtMs.values()].reduce((sum, times) => sum + times.length, 0),
    intervalMs: quantilesOf(intervals),
    jitterMs: quantilesOf(intervals.map((interval) => Math.abs(interval - tickMs))),
    missed: intervals.filter((interval) => interval > tickMs * 1.5).length,
    peakRssMb: after.map(({ peakRssMb }) => peakRssMb),
    cpuSPerMinute: Math.round((cpuS / minutes) * 100) / 100,
  };
}

/** Notes when a keeper sealed its blocks, by thread, by its own word. */
export async function followSeals(
  client: SealwrightClient,
  keeperId: string,
  sealedAtMs: Map<string, number[]>,
  signal: AbortSignal,
): Promise<void> {
  for await (const item of client.events({ types: ["block.sealed"], signal })) {
    if (item.type === "gap") continue;
    const { producer, block, atMs } = item.event as BlockEventJson;
    if (producer !== keeperId) continue;
    const times = sealedAtMs.get(block.threadId) ?? [];
    times.push(atMs);
    sealedAtMs.set(block.threadId, times);
  }
}
