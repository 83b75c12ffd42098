import { decodeSealedBlock, detached, type Height, type SealedBlock, type SnapshotManifest } from "@sealwright/types";

/** More than any chain of this length that was made by honest producers; less than memory. */
export const TAIL_BYTES_MAX = 512 * 1024 * 1024;

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

  /**
   * @returns the whole chain when it is complete, `more` when it has grown, `nothing` when nothing in it is next, or `wrong`
   *   when it does not lead to the snapshot
   */
  take(encoded: readonly Uint8Array[]): readonly SealedBlock[] | "more" | "nothing" | "wrong" {
    const before = this.next;
    for (const bytes of encoded) {
      if (this.#bytes + bytes.length > this.#bytesMax) return this.#restart();
      const decoded = decodeSealedBlock(detached(bytes));
      if (!decoded.ok) return this.#restart();
      const block = decoded.value;
      if (block.header.height > this.manifest.height) break;
      if (block.header.height !== this.next || block.header.threadId !== this.manifest.threadId) return this.#restart();
      const previous = this.#blocks[this.#blocks.length - 1];
      if (previous !== undefined && block.header.parentId !== previous.id) return this.#restart();
      this.#blocks.push(block);
      this.#bytes += bytes.length;
    }
    const last = this.#blocks[this.#blocks.length - 1];
    if (last === undefined || last.header.height < this.manifest.height) return this.next > before ? "more" : "nothing";
    return last.id === this.manifest.blockId ? this.#blocks : this.#restart();
  }

  #restart(): "wrong" {
    this.#blocks.length = 0;
    this.#bytes = 0;
    return "wrong";
  }
}
