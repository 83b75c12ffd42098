import type { BlockId, SignedAck, SignerIndex } from "@sealwright/types";

/** Which Acks one of the next blocks may carry: one per keeper and open block, so that nobody crowds out the others. */
export class AckIntake {
  readonly #taken = new Map<BlockId, Set<SignerIndex>>();

  /** @param isOpen whether a block is held and not final; what is not is forgotten here */
  take({ verdict, signer }: SignedAck, isOpen: (blockId: BlockId) => boolean): boolean {
    for (const blockId of this.#taken.keys()) if (!isOpen(blockId)) this.#taken.delete(blockId);
    if (!isOpen(verdict.blockId)) return false;
    const signers = this.#taken.get(verdict.blockId) ?? new Set();
    this.#taken.set(verdict.blockId, signers);
    if (signers.has(signer)) return false;
    signers.add(signer);
    return true;
  }
}
