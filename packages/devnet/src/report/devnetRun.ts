import { SOFTWARE_VERSION } from "@sealwright/node";
import type { Fault } from "../faults/fault.js";
import { type FaultDone, FaultDrill } from "../faults/faultDrill.js";
import type { LoadCounts, LoadProgress, LoadResult } from "../load/loadPlan.js";
import { quantilesOf } from "../load/quantiles.js";
import { type LoadRun, startLoad } from "../load/startLoad.js";
import type { Devnet } from "../network/devnet.js";
import { sleepMs, wakefulClock } from "../wakefulClock.js";
import { type Books, openBooks } from "./books.js";
import { checkLoad } from "./checkLoad.js";
import { checkRecovery, type Recovery } from "./checkRecovery.js";
import { Checks } from "./checks.js";
import { compareChains } from "./compareChains.js";
import type { DevnetReport } from "./devnetReport.js";
import { faultReports } from "./faultReports.js";
import { FinalityMonitor } from "./finalityMonitor.js";
import { NO_FIGURES, type NodeFigures, readNodeFigures } from "./nodeFigures.js";

/** How a devnet is put to the test. */
export interface DevnetRunOptions {
  /** Messages per second; 0 sends none. */
  readonly loadPerS: number;
  /** Null: until `signal` aborts. */
  readonly durationMs: number | null;
  /** Default: signed transfers, half of them across threads. */
  readonly work?: { readonly type: "transfers" } | { readonly type: "store"; readonly payloadBytes: number };
  readonly burstMs?: number;
  readonly warmUpMs?: number;
  readonly settleMs?: number;
  /** Done on the way, counted from the begin of the load. `planFlaw` says whether the network can have them. */
  readonly faults?: readonly Fault[];
  readonly onFault?: (done: FaultDone) => void;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: LoadProgress) => void;
}

const BURST_MS = 20;
const SETTLE_MS = 10_000;
const NO_LOAD: LoadCounts = { sent: 0, included: 0, final: 0, rejected: 0, expired: 0, lost: 0, unsettled: 0 };

/** Sends a load through a devnet, watches it, and checks afterwards that every promise was kept. */
export async function runDevnet(devnet: Devnet, options: DevnetRunOptions): Promise<DevnetReport> {
  const checks = new Checks();
  const faults = options.faults ?? [];
  const isIdle = options.loadPerS === 0;
  const monitor = new FinalityMonitor(checks, { followsSealed: isIdle && faults.length > 0 });
  await monitor.start(devnet.clients);
  const books = await openBooks(devnet);
  // Reading resets the event-loop figures, so what comes at the end is this run's.
  await figuresOf(devnet);
  const startMs = wakefulClock.monotonicMs();
  const drill = new FaultDrill(devnet, faults, options.onFault);
  const load = isIdle ? null : await sendLoad(devnet, books, options, () => drill.start());
  if (load === null) {
    drill.start();
    await sleepMs(options.durationMs ?? FOREVER_MS, options.signal);
  }
  const durationMs = Math.round(wakefulClock.monotonicMs() - startMs);
  const endMs = wakefulClock.nowMs();
  const done = await drill.finish();
  if (done.length > 0) await checkRecovery(recoveryOf(devnet, monitor, done), checks);
  const perNode = await figuresOf(devnet);
  const nodes = devnet.answering().map(({ index, client, isCutOff }) => ({ index, client, mayLag: isCutOff }));
  const chains = await compareChains(nodes, checks, { monitor, keepers: devnet.endpoints.length });
  const chainsOfThreads = chains.threads.map(({ blocks }) => blocks);
  checks.check("I10", chains.upToDate.length > 0, () => "no node has all final blocks: the books were not audited");
  const booksAreWhole = await books.audit(chainsOfThreads, checks, chains.upToDate);
  await monitor.stop();
  checkPromises(checks, devnet, load);
  checkFaults(checks, done);
  return {
    sealwright: SOFTWARE_VERSION,
    nodes: devnet.endpoints.length,
    threads: chains.threads.map(({ threadId, index, finalizedHeight, comparedFrom, blocks }) => ({
      id: threadId,
      finalizedHeight: Number(finalizedHeight),
      comparedFrom: Number(comparedFrom),
      blocks: blocks.length,
      forks: monitor.forks(index),
    })),
    messages: load?.messages ?? NO_LOAD,
    finalityMs: load?.finalityMs ?? quantilesOf([]),
    throughputPerS: load?.throughputPerS ?? 0,
    invariants: { checked: checks.checked, violations: checks.violations, perRule: checks.perRule },
    faults: faultReports(done, {
      finalsAtMs: chains.threads.map(({ index }) => monitor.finalTimes(index)),
      latencies: load?.latencies ?? monitor.latencies(),
      endMs,
    }),
    nodesAgree: chains.nodesAgree,
    booksAreWhole,
    startToFirstFinalMs: devnet.startToFirstFinalMs,
    perNode,
    network: {
      name: devnet.folder.name,
      networkId: devnet.networkId,
      executor: devnet.folder.parameters.executor,
    },
    endpoints: devnet.urls,
    loadPerS: options.loadPerS,
    durationMs,
    rejections: load?.rejections ?? {},
    sendDelayMs: load?.sendDelayMs ?? quantilesOf([]),
  };
}

/** Longer than any duration that can be asked for, and short enough for a timer. */
const FOREVER_MS = 2 ** 31 - 1;

async function sendLoad(
  devnet: Devnet,
  books: Books,
  options: DevnetRunOptions,
  onStarted: () => void,
): Promise<LoadResult> {
  const run: LoadRun = startLoad(
    {
      networkId: devnet.networkId,
      apiUrls: devnet.endpoints.map(({ apiUrl }) => apiUrl),
      work: options.work?.type === "store" ? options.work : books.work,
      ratePerS: options.loadPerS,
      burstMs: options.burstMs ?? BURST_MS,
      warmUpMs: options.warmUpMs ?? 0,
      windowMs: options.durationMs,
      settleMs: options.settleMs ?? SETTLE_MS,
    },
    options.onProgress,
  );
  const stop = (): void => run.stop();
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.signal?.aborted === true) stop();
  try {
    await run.started;
    onStarted();
    return await run.result;
  } finally {
    options.signal?.removeEventListener("abort", stop);
  }
}

function recoveryOf(devnet: Devnet, monitor: FinalityMonitor, done: readonly FaultDone[]): Recovery {
  return {
    keepers: devnet.endpoints.length,
    connected: devnet.answering().filter(({ isCutOff }) => !isCutOff).length,
    threads: devnet.folder.parameters.threads,
    lastFaultMs: Math.max(...done.map(({ endMs }) => endMs)),
    finalTimes: (thread) => monitor.finalTimes(thread),
  };
}

function checkPromises(checks: Checks, devnet: Devnet, load: LoadResult | null): void {
  if (load !== null) checkLoad(load.messages, checks);
  const ends = devnet.unwantedEnds;
  const describe = (): string =>
    ends
      .map(({ index, exit }) => `keeper ${index} ended by itself (code ${exit.code}, signal ${exit.signal})`)
      .join("; ");
  checks.check("process", ends.length === 0, describe);
}

/** A drill that did not happen proves nothing. */
function checkFaults(checks: Checks, done: readonly FaultDone[]): void {
  for (const { failure } of done) checks.check("fault", failure === null, () => failure ?? "");
}

function figuresOf(devnet: Devnet): Promise<NodeFigures[]> {
  const answering = new Set(devnet.answering().map(({ index }) => index));
  return Promise.all(
    devnet.endpoints.map(({ pid, index }) =>
      answering.has(index) ? readNodeFigures(devnet.clients[index]!, pid) : Promise.resolve(NO_FIGURES),
    ),
  );
}
