import type { BlockId, KeeperId, SealedBlock, ThreadId } from "@sealwright/types";
import { sha256Hex } from "@sealwright/types";
import type { Ancestry } from "./ancestry.js";
import { hold } from "./violation.js";

/** I3, I4, I5 and I7: what keepers called final. */
export class FinalityWitness {
  readonly #ancestry: Ancestry;
  readonly #finals = new Map<ThreadId, SealedBlock[]>();
  /** By keeper and thread: the highest final height that it told. */
  readonly #told = new Map<string, bigint>();
  /** Found invalid by an honest keeper, and why. */
  readonly #invalid = new Map<BlockId, string>();

  constructor(genesis: readonly SealedBlock[], ancestry: Ancestry) {
    this.#ancestry = ancestry;
    for (const block of genesis) {
      this.#finals.set(block.header.threadId, [block]);
      ancestry.add(block);
    }
  }

  finals(threadId: ThreadId): readonly SealedBlock[] {
    return this.#finals.get(threadId)!;
  }

  get count(): number {
    return [...this.#finals.values()].reduce((sum, chain) => sum + chain.length - 1, 0);
  }

  /** @returns the block when nobody told of it before */
  noteFinal(keeper: KeeperId, threadId: ThreadId, blockId: BlockId): SealedBlock | null {
    const block = this.#ancestry.get(blockId);
    hold(block !== undefined, "I5", () => `${keeper} calls ${blockId} final, which nobody stored`);
    const { height, parentId } = block.header;
    const told = this.#told.get(`${keeper}/${threadId}`) ?? 0n;
    hold(height === told + 1n, "I5", () => `${keeper} went from final height ${told} to ${height}`);
    this.#told.set(`${keeper}/${threadId}`, height);
    const chain = this.#finals.get(threadId)!;
    const known = chain[Number(height)];
    hold(known === undefined || known.id === blockId, "I3", () => `two final blocks at ${threadId}/${height}`);
    if (known !== undefined) return null;
    hold(chain[Number(height) - 1]?.id === parentId, "I5", () => `the parent of ${threadId}/${height} is not final`);
    hold(!this.#invalid.has(blockId), "I7", () => `${blockId} is final: ${this.#invalid.get(blockId)}`);
    chain.push(block);
    return block;
  }

  /** I4: what a keeper finds on its disk after a crash is at least what it told, and nothing else. */
  noteRestart(keeper: KeeperId, threadId: ThreadId, height: bigint, blockId: BlockId): void {
    const key = `${keeper}/${threadId}`;
    const told = this.#told.get(key) ?? 0n;
    hold(height >= told, "I4", () => `${keeper} forgot the final blocks of ${threadId} above ${height} of ${told}`);
    const known = this.#finals.get(threadId)![Number(height)];
    hold(
      known === undefined || known.id === blockId,
      "I4",
      () => `${threadId}/${height} is another block after a crash`,
    );
    // A commit may have reached the disk without anybody being told: what it made final is noted now, from below.
    const missed: BlockId[] = [];
    for (let at = this.#ancestry.get(blockId); at !== undefined && at.header.height > told;)
      at = (missed.unshift(at.id), this.#ancestry.get(at.header.parentId));
    for (const id of missed) this.noteFinal(keeper, threadId, id);
  }

  noteInvalid(blockId: BlockId, text: string): void {
    this.#invalid.set(blockId, text);
    const block = this.#ancestry.get(blockId);
    if (block === undefined) return;
    const isFinal = this.#finals.get(block.header.threadId)![Number(block.header.height)]?.id === blockId;
    hold(!isFinal, "I7", () => `the final block ${blockId} is invalid: ${text}`);
  }

  fingerprint(): string {
    return sha256Hex(
      Buffer.from([...this.#finals.values()].map((chain) => chain.map(({ id }) => id).join()).join("|")),
    );
  }
}
