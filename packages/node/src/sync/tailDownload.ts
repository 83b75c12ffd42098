import { decodeSealedBlock, detached, type Height, type SealedBlock, type SnapshotManifest } from "@sealwright/types";

/** More than any chain of this length that was made by honest producers; less than memory. */
export const TAIL_BYTES_MAX = 512 * 1024 * 1024;

/**
 * What an answer was. `other`: to another question. `more`: a part of the chain. `wrong`: no chain, or one that does not
 * lead to the snapshot. `unlinked`: not what the blocks before it lead to; those may be wrong. `tooLarge`: as said.
 */
export type TailAnswer = readonly SealedBlock[] | "other" | "more" | "wrong" | "unlinked" | "tooLarge";

/**
 * Final blocks below a snapshot from which other threads still import: a chain that ends at the snapshot's block, which
 * is proved, so what links to it is right. They come ascending, and only the end shows whether they are.
 */
export class TailDownload {
  readonly manifest: SnapshotManifest;
  readonly from: Height;
  readonly #blocks: SealedBlock[] = [];
  #bytes = 0;

  readonly #bytesMax: number;

  constructor(manifest: SnapshotManifest, from: Height, bytesMax = TAIL_BYTES_MAX) {
    this.manifest = manifest;
    this.from = from;
    this.#bytesMax = bytesMax;
  }

  /** Where the next answer has to begin. */
  get next(): Height {
    const last = this.#blocks[this.#blocks.length - 1];
    return last === undefined ? this.from : ((last.header.height + 1n) as Height);
  }

  /** @returns the whole chain when it is complete. What is neither a part of it nor `other` empties the download. */
  take(encoded: readonly Uint8Array[]): TailAnswer {
    for (const [i, bytes] of encoded.entries()) {
      const decoded = decodeSealedBlock(detached(bytes));
      if (!decoded.ok) return this.#restart("wrong");
      const block = decoded.value;
      const { height, threadId, parentId } = block.header;
      if (i === 0 && (height !== this.next || threadId !== this.manifest.threadId)) return "other";
      if (height > this.manifest.height) break;
      if (height !== this.next || threadId !== this.manifest.threadId) return this.#restart("wrong");
      const previous = this.#blocks[this.#blocks.length - 1];
      if (previous !== undefined && parentId !== previous.id) return this.#restart(i === 0 ? "unlinked" : "wrong");
      if (this.#bytes + bytes.length > this.#bytesMax) return this.#restart("tooLarge");
      this.#blocks.push(block);
      this.#bytes += bytes.length;
    }
    const last = this.#blocks[this.#blocks.length - 1];
    if (last === undefined || last.header.height < this.manifest.height) return "more";
    return last.id === this.manifest.blockId ? this.#blocks : this.#restart("wrong");
  }

  #restart<Answer extends TailAnswer>(answer: Answer): Answer {
    this.#blocks.length = 0;
    this.#bytes = 0;
    return answer;
  }
}
