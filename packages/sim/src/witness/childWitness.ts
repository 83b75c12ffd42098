import { type BlockFacts, deriveFacts, genesisFacts, type KeeperSet, type ThreadRules } from "@sealwright/consensus";
import { certify, partsOf, sealTestBlock, type TestBlockOptions } from "@sealwright/consensus/testing";
import { type BlockId, type SealedBlock, type ThreadId, type ThreadsTable, threadsTableHash } from "@sealwright/types";
import { hold } from "./violation.js";

/** I14: every block that an honest keeper answers for is valid by the common rules, and a valid block can follow it. */
export class ChildWitness {
  readonly #rules: ReadonlyMap<ThreadId, ThreadRules>;
  readonly #facts = new Map<BlockId, BlockFacts>();

  constructor(genesis: readonly SealedBlock[], keepers: KeeperSet, table: ThreadsTable) {
    const hash = threadsTableHash(table);
    this.#rules = new Map(
      genesis.map(({ id, header: { threadId, networkId } }) => [
        threadId,
        { networkId, threadId, seed: id, keepers, threadsTableHash: hash },
      ]),
    );
    for (const block of genesis) this.#facts.set(block.id, genesisFacts(block));
  }

  /** A body reached an honest disk. What stands on one that no honest keeper stored is not judged. */
  noteStored(block: SealedBlock): void {
    const parent = this.#facts.get(block.header.parentId);
    if (parent === undefined || this.#facts.has(block.id)) return;
    const rules = this.#rules.get(block.header.threadId)!;
    const facts = deriveFacts(rules, parent, partsOf(block));
    hold(facts.ok, "I14", () => `an honest keeper stored ${block.id}, which breaks a rule: ${codeOf(facts)}`);
    this.#facts.set(block.id, facts.value);
    this.#checkChild(rules, facts.value, "in its term", { attestations: [certify(rules, facts.value)] });
    this.#checkChild(rules, facts.value, "in the next term", { round: 1 });
  }

  #checkChild(rules: ThreadRules, parent: BlockFacts, where: string, options: TestBlockOptions): void {
    const child = deriveFacts(rules, parent, sealTestBlock(rules, parent, { ...options, afterMs: 0 }).parts);
    hold(child.ok, "I14", () => `no block ${where} can follow ${parent.id}: ${codeOf(child)}`);
  }
}

function codeOf(result: ReturnType<typeof deriveFacts>): string {
  return result.ok ? "none" : result.error.code;
}
