import type { AggregatedAttestation, BlockId } from "@sealwright/types";
import type { ChainBlock } from "./chainBlock.js";
import type { KeeperEffect } from "./keeperEffect.js";
import type { KeeperState } from "./keeperState.js";
import type { OwnVote } from "./ownVote.js";
import type { Nacking } from "./verifying/nacking.js";
import type { Switching } from "./switching/switching.js";

/**
 * One step in the making: the maps are copies of the old state's, made on the first write, and effects gather in order.
 * It lives only inside `step`, so from outside a step is a pure function.
 */
export class KeeperDraft {
  state: KeeperState;
  readonly effects: KeeperEffect[] = [];
  readonly #owned = new Set<string>();

  constructor(
    state: KeeperState,
    readonly atMs: number,
    readonly unixMs: number,
  ) {
    this.state = state;
  }

  emit(effect: KeeperEffect): void {
    this.effects.push(effect);
  }

  set(change: Partial<KeeperState>): void {
    this.state = { ...this.state, ...change };
  }

  setSwitching(change: Partial<Switching>): void {
    this.set({ switching: { ...this.state.switching, ...change } });
  }

  setNacking(change: Partial<Nacking>): void {
    this.set({ nacking: { ...this.state.nacking, ...change } });
  }

  putBlock(block: ChainBlock): void {
    this.#writable("blocks", this.state.blocks).set(block.facts.id, block);
  }

  deleteBlock(id: BlockId): void {
    this.#writable("blocks", this.state.blocks).delete(id);
  }

  putVote(key: string, vote: OwnVote): void {
    this.#writable("votes", this.state.votes).set(key, vote);
  }

  deleteVote(key: string): void {
    this.#writable("votes", this.state.votes).delete(key);
  }

  putCertificate(id: BlockId, certificate: AggregatedAttestation): void {
    this.#writable("certificates", this.state.certificates).set(id, certificate);
  }

  deleteCertificate(id: BlockId): void {
    this.#writable("certificates", this.state.certificates).delete(id);
  }

  #writable<K, V>(field: "blocks" | "votes" | "certificates", map: ReadonlyMap<K, V>): Map<K, V> {
    if (this.#owned.has(field)) return map as Map<K, V>;
    const copy = new Map(map);
    this.#owned.add(field);
    this.set({ [field]: copy });
    return copy;
  }
}
