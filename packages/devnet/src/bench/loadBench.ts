import type { DevnetRunOptions } from "../report/devnetRun.js";
import type { LoadWork } from "../load/loadPlan.js";
import { startLoad } from "../load/startLoad.js";
import type { Devnet } from "../network/devnet.js";
import { openBooks } from "../report/books.js";
import { Checks } from "../report/checks.js";
import { allAlike, compareChains } from "../report/compareChains.js";
import { type NodeFigures, readNodeFigures } from "../report/nodeFigures.js";
import { sleepMs } from "../wakefulClock.js";
import type { LoadBenchRun, LoadStep } from "./benchResult.js";

export interface LoadBenchOptions {
  readonly work: NonNullable<DevnetRunOptions["work"]>;
  /** Messages per second of each step; the run ends after the first that is not sustained. */
  readonly ratesPerS: Iterable<number>;
  readonly burstMs: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly onStep: (step: LoadStep) => void;
}

const SETTLE_MS = 15_000;
const PAUSE_MS = 1_000;
const FINAL_SHARE_MIN = 0.95;
const P99_MS_MAX = 1_000;
/** Nonces of one step, per account: each step begins above all of the one before. */
const NONCES_PER_STEP = 1n << 32n;

/** Raises the load step by step on one network, and compares the nodes' chains at the end. */
export async function runLoadBench(devnet: Devnet, options: LoadBenchOptions): Promise<LoadBenchRun> {
  const steps: LoadStep[] = [];
  for (const rate of options.ratesPerS) {
    const step = await runStep(devnet, rate, BigInt(steps.length), options);
    steps.push(step);
    options.onStep(step);
    if (!step.isSustained) break;
    await sleepMs(PAUSE_MS);
  }
  const figures = await figuresOf(devnet);
  const checks = new Checks();
  const { nodesAgree } = await compareChains(allAlike(devnet.clients), checks);
  const ends = devnet.unwantedEnds.map(({ index }) => `keeper ${index} ended by itself`);
  const kneePerS = steps.findLast(({ isSustained }) => isSustained)?.offeredPerS ?? null;
  return {
    steps,
    kneePerS,
    nodesAgree,
    violations: [...checks.violations, ...ends],
    peakRssMb: figures.map(({ peakRssMb }) => peakRssMb),
  };
}

async function runStep(devnet: Devnet, rate: number, stepIndex: bigint, options: LoadBenchOptions): Promise<LoadStep> {
  const before = await figuresOf(devnet);
  const blocksBefore = await finalBlocksOf(devnet);
  const result = await startLoad({
    networkId: devnet.networkId,
    apiUrls: devnet.endpoints.map(({ apiUrl }) => apiUrl),
    work: await workOf(devnet, options.work, stepIndex),
    ratePerS: rate,
    burstMs: options.burstMs,
    warmUpMs: options.warmUpMs,
    windowMs: options.windowMs,
    settleMs: SETTLE_MS,
  }).result;
  const after = await figuresOf(devnet);
  const blocks = (await finalBlocksOf(devnet)) - blocksBefore;
  const cpuS = after.reduce((sum, { cpuS: now }, i) => sum + now - before[i]!.cpuS, 0);
  const { messages, finalityMs, finalShare } = result;
  const isWhole = messages.lost + messages.unsettled + messages.expired === 0;
  return {
    offeredPerS: rate,
    finalPerS: result.throughputPerS,
    finalShare,
    finalityMs,
    isSustained: finalShare >= FINAL_SHARE_MIN && finalityMs.p99 <= P99_MS_MAX && isWhole,
    messages,
    rejections: result.rejections,
    cpuSPer1000: Math.round((cpuS / Math.max(1, messages.final)) * 1_000 * 100) / 100,
    blocks,
    cpuMsPerBlock: Math.round((cpuS / Math.max(1, blocks)) * 1_000 * 10) / 10,
    sendDelayP99Ms: result.sendDelayMs.p99,
    eventLoopDelayP99Ms: after.map(({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms),
  };
}

async function workOf(devnet: Devnet, work: LoadBenchOptions["work"], step: bigint): Promise<LoadWork> {
  if (work.type === "store") return work;
  // Wallets take only their very next number, so each step reads where they stand.
  if (devnet.folder.funded.type === "tvm") return (await openBooks(devnet)).work;
  const nonce = String(step * NONCES_PER_STEP);
  return {
    type: "transfers",
    accounts: devnet.accounts.map(({ id, thread, seed }) => ({ id, thread, seed, nonce })),
    amount: "1",
  };
}

/** Of all threads together. */
async function finalBlocksOf(devnet: Devnet): Promise<number> {
  const threads = await devnet.clients[0]!.threads();
  return threads.reduce((sum, { final }) => sum + Number(final?.height ?? 0), 0);
}

export function figuresOf(devnet: Devnet): Promise<NodeFigures[]> {
  return Promise.all(devnet.endpoints.map(({ pid }, i) => readNodeFigures(devnet.clients[i]!, pid)));
}
