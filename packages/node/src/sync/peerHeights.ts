import type { Height, KeeperId } from "@sealwright/types";

/** Where peers say that their last final blocks are. */
export class PeerHeights {
  readonly #faultTolerance: number;
  readonly #heights = new Map<KeeperId, Height>();

  /** @param faultTolerance that many may lie */
  constructor(faultTolerance: number) {
    this.#faultTolerance = faultTolerance;
  }

  note(peer: KeeperId, height: Height): void {
    this.#heights.set(peer, height);
  }

  forget(peer: KeeperId): void {
    this.#heights.delete(peer);
  }

  /** How far at least one honest peer is ahead of `own`; 0 while too few say anything. */
  behind(own: Height): bigint {
    const descending = [...this.#heights.values()].sort((a, b) => (a > b ? -1 : a < b ? 1 : 0));
    const sure = descending[this.#faultTolerance];
    return sure === undefined || sure <= own ? 0n : sure - own;
  }
}
