import {
  attestationOf,
  type BlockFacts,
  buildFinalityProof,
  checkFinalityProof,
  deriveFacts,
  lockPayloadOf,
  type ThreadRules,
} from "@sealwright/consensus";
import { attest, firstKeepers, sealTestBlock } from "@sealwright/consensus/testing";
import {
  type AggregatedAttestation,
  assert,
  type AttestationTarget,
  type BlockId,
  type FinalityProof,
  type LockClaim,
  merkleProof,
  type SealedBlock,
  signerIndex,
  type SwitchCertificate,
  term,
  type Term,
} from "@sealwright/types";

export interface PooledBlock {
  readonly block: SealedBlock;
  readonly facts: BlockFacts;
  /** In order of making: a short name for hashes and stories. */
  readonly index: number;
  readonly parent: PooledBlock | null;
  /** The block and all its ancestors. */
  readonly chain: ReadonlySet<PooledBlock>;
  readonly recipe: Recipe | null;
}

/** An aggregate that a block carries. */
export interface Carried {
  readonly block: PooledBlock;
  readonly target: AttestationTarget;
  /** A quorum makes it a certificate. */
  readonly signers: number;
}

/** What opens a term: the Locks of some keepers, and the certificate that is said to be the highest of them. */
export interface TermOpening {
  readonly term: number;
  /** Null for the genesis block. */
  readonly qc: PooledBlock | null;
  /** The highest certificate that a Lock among those names; null for the genesis block. */
  readonly listed: PooledBlock | null;
}

/** What a new block is made of; equal recipes make the same block. */
export interface Recipe {
  readonly parent: PooledBlock;
  readonly carries: Carried | null;
  /** Tells rivals apart. */
  readonly variant: number;
  readonly opening: TermOpening | null;
}

const TICK_MS = 330;
const NO_SIGNATURE = new Uint8Array(96);

/** All blocks that some producer, honest or not, made in any explored history; each is made once. */
export class BlockPool {
  readonly genesis: PooledBlock;
  readonly blocks: PooledBlock[] = [];
  /** How many Locks the rules ask of a switch certificate: found by asking them, so that a broken rule shows. */
  readonly locksNeeded: number;
  readonly #rules: ThreadRules;
  readonly #byId = new Map<BlockId, PooledBlock>();
  readonly #made = new Map<string, PooledBlock | null>();
  readonly #proved = new Map<string, boolean>();

  constructor(rules: ThreadRules, root: BlockFacts) {
    this.#rules = rules;
    this.genesis = this.#add(sealTestBlock(rules, root).block, root, null, null);
    this.locksNeeded = firstKeepers(rules.keepers.size)
      .map((i) => i + 1)
      .find((locks) => this.#opens(root, this.#switchCertificate({ term: 1, qc: null, listed: null }, locks)))!;
  }

  get(id: BlockId): PooledBlock {
    const known = this.#byId.get(id);
    assert(known !== undefined, `no such block in the pool: ${id}`);
    return known;
  }

  at(index: number): PooledBlock {
    return this.blocks[index]!;
  }

  /** @returns null when no producer could make such a block: the rules refuse it */
  make(recipe: Recipe): PooledBlock | null {
    const key = nameOf(recipe);
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = this.#seal(recipe);
    this.#made.set(key, made);
    return made;
  }

  #seal(recipe: Recipe): PooledBlock | null {
    const { parent, carries, variant, opening } = recipe;
    if (opening !== null && BigInt(opening.term) <= parent.facts.term) return null;
    // Which Locks are listed decides whether the block is good, and nothing after that.
    if (opening !== null && opening.listed !== null) {
      const asListed = this.#switchCertificate(opening, this.locksNeeded);
      if (!this.#opens(parent.facts, asListed)) return null;
      return this.make({ ...recipe, opening: { ...opening, listed: null } });
    }
    const { block, parts } = sealTestBlock(this.#rules, parent.facts, {
      attestations: carries === null ? [] : [this.aggregateOf(carries)],
      afterMs: TICK_MS + variant,
      ...(opening === null
        ? {}
        : {
            round: opening.term - Number(parent.facts.term),
            switchCertificate: this.#switchCertificate(opening, this.locksNeeded),
          }),
    });
    const facts = deriveFacts(this.#rules, parent.facts, parts);
    return facts.ok ? this.#add(block, facts.value, parent, recipe) : null;
  }

  #add(block: SealedBlock, facts: BlockFacts, parent: PooledBlock | null, recipe: Recipe | null): PooledBlock {
    const chain = new Set<PooledBlock>(parent?.chain);
    const added: PooledBlock = { block, facts, index: this.blocks.length, parent, chain, recipe };
    chain.add(added);
    this.blocks.push(added);
    this.#byId.set(facts.id, added);
    return added;
  }

  #opens(parent: BlockFacts, switchCertificate: SwitchCertificate): boolean {
    const round = Number(switchCertificate.term - parent.term);
    const { parts } = sealTestBlock(this.#rules, parent, { round, switchCertificate });
    return round > 0 && deriveFacts(this.#rules, parent, parts).ok;
  }

  /** One Lock names the highest certificate, the others name the genesis block: lower ones never make it worse. */
  #switchCertificate({ term: newTerm, qc, listed }: TermOpening, count: number): SwitchCertificate {
    const rules = this.#rules;
    const opened: Term = term(BigInt(newTerm));
    const qcOf = (block: PooledBlock | null): AggregatedAttestation | null =>
      block === null ? null : this.certificateOf(block, "primary");
    const locks = firstKeepers(count).map((signer): LockClaim => {
      const { qcTerm, qcHeight, qcBlockId } = lockPayloadOf(rules, opened, qcOf(signer === 0 ? listed : null));
      return { signer: signerIndex(signer), qcTerm, qcHeight, qcBlockId };
    });
    return { threadId: rules.threadId, term: opened, locks, signature: NO_SIGNATURE, qc: qcOf(qc) };
  }

  /** Signers are always the first keepers: who they were makes no difference to any rule. */
  aggregateOf({ block, target, signers }: Carried): AggregatedAttestation {
    return { ...attest(block.facts, firstKeepers(signers)), attestation: attestationOf(block.facts, target) };
  }

  certificateOf(block: PooledBlock, target: AttestationTarget): AggregatedAttestation {
    return this.aggregateOf({ block, target, signers: this.#rules.keepers.quorum });
  }

  isAncestorOrSelf(ancestor: PooledBlock, block: PooledBlock): boolean {
    return block.chain.has(ancestor);
  }

  /** Whether a client can be shown a proof that `block` is final, made of its certificate and that of `k`. */
  isProvable(block: PooledBlock, k: PooledBlock): boolean {
    const key = `${block.index}<${k.index}`;
    const known = this.#proved.get(key);
    if (known !== undefined) return known;
    const { networkId, keepers } = this.#rules;
    const isProved = this.#proofsOf(block, k).some((proof) => checkFinalityProof(networkId, keepers, proof).ok);
    this.#proved.set(key, isProved);
    return isProved;
  }

  /** One for each block that could be said to carry the certificate. */
  #proofsOf(block: PooledBlock, k: PooledBlock): FinalityProof[] {
    const chain = [...k.chain].filter((one) => one.facts.height >= block.facts.height).map((one) => one.block);
    const certificate = this.certificateOf(k, "primary");
    const { quorum } = this.#rules.keepers;
    return chain.map((carrier, carrierIndex): FinalityProof => {
      const isCarrier = carrier.body.attestations.some(
        (a) => a.attestation.blockId === block.facts.id && a.signers.length >= quorum,
      );
      if (isCarrier) return buildFinalityProof(chain, carrier.id, block.facts.id, certificate, quorum);
      const carried = this.certificateOf(block, "primary");
      const headers = chain.map(({ header }) => header);
      return { headers, carrierIndex, carried, carriedPath: merkleProof([NO_SIGNATURE], 0), certificate };
    });
  }
}

function nameOf({ parent, carries, variant, opening }: Recipe): string {
  const carried = carries === null ? "" : `${carries.block.index}${carries.target[0]}${carries.signers}`;
  const opened = opening === null ? "" : `${opening.term}/${opening.qc?.index ?? "-"}/${opening.listed?.index ?? "-"}`;
  return `${parent.index};${carried};${variant};${opened}`;
}

/** How a block is spoken of in a story. */
export function describe({ index, facts, recipe }: PooledBlock): string {
  if (recipe === null) return "the genesis block";
  const { parent, carries, opening } = recipe;
  const on = `b${index} (term ${facts.term}, on b${parent.index}`;
  const with_ =
    carries === null ? "" : `, carrying ${carries.signers} ${carries.target} votes for b${carries.block.index}`;
  const opens = opening === null ? "" : `, opening it with the certificate of b${opening.qc?.index ?? 0}`;
  return `${on}${with_}${opens})`;
}
