import { startLoad } from "../../load/startLoad.js";
import { quantilesOf } from "../../load/quantiles.js";
import type { Devnet } from "../../network/devnet.js";
import { openBooks } from "../../report/books.js";
import type { BusyTicks } from "../benchResult.js";
import { wakefulClock } from "../../wakefulClock.js";
import { followSeals } from "../idleBench.js";

export interface BusyTicksOptions {
  readonly tickMs: number;
  readonly ratePerS: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

const BURST_MS = 20;
const SETTLE_MS = 15_000;

/** How evenly a network seals while its wallets are offered more than it can execute. */
export async function runBusyTicks(devnet: Devnet, options: BusyTicksOptions): Promise<BusyTicks> {
  const { tickMs, ratePerS, warmUpMs, windowMs } = options;
  const over = new AbortController();
  const sealedAtMs = new Map<string, number[]>();
  const following = devnet.endpoints.map(({ keeperId }, i) =>
    followSeals(devnet.clients[i]!, keeperId, sealedAtMs, over.signal),
  );
  const { work } = await openBooks(devnet);
  const apiUrls = devnet.endpoints.map(({ apiUrl }) => apiUrl);
  const { networkId } = devnet;
  const times = { burstMs: BURST_MS, warmUpMs, windowMs, settleMs: SETTLE_MS };
  const load = startLoad({ networkId, apiUrls, work, ratePerS, ...times });
  await load.started;
  const beginMs = wakefulClock.nowMs() + warmUpMs;
  const result = await load.result;
  over.abort();
  await Promise.allSettled(following);
  const inWindow = [...sealedAtMs.values()].map((times) =>
    times.filter((time) => time >= beginMs && time <= beginMs + windowMs),
  );
  const intervals = inWindow.flatMap((times) => times.slice(1).map((time, i) => time - times[i]!));
  return {
    offeredPerS: ratePerS,
    finalPerS: result.throughputPerS,
    blocks: inWindow.reduce((sum, times) => sum + times.length, 0),
    lateMs: quantilesOf(intervals.map((interval) => Math.max(0, interval - tickMs))),
    missed: intervals.filter((interval) => interval > tickMs * 1.5).length,
  };
}
