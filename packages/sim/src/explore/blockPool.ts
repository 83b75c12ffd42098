import { attestationOf, type BlockFacts, type ThreadRules } from "@sealwright/consensus";
import { attest, firstKeepers, sealTestBlock } from "@sealwright/consensus/testing";
import { deriveFacts } from "@sealwright/consensus";
import {
  assert,
  type AggregatedAttestation,
  type AttestationTarget,
  type BlockId,
  type SealedBlock,
  type SwitchCertificate,
} from "@sealwright/types";

export interface PooledBlock {
  readonly block: SealedBlock;
  readonly facts: BlockFacts;
  /** In order of making: a short name for hashes and stories. */
  readonly index: number;
  readonly parent: PooledBlock | null;
}

/** What a new block is made of; equal recipes make the same block. */
export interface Recipe {
  readonly parent: PooledBlock;
  /** A pending ancestor whose certificate it carries. */
  readonly carries: PooledBlock | null;
  /** Tells rivals apart. */
  readonly variant: number;
  readonly opening: { readonly rounds: number; readonly certificate: SwitchCertificate } | null;
}

const TICK_MS = 330;

/** All blocks that some producer, honest or not, made in any explored history; each is made once. */
export class BlockPool {
  readonly genesis: PooledBlock;
  readonly #rules: ThreadRules;
  readonly #byId = new Map<BlockId, PooledBlock>();

  constructor(rules: ThreadRules, root: BlockFacts) {
    this.#rules = rules;
    this.genesis = { block: sealTestBlock(rules, root).block, facts: root, index: 0, parent: null };
    this.#byId.set(root.id, this.genesis);
  }

  get(id: BlockId): PooledBlock {
    const known = this.#byId.get(id);
    assert(known !== undefined, `no such block in the pool: ${id}`);
    return known;
  }

  /** @returns null when no producer could make such a block: the rules refuse it */
  make({ parent, carries, variant, opening }: Recipe): PooledBlock | null {
    const { block, parts } = sealTestBlock(this.#rules, parent.facts, {
      attestations: carries === null ? [] : [this.certificateOf(carries, "primary")],
      afterMs: TICK_MS + variant,
      ...(opening === null ? {} : { round: opening.rounds, switchCertificate: opening.certificate }),
    });
    const known = this.#byId.get(block.id);
    if (known !== undefined) return known;
    const facts = deriveFacts(this.#rules, parent.facts, parts);
    if (!facts.ok) return null;
    const made = { block, facts: facts.value, index: this.#byId.size, parent };
    this.#byId.set(block.id, made);
    return made;
  }

  /** Signers are always the first keepers: which quorum it was makes no difference to any rule. */
  certificateOf({ facts }: PooledBlock, target: AttestationTarget): AggregatedAttestation {
    return { ...attest(facts, firstKeepers(this.#rules.keepers.quorum)), attestation: attestationOf(facts, target) };
  }

  isAncestorOrSelf(ancestor: PooledBlock, block: PooledBlock): boolean {
    for (let at: PooledBlock | null = block; at !== null; at = at.parent) if (at === ancestor) return true;
    return false;
  }
}
