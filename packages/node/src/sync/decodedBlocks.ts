import {
  type BlockDecodeError,
  type BlockId,
  decodeSealedBlock,
  detached,
  type Height,
  type Result,
  type SealedBlock,
  sha256Hex,
  type ThreadId,
} from "@sealwright/types";

export interface KnownBlock {
  readonly threadId: ThreadId;
  readonly height: Height;
  readonly id: BlockId;
  readonly parentId: BlockId;
}

const REMEMBERED_MAX = 2_048;

/**
 * Remembers what it decoded lately. Several peers answer a keeper that is behind with the same range, and decoding hashes
 * every part of a block, where a digest of its bytes is one hash.
 */
export class DecodedBlocks {
  readonly #known = new Map<string, KnownBlock>();

  /** @returns null when exactly these bytes were decoded before and `isHeld` says that the block is of no use again */
  decode(bytes: Uint8Array, isHeld: (block: KnownBlock) => boolean): Result<SealedBlock, BlockDecodeError> | null {
    const digest = sha256Hex(bytes);
    const known = this.#known.get(digest);
    if (known !== undefined && isHeld(known)) return null;
    // An answer is one frame of many blocks, and some of them are kept for long.
    const decoded = decodeSealedBlock(detached(bytes));
    if (decoded.ok) this.#remember(digest, decoded.value);
    return decoded;
  }

  #remember(digest: string, { id, header: { threadId, height, parentId } }: SealedBlock): void {
    this.#known.set(digest, { threadId, height, id, parentId });
    const oldest = this.#known.keys().next();
    if (this.#known.size > REMEMBERED_MAX && oldest.done !== true) this.#known.delete(oldest.value);
  }
}
