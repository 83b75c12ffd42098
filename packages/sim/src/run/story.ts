import type { Shrunk } from "./shrink.js";

/** What a person needs to understand a failure: the smallest plan that was found, and the last events before it. */
export function storyOf({ plan, outcome }: Shrunk): string {
  const { keepers, threads, executor, latencyMs, jitterMs, syncMsMax, realBls, lottery, faults, liars } = plan;
  return [
    outcome.violation?.text ?? "no violation",
    `network: ${keepers} keepers, ${threads} threads, engine ${executor}, latency ${latencyMs}+${jitterMs} ms, sync up to ${syncMsMax} ms${realBls ? ", real BLS" : ""}`,
    ...(lottery === null
      ? []
      : [`lottery: ${lottery.verifiers ?? "enough"} verifiers, window ${lottery.verifyWindowMs} ms`]),
    ...liars.map(({ type, keeper }) => `liar: k${keeper} is a ${type}`),
    ...faults.map(
      ({ type, atMs, forMs, keepers: places, amount }) =>
        `fault: ${type} at ${atMs} ms for ${forMs} ms, keepers ${places.join()}, amount ${amount}`,
    ),
    "last events (ms, who, what):",
    ...(outcome.violation?.story ?? []).map((line) => `  ${line}`),
  ].join("\n");
}
