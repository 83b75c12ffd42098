import type { BlockId, SealedBlock } from "@sealwright/types";

/** Every block that any keeper stored: who descends from whom. */
export class Ancestry {
  readonly #blocks = new Map<BlockId, SealedBlock>();

  add(block: SealedBlock): void {
    if (!this.#blocks.has(block.id)) this.#blocks.set(block.id, block);
  }

  get(id: BlockId): SealedBlock | undefined {
    return this.#blocks.get(id);
  }

  isAncestorOrSelf(ancestor: BlockId, id: BlockId): boolean {
    const lowest = this.#blocks.get(ancestor)?.header.height ?? 0n;
    for (let at = this.#blocks.get(id); at !== undefined; at = this.#blocks.get(at.header.parentId)) {
      if (at.id === ancestor) return true;
      if (at.header.height <= lowest) return false;
    }
    return false;
  }
}
