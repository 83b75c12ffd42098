import { assert } from "@sealwright/types";
import type { EngineFigures, EngineShare, TvmMemory } from "../benchResult.js";
import { medianOf } from "../medianOf.js";
import { BareLoop } from "./bareLoop.js";
import { EngineLoop } from "./engineLoop.js";
import { createTvmWorkload, TVM_WORK, type TvmWorkName } from "./tvmWorkload.js";

/** Compiling, of JavaScript and of the machine, is over by then. */
const WARM_UP = 500;
const TURN_MS = 400;
const MESSAGES = 2_000;
/** Two transactions each. */
const MEMORY_MESSAGES = 10_500;
const BYTES_PER_MB = 1024 * 1024;

/** The engine of a keeper without a network around it: against the bare machine, and in two threads at once. */
export async function runEngineBench(): Promise<EngineFigures> {
  const shares: EngineShare[] = [];
  for (const name of TVM_WORK) shares.push(await shareOf(name));
  return { shares, threads: await threadsOf(), memory: await memoryOver() };
}

/**
 * In turns, a block and then as many calls of the bare machine: what else the machine does slows both. A shared one
 * changes its speed within seconds, so a run of one and then of the other would compare two machines.
 */
export async function shareOf(name: TvmWorkName, messages = MESSAGES, warmUp = WARM_UP): Promise<EngineShare> {
  const work = createTvmWorkload(name, { messages, threads: 1, thread: 0 });
  const bare = await BareLoop.create(work);
  await using engine = await EngineLoop.open(work);
  const spentMs = { bare: 0, engine: 0 };
  let counted = 0;
  while (!engine.isDone) {
    const before = engine.transactions;
    const startMs = performance.now();
    await engine.build();
    const builtMs = performance.now();
    const transactions = engine.transactions - before;
    bare.run(transactions);
    if (engine.taken <= warmUp) continue;
    spentMs.engine += builtMs - startMs;
    spentMs.bare += performance.now() - builtMs;
    counted += transactions;
  }
  assert(counted > 0 && bare.left === 0, "both did the same work, and some of it after the warm-up");
  return {
    work: name,
    barePerS: Math.round((counted / spentMs.bare) * 1_000),
    enginePerS: Math.round((counted / spentMs.engine) * 1_000),
    share: Math.round((spentMs.bare / spentMs.engine) * 1_000) / 1_000,
  };
}

/** In turns as well: one thread alone, and then both. */
export async function threadsOf(
  messages = MESSAGES,
  warmUp = WARM_UP,
  turnMs = TURN_MS,
): Promise<EngineFigures["threads"]> {
  const [work, otherWork] = [0, 1].map((thread) => createTvmWorkload("wallets", { messages, threads: 2, thread }));
  await using first = await EngineLoop.open(work!);
  await using second = await EngineLoop.open(otherWork!);
  await Promise.all([first.buildTo(warmUp), second.buildTo(warmUp)]);
  const turns: { readonly one: number; readonly two: number }[] = [];
  while (!first.isDone && !second.isDone) {
    const one = await rateOverTurn(turns.length % 2 === 0 ? first : second, turnMs);
    // That turn took the last of its work: there is no turn of both.
    if (first.isDone || second.isDone) break;
    const both = await Promise.all([first, second].map((loop) => rateOverTurn(loop, turnMs)));
    turns.push({ one, two: both[0]! + both[1]! });
  }
  assert(turns.length > 0, "there was work for a turn of one thread and one of both");
  return {
    onePerS: Math.round(medianOf(turns.map(({ one }) => one))),
    twoPerS: Math.round(medianOf(turns.map(({ two }) => two))),
    ratio: Math.round(medianOf(turns.map(({ one, two }) => two / one)) * 100) / 100,
  };
}

/** Transactions a second of one turn, by the loop's own time: it has a block at least, and ends with a whole one. */
async function rateOverTurn(loop: EngineLoop, turnMs: number): Promise<number> {
  assert(!loop.isDone, "a turn has work");
  const before = loop.transactions;
  const startMs = performance.now();
  let ms: number;
  do {
    await loop.build();
    ms = performance.now() - startMs;
  } while (ms < turnMs && !loop.isDone);
  return ((loop.transactions - before) / ms) * 1_000;
}

/** Of this process, which holds all messages from the start on: whatever grows is the engine's. */
async function memoryOver(): Promise<TvmMemory> {
  await using loop = await EngineLoop.open(
    createTvmWorkload("wallets", { messages: MEMORY_MESSAGES, threads: 1, thread: 0 }),
  );
  await loop.buildTo(WARM_UP);
  const warm = loop.transactions;
  const samples: { readonly transactions: number; readonly rssMb: number }[] = [];
  while (!loop.isDone) {
    await loop.build();
    const rssMb = Math.round(process.memoryUsage.rss() / BYTES_PER_MB);
    samples.push({ transactions: loop.transactions - warm, rssMb });
  }
  const transactions = loop.transactions - warm;
  const peakOf = (from: number, to: number): number =>
    Math.max(...samples.filter((one) => one.transactions >= from && one.transactions <= to).map(({ rssMb }) => rssMb));
  return {
    transactions,
    firstHalfPeakMb: peakOf(0, transactions / 2),
    secondHalfPeakMb: peakOf(transactions / 2, transactions),
  };
}
