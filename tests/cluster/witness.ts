import { type BlockFacts, encodeBlockFacts } from "@sealwright/consensus";
import {
  type Attestation,
  type BlockId,
  type KeeperId,
  type SealedBlock,
  sha256Hex,
  type ThreadId,
  toHex,
} from "@sealwright/types";

/** Sees all that honest keepers do, outlives their crashes, and throws as soon as an invariant of protocol §13 breaks. */
export class Witness {
  readonly #blocks = new Map<BlockId, SealedBlock>();
  /** By keeper, thread and term: the highest vote, and the id voted for at each height. */
  readonly #votes = new Map<string, { highest: BlockId; readonly byHeight: Map<bigint, BlockId> }>();
  readonly #sealed = new Map<string, BlockId>();
  readonly #facts = new Map<BlockId, string>();
  readonly #finals = new Map<ThreadId, SealedBlock[]>();
  readonly #executed = new Map<string, BlockId>();
  /** By keeper and thread: what it called final. */
  readonly #told = new Map<string, bigint>();

  constructor(genesis: readonly SealedBlock[]) {
    for (const block of genesis) {
      this.#blocks.set(block.id, block);
      this.#finals.set(block.header.threadId, [block]);
    }
  }

  finals(threadId: ThreadId): readonly SealedBlock[] {
    return this.#finals.get(threadId)!;
  }

  isExecuted(hash: string): boolean {
    return this.#executed.has(hash);
  }

  /** Known blocks, so that ancestry can be judged; also those of liars. */
  noteBlock(block: SealedBlock): void {
    this.#blocks.set(block.id, block);
  }

  /** I2 */
  noteSealed(keeper: KeeperId, block: SealedBlock): void {
    this.noteBlock(block);
    const { threadId, term, height } = block.header;
    const key = `${keeper}/${threadId}/${term}/${height}`;
    const known = this.#sealed.get(key);
    check(known === undefined || known === block.id, `I2: two blocks sealed at ${key}`);
    this.#sealed.set(key, block.id);
    check(
      block.signature.some((byte) => byte !== 0),
      "a block left without its signature",
    );
  }

  /** I1 */
  noteVote(keeper: KeeperId, { threadId, term, height, blockId }: Attestation): void {
    const key = `${keeper}/${threadId}/${term}`;
    const known = this.#votes.get(key);
    if (known === undefined) {
      this.#votes.set(key, { highest: blockId, byHeight: new Map([[height, blockId]]) });
      return;
    }
    const same = known.byHeight.get(height);
    check(same === undefined || same === blockId, `I1: two votes at height ${height} by ${key}`);
    known.byHeight.set(height, blockId);
    const isAbove = this.#descends(blockId, known.highest);
    check(isAbove || this.#descends(known.highest, blockId), `I1: votes on two chains by ${key}`);
    if (isAbove) known.highest = blockId;
  }

  /** I6 */
  noteApplied(facts: BlockFacts): void {
    const digest = sha256Hex(encodeBlockFacts(facts));
    const known = this.#facts.get(facts.id);
    check(known === undefined || known === digest, `I6: facts of ${facts.id} differ`);
    this.#facts.set(facts.id, digest);
  }

  /** I3, I4, I5, I9; called when a keeper has it on disk. */
  noteFinal(keeper: KeeperId, block: SealedBlock, messageHash: (bytes: Uint8Array) => string): void {
    const { threadId, height, parentId } = block.header;
    const told = this.#told.get(`${keeper}/${threadId}`) ?? 0n;
    check(height === told + 1n, `I5: ${keeper} went from final height ${told} to ${height}`);
    this.#told.set(`${keeper}/${threadId}`, height);
    const chain = this.#finals.get(threadId)!;
    const known = chain[Number(height)];
    check(known === undefined || known.id === block.id, `I3: two final blocks at ${threadId}/${height}`);
    if (known !== undefined) return;
    check(chain[Number(height) - 1]?.id === parentId, `I5: the parent of ${threadId}/${height} is not final`);
    chain.push(block);
    for (const bytes of block.body.externals) {
      const hash = messageHash(bytes);
      check(!this.#executed.has(hash), `I9: message ${hash} is in two final blocks`);
      this.#executed.set(hash, block.id);
    }
    this.#checkImports(block);
  }

  /** I4: what a keeper finds on its disk after a crash is at least what it told. */
  noteRestartStart(keeper: KeeperId, threadId: ThreadId, finalHeight: bigint): void {
    const told = this.#told.get(`${keeper}/${threadId}`) ?? 0n;
    check(finalHeight >= told, `I4: ${keeper} forgot final blocks above ${finalHeight} of ${told}`);
  }

  /** A commit may have reached the disk without anybody being told; now it is known. */
  noteFinalOnDisk(keeper: KeeperId, block: SealedBlock, messageHash: (bytes: Uint8Array) => string): void {
    const { threadId, height } = block.header;
    if (height > (this.#told.get(`${keeper}/${threadId}`) ?? 0n)) this.noteFinal(keeper, block, messageHash);
    else check(this.finals(threadId)[Number(height)]?.id === block.id, `I4: ${threadId}/${height} changed on disk`);
  }

  /** I11: ranges between two threads follow each other without gap or overlap. */
  #checkImports(block: SealedBlock): void {
    for (const ref of block.body.refs) {
      const earlier = this.finals(block.header.threadId)
        .slice(0, -1)
        .flatMap(({ body }) => body.refs)
        .filter(({ threadId }) => threadId === ref.threadId);
      const last = earlier[earlier.length - 1]?.to ?? { height: 0n, position: 0 };
      const follows = ref.from.height === last.height && ref.from.position === last.position;
      check(follows, `I11: the import at ${toHex(block.header.stateRoot)} does not start where the last one ended`);
    }
  }

  #descends(id: BlockId, ancestor: BlockId): boolean {
    for (let at = this.#blocks.get(id); at !== undefined; at = this.#blocks.get(at.header.parentId)) {
      if (at.id === ancestor) return true;
    }
    return false;
  }
}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
