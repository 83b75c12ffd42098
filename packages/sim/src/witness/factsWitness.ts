import type { FinalEntry } from "@sealwright/store";
import { type BlockId, equalBytes, type KeeperId } from "@sealwright/types";
import { hold } from "./violation.js";

/** I6: whatever honest keepers derive from one block is the same. */
export class FactsWitness {
  readonly #facts = new Map<BlockId, Uint8Array>();

  noteFinal(keeper: KeeperId, { blockId, facts }: FinalEntry): void {
    const known = this.#facts.get(blockId);
    if (known === undefined) this.#facts.set(blockId, facts);
    else
      hold(
        equalBytes(known, facts),
        "I6",
        () => `${keeper} derived other facts of ${blockId} than the keepers before it`,
      );
  }
}
