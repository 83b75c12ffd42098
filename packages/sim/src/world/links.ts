import type { LinkRules, MemoryNetwork } from "@sealwright/network/testing";
import type { KeeperId } from "@sealwright/types";

/** Changes the rules of the links that it concerns; several may be in force at once. */
export type LinkChange = (from: KeeperId, to: KeeperId, rules: LinkRules) => LinkRules;

/** The links of a simulated network under any number of faults at a time. */
export class Links {
  readonly #network: MemoryNetwork;
  readonly #base: LinkRules;
  readonly #changes = new Set<LinkChange>();
  readonly #cuts = new Set<readonly (readonly KeeperId[])[]>();

  constructor(network: MemoryNetwork, base: LinkRules) {
    this.#network = network;
    this.#base = base;
  }

  /** @returns takes the change back */
  change(change: LinkChange): () => void {
    this.#changes.add(change);
    this.#apply();
    return () => {
      if (this.#changes.delete(change)) this.#apply();
    };
  }

  /** Cuts the network into groups; of several cuts the newest holds. @returns ends this cut */
  cut(groups: readonly (readonly KeeperId[])[]): () => void {
    this.#cuts.add(groups);
    this.#network.partition(groups);
    return () => {
      if (!this.#cuts.delete(groups)) return;
      const newest = [...this.#cuts].pop();
      if (newest === undefined) this.#network.heal();
      else this.#network.partition(newest);
    };
  }

  #apply(): void {
    const { keepers } = this.#network;
    for (const from of keepers) {
      for (const to of keepers) {
        if (from === to) continue;
        let rules = this.#base;
        for (const change of this.#changes) rules = change(from, to, rules);
        this.#network.setLink(from, to, rules);
      }
    }
  }
}
