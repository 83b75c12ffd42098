import type { MessageState } from "@sealwright/api";
import type { BlockId, MessageHash, SealedBlock, ThreadId } from "@sealwright/types";
import { OpenBlock } from "./openBlock.js";

/** Blocks that are not final yet, by what they hold: what other nodes took is followed by its block alone. */
export class OpenBlocks {
  readonly #open = new Map<BlockId, OpenBlock>();

  get(blockId: BlockId): OpenBlock | undefined {
    return this.#open.get(blockId);
  }

  /** Known from now on, if it was not. */
  of(block: SealedBlock): OpenBlock {
    const known = this.#open.get(block.id);
    if (known !== undefined) return known;
    const open = new OpenBlock(block);
    this.#open.set(block.id, open);
    return open;
  }

  delete(blockId: BlockId): void {
    this.#open.delete(blockId);
  }

  /** Of a message that stands in a block on its way; null when nothing can be told of it yet. */
  find(hash: MessageHash): { readonly threadId: ThreadId; readonly state: MessageState } | null {
    for (const open of this.#open.values()) {
      const state = open.stateOf(hash);
      if (state !== null) return { threadId: open.ref.threadId, state };
    }
    return null;
  }
}
