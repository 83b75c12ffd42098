import type { PeerStatus } from "@sealwright/network";

/** Other keepers' clocks minus this one's, in the middle of `keepers` of them. */
export type ClockSkew =
  | { readonly type: "unknown"; readonly keepers: number }
  | { readonly type: "measured"; readonly skewMs: number; readonly keepers: number };

/**
 * The median, so that a keeper whose clock is wrong, or that lies about it, moves nothing by itself.
 * @param keepersMin with fewer that tell their time it stays unknown
 */
export function clockSkewOf(peers: readonly Pick<PeerStatus, "clockOffsetMs">[], keepersMin: number): ClockSkew {
  const offsets = peers.flatMap(({ clockOffsetMs }) => (clockOffsetMs === null ? [] : [clockOffsetMs]));
  const keepers = offsets.length;
  if (keepers === 0 || keepers < keepersMin) return { type: "unknown", keepers };
  offsets.sort((a, b) => a - b);
  const [below, above] = [offsets[Math.floor((keepers - 1) / 2)]!, offsets[Math.floor(keepers / 2)]!];
  return { type: "measured", skewMs: tenths((below + above) / 2), keepers };
}

/** Clocks tell whole milliseconds, a round trip on one machine takes less: more digits would say nothing. */
const tenths = (ms: number): number => Math.round(ms * 10) / 10 + 0;

/** Where the clock stands, in words: "12 ms behind those of 3 other keepers (median)". */
export function skewText({ skewMs, keepers }: Extract<ClockSkew, { type: "measured" }>): string {
  const whose = keepers === 1 ? "that of 1 other keeper" : `those of ${keepers} other keepers (median)`;
  return `${Math.abs(skewMs)} ms ${skewMs > 0 ? "behind" : "ahead of"} ${whose}`;
}
