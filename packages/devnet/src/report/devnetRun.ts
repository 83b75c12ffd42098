import { SOFTWARE_VERSION } from "@sealwright/node";
import type { LoadCounts, LoadProgress, LoadResult, LoadWork } from "../load/loadPlan.js";
import { quantilesOf } from "../load/quantiles.js";
import { type LoadRun, startLoad } from "../load/startLoad.js";
import type { Devnet } from "../network/devnet.js";
import { TEST_FEE } from "../network/devnetFolder.js";
import { sleepMs, wakefulClock } from "../wakefulClock.js";
import { Checks } from "./checks.js";
import { compareChains } from "./compareChains.js";
import type { DevnetReport } from "./devnetReport.js";
import { FinalityMonitor } from "./finalityMonitor.js";
import { auditLedger, type Baseline, readBaseline } from "./ledgerAudit.js";
import { readNodeFigures } from "./nodeFigures.js";

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
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: LoadProgress) => void;
}

const BURST_MS = 20;
const SETTLE_MS = 10_000;
const NO_LOAD: LoadCounts = { sent: 0, included: 0, final: 0, rejected: 0, expired: 0, lost: 0, unsettled: 0 };

/** Sends a load through a devnet, watches it, and checks afterwards that every promise was kept. */
export async function runDevnet(devnet: Devnet, options: DevnetRunOptions): Promise<DevnetReport> {
  const checks = new Checks();
  const monitor = new FinalityMonitor(checks);
  await monitor.start(devnet.clients);
  const baseline = await readBaseline(devnet.accounts, devnet.clients);
  // Reading resets the event-loop figures, so what comes at the end is this run's.
  await figuresOf(devnet);
  const startMs = wakefulClock.monotonicMs();
  const load = options.loadPerS > 0 ? await sendLoad(devnet, baseline, options) : null;
  if (load === null) await sleepMs(options.durationMs ?? FOREVER_MS, options.signal);
  const durationMs = Math.round(wakefulClock.monotonicMs() - startMs);
  const perNode = await figuresOf(devnet);
  const chains = await compareChains(devnet.clients, checks, { monitor });
  const deps = { clients: chains.upToDate, networkId: devnet.networkId, transferFee: TEST_FEE };
  await auditLedger(
    chains.threads.map(({ blocks }) => blocks),
    baseline,
    checks,
    deps,
  );
  await monitor.stop();
  checkPromises(checks, devnet, load);
  return {
    sealwright: SOFTWARE_VERSION,
    nodes: devnet.endpoints.length,
    threads: chains.threads.map(({ threadId, index, finalizedHeight, blocks }) => ({
      id: threadId,
      finalizedHeight: Number(finalizedHeight),
      blocks: blocks.length,
      forks: monitor.forks(index),
    })),
    messages: load?.messages ?? NO_LOAD,
    finalityMs: load?.finalityMs ?? quantilesOf([]),
    throughputPerS: load?.throughputPerS ?? 0,
    invariants: { checked: checks.checked, violations: checks.violations, perRule: checks.perRule },
    nodesAgree: chains.nodesAgree,
    startToFirstFinalMs: devnet.startToFirstFinalMs,
    perNode,
    network: { name: devnet.folder.name, networkId: devnet.networkId },
    loadPerS: options.loadPerS,
    durationMs,
    rejections: load?.rejections ?? {},
    sendDelayMs: load?.sendDelayMs ?? quantilesOf([]),
  };
}

/** Longer than any duration that can be asked for, and short enough for a timer. */
const FOREVER_MS = 2 ** 31 - 1;

async function sendLoad(devnet: Devnet, baseline: Baseline, options: DevnetRunOptions): Promise<LoadResult> {
  const run: LoadRun = startLoad(
    {
      networkId: devnet.networkId,
      apiUrls: devnet.endpoints.map(({ apiUrl }) => apiUrl),
      work: workOf(devnet, baseline, options),
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
    return await run.result;
  } finally {
    options.signal?.removeEventListener("abort", stop);
  }
}

function workOf(devnet: Devnet, { nonces }: Baseline, { work }: DevnetRunOptions): LoadWork {
  if (work?.type === "store") return work;
  const accounts = devnet.accounts.map(({ id, thread, seed }) => ({
    id,
    thread,
    seed,
    nonce: String(nonces.get(id) ?? 0n),
  }));
  return { type: "transfers", accounts, amount: "1" };
}

function checkPromises(checks: Checks, devnet: Devnet, load: LoadResult | null): void {
  if (load !== null) {
    const { lost, unsettled } = load.messages;
    checks.check("I9", lost === 0, () => `${lost} messages were told "included" and never ended`);
    checks.check("M3", unsettled === 0, () => `${unsettled} accepted messages never ended`);
  }
  const ends = devnet.unwantedEnds;
  const describe = (): string =>
    ends
      .map(({ index, exit }) => `keeper ${index} ended by itself (code ${exit.code}, signal ${exit.signal})`)
      .join("; ");
  checks.check("process", ends.length === 0, describe);
}

function figuresOf(devnet: Devnet) {
  return Promise.all(devnet.endpoints.map(({ pid }, i) => readNodeFigures(devnet.clients[i]!, pid)));
}
