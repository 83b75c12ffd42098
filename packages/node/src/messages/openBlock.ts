import type { BlockRef, MessageResult, MessageState } from "@sealwright/api";
import type { MessageHash, SealedBlock } from "@sealwright/types";

/** The external messages of a block that is not final yet. */
export class OpenBlock {
  readonly ref: BlockRef;
  readonly hashes: readonly MessageHash[];
  /** What a client may be told of them; null: nothing yet. */
  status: "included" | "prefinal" | null = null;
  readonly #firstReceipt: number;
  #places: ReadonlyMap<MessageHash, number> | null = null;

  constructor(readonly block: SealedBlock) {
    const { threadId, height, term } = block.header;
    const { receipts, externals } = block.body;
    this.ref = { threadId, height, term, blockId: block.id };
    // Receipts of imported messages come first. A valid block has one for each message, which names it: no hashing here.
    this.#firstReceipt = Math.max(0, receipts.length - externals.length);
    this.hashes = receipts.slice(this.#firstReceipt).map(({ messageHash }) => messageHash);
  }

  resultAt(index: number): MessageResult {
    const { code, gasUsed } = this.block.body.receipts[this.#firstReceipt + index]!;
    return { code, gasUsed };
  }

  stateAt(index: number): MessageState | null {
    return this.status === null ? null : { status: this.status, block: this.ref, result: this.resultAt(index) };
  }

  /** Null also when the block does not hold the message. */
  stateOf(hash: MessageHash): MessageState | null {
    if (this.status === null) return null;
    this.#places ??= new Map(this.hashes.map((each, i) => [each, i]));
    const index = this.#places.get(hash);
    return index === undefined ? null : this.stateAt(index);
  }
}
