import type { EngineFigures, TvmMemory } from "../benchResult.js";
import { runBareLoop } from "./bareLoop.js";
import { runEngineLoops } from "./engineLoop.js";
import { createTvmWorkload, TVM_WORK, type TvmWorkName } from "./tvmWorkload.js";

/** Compiling, of JavaScript and of the machine, is over by then. */
const WARM_UP = 500;
const MESSAGES = 2_000;
/** Two transactions each. */
const MEMORY_MESSAGES = 10_500;
const BYTES_PER_MB = 1024 * 1024;

/** The engine of a keeper without a network around it: against the bare machine, and in two threads at once. */
export async function runEngineBench(): Promise<EngineFigures> {
  const shares: EngineFigures["shares"][number][] = [];
  for (const name of TVM_WORK) shares.push(await shareOf(name));
  const works = [0, 1].map((thread) => createTvmWorkload("wallets", { messages: MESSAGES, threads: 2, thread }));
  const onePerS = Math.round(await runEngineLoops(works.slice(0, 1), WARM_UP));
  const twoPerS = Math.round(await runEngineLoops(works, WARM_UP));
  const ratio = Math.round((twoPerS / onePerS) * 100) / 100;
  return { shares, threads: { onePerS, twoPerS, ratio }, memory: await memoryOver() };
}

async function shareOf(name: TvmWorkName): Promise<EngineFigures["shares"][number]> {
  const work = createTvmWorkload(name, { messages: MESSAGES, threads: 1, thread: 0 });
  const barePerS = await runBareLoop(work, WARM_UP);
  const enginePerS = await runEngineLoops([work], WARM_UP);
  const share = Math.round((enginePerS / barePerS) * 1_000) / 1_000;
  return { work: name, barePerS: Math.round(barePerS), enginePerS: Math.round(enginePerS), share };
}

/** Of this process, which holds all messages from the start on: whatever grows is the engine's. */
async function memoryOver(): Promise<TvmMemory> {
  const work = createTvmWorkload("wallets", { messages: MEMORY_MESSAGES, threads: 1, thread: 0 });
  const samples: { readonly transactions: number; readonly rssMb: number }[] = [];
  let transactions = 0;
  await runEngineLoops([work], WARM_UP, (now) => {
    transactions = now;
    samples.push({ transactions, rssMb: Math.round(process.memoryUsage.rss() / BYTES_PER_MB) });
  });
  const peakOf = (from: number, to: number): number =>
    Math.max(...samples.filter((one) => one.transactions >= from && one.transactions <= to).map(({ rssMb }) => rssMb));
  return {
    transactions,
    firstHalfPeakMb: peakOf(0, transactions / 2),
    secondHalfPeakMb: peakOf(transactions / 2, transactions),
  };
}
