import {
  asksToShareState,
  countSigners,
  deriveFacts,
  isQuorum,
  majority,
  maskOf,
  primaryDeadline,
  selectorFor,
} from "@sealwright/consensus";
import type { BlockFacts, SignerMask } from "@sealwright/consensus";
import {
  type AggregatedAttestation,
  assert,
  type BlockBody,
  type BlockHeader,
  blockIdOf,
  bodyRootsOf,
  type BlockId,
  height,
  round,
  sealBlock,
  seqNo,
} from "@sealwright/types";
import { isInKeeperSet } from "./commandCheck.js";
import type { Producing } from "./producerState.js";
import type { SealDraft } from "./sealDraft.js";
import type { TailBlock } from "./sealedTail.js";
import type { UnsealedBlock } from "./unsealedBlock.js";

/** What came of completing a built block's common section: every outcome has a reaction of its own. */
export type CommonSectionOutcome =
  | { readonly type: "success"; readonly draft: SealDraft }
  /** An ancestor would miss its deadline: hold the block until more votes come. */
  | { readonly type: "notReadyYet"; readonly blockId: BlockId; readonly reason: "majorityMissing" | "quorumMissing" }
  /** What was assumed while building does not hold any more: build again from the real parent. */
  | { readonly type: "assumptionsFailed" }
  /** This node may not seal blocks of the thread. */
  | { readonly type: "notInKeeperSet" };

const UNSIGNED = new Uint8Array(96);

/**
 * Gives a built block its place: parent, selector, carried attestations, certificate. Derives the facts exactly as
 * every receiver will, so what passes here passes there.
 */
export function completeCommonSection(state: Producing, unsealed: UnsealedBlock): CommonSectionOutcome {
  if (!isInKeeperSet(state.config)) return { type: "notInKeeperSet" };
  if (!assumptionsHold(state, unsealed)) return { type: "assumptionsFailed" };
  const { block, id } = assemble(state, unsealed);
  const derived = deriveFacts(state.config.rules, state.tip, {
    id,
    envelopeHash: block.envelopeHash,
    header: block.header,
    common: block.body,
  });
  if (derived.ok) {
    const { build } = unsealed.built.ref;
    return { type: "success", draft: { unsigned: block, facts: derived.value, build, isStateHeld: true } };
  }
  const fault = derived.error;
  if (fault.code === "majorityMissing" || fault.code === "quorumMissing") {
    return { type: "notReadyYet", blockId: fault.blockId, reason: fault.code };
  }
  assert(false, `an own block breaks a rule that its producer controls: ${fault.code}`);
}

function assumptionsHold(state: Producing, unsealed: UnsealedBlock): boolean {
  const { rules } = state.config;
  return (
    unsealed.height === state.tip.height + 1n &&
    unsealed.assumptions.keepers === rules.keepers.size &&
    Buffer.compare(unsealed.assumptions.threadsTableHash, rules.threadsTableHash) === 0 &&
    unsealed.timeMs >= state.tip.timeMs
  );
}

function assemble(state: Producing, unsealed: UnsealedBlock): { block: SealDraft["unsigned"]; id: BlockId } {
  const { rules, self } = state.config;
  const { built } = unsealed;
  const body: BlockBody = {
    attestations: carriedAttestations(state),
    switchCertificate: state.switchCertificate,
    directives: { shareState: asksToShareState(state.tip, state.tip.height + 1n, state.config.shareStateEvery) },
    accusations: state.accusations.map(({ bytes }) => bytes),
    refs: unsealed.refs,
    externals: built.externals,
    outbound: built.outbound,
    receipts: built.receipts,
    stateUpdate: built.stateUpdate,
  };
  const header: BlockHeader = {
    networkId: rules.networkId,
    threadId: rules.threadId,
    parentId: state.tip.id,
    height: height(state.tip.height + 1n),
    seqNo: seqNo(state.tip.seqNo + 1n),
    term: state.term,
    round: round(state.term - state.tip.term),
    producer: self,
    selector: selectorFor(rules.seed, state.term, rules.keepers),
    timeMs: unsealed.timeMs,
    randomness: unsealed.randomness,
    gasUsed: built.gasUsed,
    stateRoot: built.stateRoot,
    // The roots of the executed parts were hashed off the main thread.
    roots: {
      ...bodyRootsOf({ ...body, externals: [], outbound: [], receipts: [] }, rules.threadsTableHash),
      ...built.roots,
    },
  };
  return { block: sealBlock(header, body, UNSIGNED), id: blockIdOf(header) };
}

/**
 * What the next block carries: the certificate of the highest pending ancestor that has one (it settles all below), and
 * from the first ancestor above it that reaches its deadline upwards, the best aggregates there are: votes for a block
 * count for all below it.
 */
export function carriedAttestations(state: Producing): AggregatedAttestation[] {
  if (state.tip.term !== state.term) return [];
  const pending = state.tip.pending.map((entry) => state.tail.find((block) => block.facts.id === entry.id) ?? null);
  const certified = findLastIndex(pending, (block) => certificateOf(state, block) !== null);
  const carried: AggregatedAttestation[] = [];
  const certificate = certificateOf(state, pending[certified] ?? null);
  if (certificate !== null) carried.push(certificate);
  const open = pending.slice(certified + 1);
  const firstLate = open.findIndex((block) => block !== null && reachesDeadline(state.tip, block));
  for (const block of firstLate < 0 ? [] : open.slice(firstLate)) {
    if (block === null) continue;
    for (const target of ["primary", "fallback"] as const) {
      const aggregate = block.collected[target].aggregate;
      if (aggregate !== null) carried.push(aggregate);
    }
  }
  return carried;
}

function reachesDeadline(tip: BlockFacts, block: TailBlock): boolean {
  return Number(tip.height + 1n - block.facts.height) >= primaryDeadline(block.facts.beta);
}

/** The certificate of a tail block, by either target: both are equal in effect. */
export function certificateOf(state: Producing, block: TailBlock | null): AggregatedAttestation | null {
  if (block === null) return null;
  const { primary, fallback } = block.collected;
  const { keepers } = state.config.rules;
  if (primary.aggregate !== null && isQuorum(keepers, primary.aggregate)) return primary.aggregate;
  return fallback.aggregate !== null && isQuorum(keepers, fallback.aggregate) ? fallback.aggregate : null;
}

/** Whether votes at hand, not added up yet, could carry a pending ancestor over its deadline. */
export function couldReachMajority(state: Producing, block: TailBlock): boolean {
  const votes: SignerMask = maskOf([...block.collected.primary.votes.keys()]);
  const carried = state.tip.pending.find((entry) => entry.id === block.facts.id)?.voters ?? 0n;
  return countSigners(votes | carried) >= majority(state.config.rules.keepers.size);
}

function findLastIndex<T>(items: readonly T[], matches: (item: T) => boolean): number {
  for (let i = items.length - 1; i >= 0; i--) {
    if (matches(items[i]!)) return i;
  }
  return -1;
}
