import { SOFTWARE_VERSION, systemClock } from "@sealwright/node";
import { quantilesOf } from "../../load/quantiles.js";
import { sleepMs } from "../../wakefulClock.js";
import { circumstances } from "../circumstances.js";
import { medianOf } from "../medianOf.js";
import { type BenchForge, openBlsForge, openEd25519Forge, openEmptyForge } from "./benchForge.js";
import type { ForgeBenchResult, ForgeBurst, ForgePace } from "./forgeBenchResult.js";

/** How much of the forge is measured, and who hears of it meanwhile. */
export interface ForgeBenchOptions {
  /** Fewer and shorter rounds, for a first look. */
  readonly quick: boolean;
  /** Threads that sign with BLS keys. */
  readonly signThreads: number;
  readonly onBurst: (burst: ForgeBurst) => void;
}

interface BurstPlan {
  readonly scheme: ForgeBurst["scheme"];
  readonly keys: number;
  readonly perKey: number;
  readonly bursts: number;
}

const BURSTS: readonly BurstPlan[] = [
  { scheme: "bls", keys: 1, perKey: 200, bursts: 5 },
  { scheme: "bls", keys: 100, perKey: 1, bursts: 21 },
  { scheme: "bls", keys: 1_000, perKey: 1, bursts: 5 },
  { scheme: "bls", keys: 10_000, perKey: 1, bursts: 2 },
  { scheme: "ed25519", keys: 100, perKey: 1, bursts: 51 },
];
/** A forge runs for weeks: how it signs while the engine still compiles it is not what is measured. */
const WARM_UP_REQUESTS = 3_000;
const FULL_FACTOR = 4;
const PACE_KEYS = 100;
const PACES_PER_S = [500, 1_000];
const PACE_MS = { quick: 4_000, full: 20_000 } as const;
const OVERHEAD_KEYS = 1_000;
const OVERHEAD_ROUNDS = 40;

/** Measures the forge in this process, durable, and in turns with its own signer alone. */
export async function runForgeBench(options: ForgeBenchOptions): Promise<ForgeBenchResult> {
  const about = circumstances();
  const queueOverheadUs = await measureOverhead();
  const bursts: ForgeBurst[] = [];
  for (const plan of BURSTS) {
    const times = options.quick ? 1 : FULL_FACTOR;
    const burst = await measureBursts({ ...plan, bursts: plan.bursts * times }, options.signThreads);
    bursts.push(burst);
    options.onBurst(burst);
  }
  const paces: ForgePace[] = [];
  for (const perS of PACES_PER_S)
    paces.push(await measurePace(perS, options.quick ? PACE_MS.quick : PACE_MS.full, options.signThreads));
  const { quick, signThreads } = options;
  return {
    sealwright: SOFTWARE_VERSION,
    benchmark: "w7",
    quick,
    durable: true,
    signThreads,
    ...about,
    bursts,
    paces,
    queueOverheadUs,
  };
}

async function measureBursts(plan: BurstPlan, signThreads: number): Promise<ForgeBurst> {
  const { scheme, keys, perKey } = plan;
  await using forge = await (scheme === "bls" ? openBlsForge(keys, signThreads) : openEd25519Forge(keys));
  const latencies: number[] = [];
  const bareLatencies: number[] = [];
  const rates: number[] = [];
  const bareRates: number[] = [];
  const warmUps = Math.ceil(WARM_UP_REQUESTS / (keys * perKey));
  for (let burst = 0; burst < warmUps + plan.bursts; burst++) {
    const isMeasured = burst >= warmUps;
    const bareRate = await oneBareBurst(forge, burst * perKey, perKey, isMeasured ? bareLatencies : []);
    const rate = await oneBurst(forge, burst * perKey, perKey, isMeasured ? latencies : []);
    if (isMeasured) {
      bareRates.push(bareRate);
      rates.push(rate);
    }
  }
  return {
    ...plan,
    signaturesPerS: Math.round(medianOf(rates)),
    barePerS: Math.round(medianOf(bareRates)),
    ofBare: Math.round(medianOf(rates.map((rate, i) => rate / bareRates[i]!)) * 1_000) / 1_000,
    latencyMs: quantilesOf(latencies),
    bareLatencyMs: quantilesOf(bareLatencies),
  };
}

/** @returns signatures a second */
async function oneBurst(forge: BenchForge, first: number, perKey: number, latencies: number[]): Promise<number> {
  const requests = Array.from({ length: perKey }, (_, nth) =>
    Array.from({ length: forge.keys }, (_, key) => forge.request(key, first + nth)),
  ).flat();
  const startMs = systemClock.monotonicMs();
  await Promise.all(
    requests.map((request) => forge.sign(request).then(() => void latencies.push(systemClock.monotonicMs() - startMs))),
  );
  return (requests.length / (systemClock.monotonicMs() - startMs)) * 1_000;
}

/** As many at once as there are keys: one key alone signs one after the other, as it does in the forge. */
async function oneBareBurst(forge: BenchForge, first: number, perKey: number, latencies: number[]): Promise<number> {
  const startMs = systemClock.monotonicMs();
  const signAll = async (key: number): Promise<void> => {
    for (let nth = 0; nth < perKey; nth++) {
      await forge.signBare(key, first + nth);
      latencies.push(systemClock.monotonicMs() - startMs);
    }
  };
  await Promise.all(Array.from({ length: forge.keys }, (_, key) => signAll(key)));
  return ((forge.keys * perKey) / (systemClock.monotonicMs() - startMs)) * 1_000;
}

async function measurePace(offeredPerS: number, windowMs: number, signThreads: number): Promise<ForgePace> {
  await using forge = await openBlsForge(PACE_KEYS, signThreads);
  await oneBurst(forge, 0, 1, []);
  const latencies: number[] = [];
  const waiting: Promise<void>[] = [];
  const total = Math.floor((offeredPerS * windowMs) / 1_000);
  const startMs = systemClock.monotonicMs();
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(((systemClock.monotonicMs() - startMs) * offeredPerS) / 1_000) + 1);
    for (; sent < due; sent++) {
      const scheduledMs = startMs + (sent * 1_000) / offeredPerS;
      const request = forge.request(sent % PACE_KEYS, 1 + Math.floor(sent / PACE_KEYS));
      waiting.push(forge.sign(request).then(() => void latencies.push(systemClock.monotonicMs() - scheduledMs)));
    }
    await sleepMs(1);
  }
  await Promise.all(waiting);
  return { keys: PACE_KEYS, offeredPerS, signatures: latencies.length, latencyMs: quantilesOf(latencies) };
}

async function measureOverhead(): Promise<number> {
  await using forge = await openEmptyForge(OVERHEAD_KEYS);
  const perRequestUs: number[] = [];
  for (let round = 0; round < OVERHEAD_ROUNDS; round++) perRequestUs.push(1e6 / (await oneBurst(forge, round, 1, [])));
  // The first half warms the engine up.
  return Math.round(medianOf(perRequestUs.slice(OVERHEAD_ROUNDS / 2)) * 10) / 10;
}
