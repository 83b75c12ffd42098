import type { SealwrightClient } from "@sealwright/api";
import type { Clock } from "@sealwright/types";
import { type Finding, fine, finding } from "./finding.js";

/** A block this far ahead of a keeper's clock is not attested yet (protocol §8). */
const SKEW_MS_MAX = 500;
const SKEW_MS_WARN = 100;
const ANSWER_MS_MAX = 3_000;

/** Compares this machine's clock with those of other nodes, each by the middle of one request. */
export async function examineClock(clients: readonly SealwrightClient[], clock: Clock): Promise<Finding> {
  const skews = await Promise.all(clients.map((client) => skewOf(client, clock)));
  return judgeClock(skews.filter((skew) => skew !== null));
}

/** @param skewsMs how far other clocks are ahead of this one */
export function judgeClock(skewsMs: readonly number[]): Finding {
  const name = "clock.skew";
  const sorted = [...skewsMs].sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  if (median === undefined)
    return finding(name, "skipped", "no other node to compare with", "name some with --endpoint http://host:port");
  const ahead = median <= 0 ? "ahead of" : "behind";
  const found = `this clock is ${Math.abs(Math.round(median))} ms ${ahead} ${sorted.length} other nodes (median)`;
  const off = Math.abs(median);
  if (off <= SKEW_MS_WARN) return fine(name, found);
  const advice = `keepers attest nothing that lies ${SKEW_MS_MAX} ms ahead of their clock: run chrony or ntpd`;
  return finding(name, off > SKEW_MS_MAX ? "fail" : "warn", found, advice);
}

async function skewOf(client: SealwrightClient, clock: Clock): Promise<number | null> {
  const beforeMs = clock.nowMs();
  const network = await client.network({ signal: AbortSignal.timeout(ANSWER_MS_MAX) }).catch(() => null);
  return network === null ? null : network.timeMs - (beforeMs + clock.nowMs()) / 2;
}
