import {
  type AggregatedAttestation,
  type BlockHeader,
  type BlockId,
  type CommonSection,
  decodeAccusation,
  type EnvelopeHash,
  equalBytes,
  err,
  limits,
  ok,
  type Result,
  type Term,
} from "@sealwright/types";
import { fallbackDeadline, nextBeta, primaryDeadline, pushSamples } from "./attestationTarget.js";
import { type BlockFacts, type CarriedCertificate, type PendingBlock, RECENT_IDS_MAX } from "./blockFacts.js";
import type { BlockFault } from "./blockFault.js";
import { producerOf, selectorFor } from "./producerSelector.js";
import { countSigners, EMPTY_MASK, maskOf } from "./signerMask.js";
import { checkSwitchCertificate } from "./switch/checkSwitchCertificate.js";
import type { ThreadRules } from "./threadRules.js";

/** A state may be shared at most once per this many heights. */
export const SHARE_STATE_INTERVAL = 200n;

/** The parts of a block that the facts depend on. */
export interface CandidateParts {
  readonly id: BlockId;
  readonly envelopeHash: EnvelopeHash;
  readonly header: BlockHeader;
  readonly common: CommonSection;
}

/**
 * Checks a block against its parent and derives its facts. Producer and receivers run the same function, so a block
 * that an honest producer seals passes everywhere (invariants I6, I14). Signatures are checked apart.
 * Cost: linear in pending ancestors and carried attestations.
 */
export function deriveFacts(
  rules: ThreadRules,
  parent: BlockFacts,
  block: CandidateParts,
): Result<BlockFacts, BlockFault> {
  const fault = findHeaderFault(rules, parent, block.header, block.common) ?? findSwitchFault(rules, parent, block);
  if (fault !== null) return err(fault);
  const beta = nextBeta(parent.beta, pushSamples(parent.window, parent.settledSamples));
  const counted = countCarried(rules, parent, block);
  if (!counted.ok) return counted;
  const late = findMissedDeadline(rules, counted.value.pending, block.header.height);
  if (late !== null) return err(late);
  return ok(assembleFacts(parent, block, beta, counted.value));
}

function findHeaderFault(
  rules: ThreadRules,
  parent: BlockFacts,
  header: BlockHeader,
  common: CommonSection,
): BlockFault | null {
  if (header.networkId !== rules.networkId) return { code: "wrongNetwork" };
  if (header.threadId !== rules.threadId) return { code: "wrongThread" };
  if (header.parentId !== parent.id) return { code: "wrongParent" };
  if (header.height !== parent.height + 1n) return { code: "wrongHeight" };
  if (header.seqNo !== parent.seqNo + 1n) return { code: "wrongSeqNo" };
  if (header.term !== parent.term + header.round) return { code: "wrongTerm" };
  const selector = selectorFor(rules.seed, header.term, rules.keepers);
  if (header.selector.seed !== selector.seed || header.selector.index !== selector.index)
    return { code: "wrongSelector" };
  if (header.producer !== producerOf(rules.seed, header.term, rules.keepers)) return { code: "wrongProducer" };
  if (header.timeMs < parent.timeMs) return { code: "timeBelowParent" };
  if (header.timeMs > limits.BLOCK_TIME_MS_MAX) return { code: "timeOutOfRange" };
  const ancestors = [parent.id, ...parent.recentIds];
  const { ancestorId, distance } = header.randomness;
  if (distance < 1 || distance > RECENT_IDS_MAX || ancestors[distance - 1] !== ancestorId)
    return { code: "wrongRandomness" };
  if (!equalBytes(header.roots.threadsTable, rules.threadsTableHash)) return { code: "wrongThreadsTable" };
  if (!common.accusations.every((accusation) => decodeAccusation(accusation).ok)) return { code: "badAccusation" };
  if (common.directives.shareState && !mayShareState(parent, header.height)) return { code: "stateSharedTooOften" };
  return null;
}

/** Whether a block at `height` on `parent` may ask every node to keep a snapshot. */
export function mayShareState(parent: BlockFacts, height: bigint): boolean {
  return parent.lastShareHeight < 0n || height - parent.lastShareHeight >= SHARE_STATE_INTERVAL;
}

/** Whether a producer that asks for a snapshot every so many heights asks with the block at `height` on `parent`. */
export function asksToShareState(parent: BlockFacts, height: bigint, every: number): boolean {
  const last = parent.lastShareHeight < 0n ? 0n : parent.lastShareHeight;
  return mayShareState(parent, height) && height - last >= BigInt(every);
}

function findSwitchFault(rules: ThreadRules, parent: BlockFacts, block: CandidateParts): BlockFault | null {
  const certificate = block.common.switchCertificate;
  if (block.header.round === 0n) return certificate === null ? null : { code: "unexpectedSwitchCertificate" };
  if (certificate === null) return { code: "missingSwitchCertificate" };
  return checkSwitchCertificate(rules, parent, block.header.term, certificate);
}

interface Counted {
  readonly pending: readonly PendingBlock[];
  readonly settledSamples: readonly number[];
  readonly carried: CarriedCertificate | null;
}

/** Adds the carried attestations to the pending ancestors; a certificate settles its block and all ancestors. */
function countCarried(rules: ThreadRules, parent: BlockFacts, block: CandidateParts): Result<Counted, BlockFault> {
  // A switch certificate settles everything below: the first block of a term has no pending ancestor.
  const before = block.header.round === 0n ? parent.pending : [];
  const seen = new Set<string>();
  const voters = before.map((pending) => pending.voters);
  let settled = -1;
  for (const aggregate of block.common.attestations) {
    const place = before.findIndex((pending) => pending.id === aggregate.attestation.blockId);
    const fault = findAttestationFault(rules, block.header.term, before[place], aggregate, seen);
    if (fault !== null) return err(fault);
    if (aggregate.signers.length >= rules.keepers.quorum) settled = Math.max(settled, place);
    if (aggregate.attestation.target !== "primary") continue;
    const mask = maskOf(aggregate.signers);
    for (let i = 0; i <= place; i++) voters[i]! |= mask;
  }
  const distanceOf = (pending: PendingBlock): number => Number(block.header.height - pending.height);
  const inherited = block.header.round === 0n ? parent.carried : null;
  return ok({
    pending: before.map((pending, i) => ({ ...pending, voters: voters[i]! })).slice(settled + 1),
    settledSamples: before.slice(0, settled + 1).map((pending) => distanceOf(pending) + 1),
    carried: carriedAfter(inherited, before[settled], block),
  });
}

function carriedAfter(
  inherited: CarriedCertificate | null,
  settled: PendingBlock | undefined,
  block: CandidateParts,
): CarriedCertificate | null {
  if (settled === undefined) return inherited;
  return { id: settled.id, height: settled.height, carrierId: block.id, carrierHeight: block.header.height };
}

function findAttestationFault(
  rules: ThreadRules,
  term: Term,
  pending: PendingBlock | undefined,
  aggregate: AggregatedAttestation,
  seen: Set<string>,
): BlockFault | null {
  const { attestation, signers } = aggregate;
  const blockId = attestation.blockId;
  if (pending === undefined) return { code: "attestationNotPending", blockId };
  // A pending block's term is always the carrier's own.
  const matches =
    attestation.threadId === rules.threadId &&
    attestation.term === term &&
    attestation.height === pending.height &&
    attestation.envelopeHash === pending.envelopeHash;
  if (!matches) return { code: "attestationMismatch", blockId };
  const key = `${attestation.target}:${blockId}`;
  if (seen.has(key)) return { code: "duplicateAttestation", blockId };
  seen.add(key);
  return signers.length > 0 && rules.keepers.areDistinct(signers) ? null : { code: "unknownSigner", blockId };
}

function findMissedDeadline(rules: ThreadRules, pending: readonly PendingBlock[], height: bigint): BlockFault | null {
  for (const ancestor of pending) {
    const distance = Number(height - ancestor.height);
    if (distance >= fallbackDeadline(ancestor.beta)) return { code: "quorumMissing", blockId: ancestor.id, distance };
    const voters = countSigners(ancestor.voters);
    if (distance >= primaryDeadline(ancestor.beta) && voters < rules.keepers.majority) {
      return { code: "majorityMissing", blockId: ancestor.id, distance, voters };
    }
  }
  return null;
}

function assembleFacts(parent: BlockFacts, block: CandidateParts, beta: number, counted: Counted): BlockFacts {
  const { header, id, envelopeHash } = block;
  const own: PendingBlock = { id, height: header.height, envelopeHash, beta, voters: EMPTY_MASK };
  return {
    id,
    envelopeHash,
    threadId: header.threadId,
    parentId: parent.id,
    height: header.height,
    seqNo: header.seqNo,
    term: header.term,
    round: header.round,
    producer: header.producer,
    timeMs: header.timeMs,
    beta,
    window: pushSamples(parent.window, parent.settledSamples),
    settledSamples: counted.settledSamples,
    pending: [...counted.pending, own],
    carried: counted.carried,
    recentIds: [parent.id, ...parent.recentIds].slice(0, RECENT_IDS_MAX),
    lastShareHeight: block.common.directives.shareState ? header.height : parent.lastShareHeight,
  };
}
