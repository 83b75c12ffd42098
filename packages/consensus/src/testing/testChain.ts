import {
  type AggregatedAttestation,
  type AttestationTarget,
  type BlockBody,
  type BlockHeader,
  bodyRootsOf,
  height,
  type LockClaim,
  round,
  sealBlock,
  type SealedBlock,
  seqNo,
  signerIndex,
  type SwitchCertificate,
  term,
  unixMs,
  unwrap,
} from "@sealwright/types";
import type { BlockFacts } from "../blockFacts.js";
import { type CandidateParts, deriveFacts } from "../deriveFacts.js";
import { producerOf, selectorFor } from "../producerSelector.js";
import type { ThreadRules } from "../threadRules.js";
import { attestationOf } from "../voteRules.js";

/** What a test wants in the next block; everything else follows from the rules. */
export interface TestBlockOptions {
  readonly attestations?: readonly AggregatedAttestation[];
  /** Terms passed since the parent; above 0 the block gets a certificate unless one is given. */
  readonly round?: number;
  readonly switchCertificate?: SwitchCertificate | null;
  readonly shareState?: boolean;
  readonly accusations?: readonly Uint8Array[];
  /** After the parent's time; 330 when not given. */
  readonly afterMs?: number;
  /** Tells siblings apart. */
  readonly externals?: readonly Uint8Array[];
  readonly header?: Partial<BlockHeader>;
  readonly signature?: Uint8Array;
}

export interface TestBlock {
  readonly block: SealedBlock;
  readonly parts: CandidateParts;
}

const NO_SIGNATURE = new Uint8Array(96);

/** Seals a block on `parent` that breaks no rule but those which the options break. Nothing is signed. */
export function sealTestBlock(rules: ThreadRules, parent: BlockFacts, options: TestBlockOptions = {}): TestBlock {
  const blockRound = round(options.round ?? 0);
  const blockTerm = term(parent.term + blockRound);
  const needsCertificate = blockRound > 0n && options.switchCertificate === undefined;
  const switchCertificate = needsCertificate ? switchTo(rules, parent, blockTerm) : (options.switchCertificate ?? null);
  const body: BlockBody = {
    attestations: options.attestations ?? [],
    switchCertificate,
    directives: { shareState: options.shareState ?? false },
    accusations: options.accusations ?? [],
    refs: [],
    externals: options.externals ?? [],
    outbound: [],
    receipts: [],
    stateUpdate: new Uint8Array(),
  };
  const header: BlockHeader = {
    networkId: rules.networkId,
    threadId: rules.threadId,
    parentId: parent.id,
    height: height(parent.height + 1n),
    seqNo: seqNo(parent.seqNo + 1n),
    term: blockTerm,
    round: blockRound,
    producer: producerOf(rules.seed, blockTerm, rules.keepers),
    selector: selectorFor(rules.seed, blockTerm, rules.keepers),
    timeMs: unixMs(parent.timeMs + (options.afterMs ?? 330)),
    randomness: { ancestorId: parent.id, distance: 1 },
    gasUsed: 0n,
    stateRoot: new Uint8Array(32),
    roots: bodyRootsOf(body, rules.threadsTableHash),
    ...options.header,
  };
  const block = sealBlock(header, body, options.signature ?? NO_SIGNATURE);
  return { block, parts: partsOf(block) };
}

export function partsOf(block: SealedBlock): CandidateParts {
  return { id: block.id, envelopeHash: block.envelopeHash, header: block.header, common: block.body };
}

/** Unsigned attestations of `block` by these keepers, added up. */
export function attest(
  block: BlockFacts,
  signers: readonly number[],
  target: AttestationTarget = "primary",
): AggregatedAttestation {
  const sorted = [...signers].sort((a, b) => a - b).map(signerIndex);
  return { attestation: attestationOf(block, target), signers: sorted, signature: NO_SIGNATURE };
}

/** The first `q` keepers' certificate of `block`. */
export function certify(rules: ThreadRules, block: BlockFacts): AggregatedAttestation {
  return attest(block, firstKeepers(rules.keepers.quorum));
}

export function firstKeepers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** An unsigned certificate for entering `newTerm` on `parent`, all of whose Locks name the parent's certificate. */
export function switchTo(rules: ThreadRules, parent: BlockFacts, newTerm: bigint): SwitchCertificate {
  const qc = parent.height === 0n ? null : certify(rules, parent);
  const locks: LockClaim[] = firstKeepers(rules.keepers.quorum).map((signer) => ({
    signer: signerIndex(signer),
    qcTerm: parent.term,
    qcHeight: parent.height,
    qcBlockId: parent.id,
  }));
  return { threadId: rules.threadId, term: term(newTerm), locks, signature: NO_SIGNATURE, qc };
}

/** A chain that grows by blocks that must pass; `tip` is its last block's facts. */
export class TestChain {
  readonly blocks: SealedBlock[] = [];
  readonly facts: BlockFacts[];
  readonly #rules: ThreadRules;

  constructor(rules: ThreadRules, root: BlockFacts) {
    this.#rules = rules;
    this.facts = [root];
  }

  get tip(): BlockFacts {
    return this.facts[this.facts.length - 1]!;
  }

  /** @throws when the block breaks a rule */
  grow(options: TestBlockOptions = {}): BlockFacts {
    const { block, parts } = sealTestBlock(this.#rules, this.tip, options);
    const facts = unwrap(deriveFacts(this.#rules, this.tip, parts));
    this.blocks.push(block);
    this.facts.push(facts);
    return facts;
  }

  /** Grows by a block that carries the tip's certificate. */
  growCertified(options: TestBlockOptions = {}): BlockFacts {
    return this.grow({ attestations: [certify(this.#rules, this.tip)], ...options });
  }
}
