import type { SealwrightClient } from "@sealwright/api";
import type { Clock } from "@sealwright/types";
import { type Finding, fine, finding } from "./finding.js";

/** A block this far ahead of a keeper's clock is not attested yet (protocol §8). */
const SKEW_MS_MAX = 500;
const SKEW_MS_WARN = 100;
const ANSWER_MS_MAX = 3_000;

/**
 * Compares this machine's clock with others.
 * @param ownSkewMs what the running node itself measures: by pings and over all keepers, so better than what can be had
 *   of `clients`, by the middle of one request to each; null where it does not run or does not know
 */
export async function examineClock(
  clients: readonly Pick<SealwrightClient, "network">[],
  ownSkewMs: number | null,
  clock: Clock,
): Promise<Finding> {
  if (ownSkewMs !== null) return judgeClock(ownSkewMs, "the other keepers (median)");
  const skews = await Promise.all(clients.map((client) => skewOf(client, clock)));
  const sorted = skews.filter((skew) => skew !== null).sort((a, b) => a - b);
  const others = sorted.length === 1 ? "1 other node" : `${sorted.length} other nodes (median)`;
  return judgeClock(sorted[Math.floor((sorted.length - 1) / 2)] ?? null, others);
}

/** @param skewMs how far the others' clocks are ahead of this one; null: there are none to compare with */
function judgeClock(skewMs: number | null, others: string): Finding {
  const name = "clock.skew";
  if (skewMs === null)
    return finding(name, "skipped", "no other node to compare with", "name some with --endpoint http://host:port");
  const ahead = skewMs <= 0 ? "ahead of" : "behind";
  const found = `this clock is ${Math.abs(Math.round(skewMs))} ms ${ahead} ${others}`;
  const off = Math.abs(skewMs);
  if (off <= SKEW_MS_WARN) return fine(name, found);
  const advice = `keepers attest nothing that lies ${SKEW_MS_MAX} ms ahead of their clock: run chrony or ntpd`;
  return finding(name, off > SKEW_MS_MAX ? "fail" : "warn", found, advice);
}

async function skewOf(client: Pick<SealwrightClient, "network">, clock: Clock): Promise<number | null> {
  const beforeMs = clock.nowMs();
  const network = await client.network({ signal: AbortSignal.timeout(ANSWER_MS_MAX) }).catch(() => null);
  return network === null ? null : network.timeMs - (beforeMs + clock.nowMs()) / 2;
}
