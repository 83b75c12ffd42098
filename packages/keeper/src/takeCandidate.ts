import { type CandidateParts, deriveFacts, producerOf } from "@sealwright/consensus";
import type { BlockId, KeeperId, SealedBlock } from "@sealwright/types";
import type { ChainBlock } from "./chainBlock.js";
import { isApplied } from "./chainView.js";
import { storeOwnBody } from "./castVotes.js";
import { isProvedEquivocation, noteEquivocation, placeOf, siblingsOf } from "./equivocation.js";
import { failedAgain, NO_FAILURES } from "./failures.js";
import { finalizeCertified } from "./finalizeBy.js";
import { invalidateBranch, refuseChild } from "./invalidate.js";
import type { KeeperDraft } from "./keeperDraft.js";
import type { BlockOrigin } from "./keeperEvent.js";
import type { KeeperState } from "./keeperState.js";
import { noteCarriedCertificates } from "./noteCertificate.js";
import { onApplied } from "./onApplied.js";
import { isNamedByCertificate, parentOf, park, peerOf, unpark } from "./parkedBlocks.js";
import { requestMissing } from "./requestMissing.js";
import { startExecution } from "./startExecution.js";
import { examineBesideFinal, onContradictionChecked } from "./switching/contradiction.js";
import { noteFault } from "./switching/watchProgress.js";
import { firstDuty } from "./verifying/drawTicket.js";
import { VERIFIER } from "./verifying/duty.js";
import { isExecutedHere } from "./verifying/isExecutedHere.js";
import { accuse } from "./verifying/ownNack.js";
import { refuteNacks } from "./verifying/settleNacks.js";
import { takeFetchedNacks } from "./verifying/takeNack.js";

/** An honest peer's blocks wait for each other's checks, so few of them are under check at a time. */
export const UNDER_CHECK_PER_PEER_MAX = 16;

/** A candidate came: known ones are ignored, those without a checked parent are parked, the others are examined. */
export function takeCandidate(draft: KeeperDraft, block: SealedBlock, origin: BlockOrigin): void {
  const { state } = draft;
  if (block.header.threadId !== state.config.rules.threadId) return;
  if (state.blocks.has(block.id)) return;
  if (block.header.height <= state.final.height) return examineBesideFinal(draft, block, origin);
  const parentId = block.header.parentId;
  if (parentId === state.final.id) return examine(draft, block, origin);
  const parent = state.blocks.get(parentId);
  if (parent === undefined) {
    examineBesideFinal(draft, block, origin);
    park(draft, { block, origin });
    if (origin.type === "peer") requestMissing(draft, origin.peer, parentOf(block));
    return;
  }
  // The facts of a child lean on the parent's envelope, so nothing is derived before its signature was found good.
  if (parent.stage.phase === "candidate" && parent.stage.signatures === "checking")
    return park(draft, { block, origin });
  examine(draft, block, origin);
}

/** Blocks that waited for `parentId` to be checked. */
function takeParkedChildren(draft: KeeperDraft, parentId: BlockId): void {
  for (const { block, origin } of unpark(draft, parentId)) takeCandidate(draft, block, origin);
}

function examine(draft: KeeperDraft, block: SealedBlock, origin: BlockOrigin): void {
  const held = draft.state.blocks.get(block.header.parentId);
  if (held?.stage.phase === "invalid") return refuseChild(draft, block, held.stage.reason);
  if (isSurplusCopy(draft, block, origin)) return;
  const from = peerOf(origin);
  const derived = deriveFacts(draft.state.config.rules, held?.facts ?? draft.state.final, partsOf(block));
  if (!derived.ok) {
    if (from !== null) draft.emit({ type: "penalize", peer: from, cause: "badBlock", detail: derived.error.code });
    draft.emit({ type: "notify", notice: { type: "invalid", blockId: block.id, reason: derived.error.code } });
    if (isFromProducer(draft, block, origin)) noteFault(draft, block.header.term, "its block breaks the rules");
    return;
  }
  if (origin.type === "own") return takeOwn(draft, block, derived.value);
  const duty = firstDuty(draft.state.config);
  const isEarly = duty.type !== "drawing" && mayRunEarly(draft, block, origin);
  const execution = isEarly ? "running" : "waiting";
  const stage = { phase: "candidate", signatures: "checking", execution } as const;
  const stored = origin.type === "store";
  const receivedAtMs = draft.atMs;
  draft.putBlock({ block, facts: derived.value, from, stage, duty, receivedAtMs, failures: NO_FAILURES, stored });
  if (duty.type === "drawing") draft.emit({ type: "drawTicket", blockId: block.id });
  draft.emit({ type: "checkSignatures", block });
  if (isEarly) draft.emit({ type: "execute", block });
  takeFetchedNacks(draft, block.id);
}

/** Its own link proves to this keeper, and to nobody else, that the designated producer sent the block. */
function isFromProducer(draft: KeeperDraft, { header }: SealedBlock, origin: BlockOrigin): boolean {
  const { rules } = draft.state.config;
  return origin.type === "peer" && origin.peer === producerOf(rules.seed, header.term, rules.keepers);
}

/**
 * The current producer's own link vouches for its only block, so execution need not wait for the signature check. The
 * first block of a term vouches for nothing before its Locks are checked.
 */
function mayRunEarly(draft: KeeperDraft, block: SealedBlock, origin: BlockOrigin): boolean {
  const { producer, round, term } = block.header;
  const isCurrent = round === 0n && term === draft.state.vote.currentTerm;
  const isVouchedFor = origin.type !== "peer" || (origin.peer === producer && isCurrent);
  return isVouchedFor && isApplied(draft.state, block.header.parentId) && siblingsOf(draft.state, block).length === 0;
}

/** An own sealed block was executed while it was built and signed by this node. */
function takeOwn(draft: KeeperDraft, block: SealedBlock, facts: ChainBlock["facts"]): void {
  const isParentApplied = isApplied(draft.state, block.header.parentId);
  const stage = isParentApplied
    ? ({ phase: "applied" } as const)
    : ({ phase: "candidate", signatures: "valid", execution: "waiting" } as const);
  const receivedAtMs = draft.atMs;
  const chainBlock: ChainBlock = {
    ...{ block, facts, from: null, stage, duty: VERIFIER },
    ...{ receivedAtMs, failures: NO_FAILURES, stored: false },
  };
  draft.putBlock(chainBlock);
  if (isParentApplied) onApplied(draft, chainBlock);
  storeOwnBody(draft, block.id);
  takeParkedChildren(draft, block.id);
}

/**
 * The first block of a (term, height) is kept, and any that a certificate names or the own disk holds (protocol §8, I13):
 * who attested a block serves it, even if its rival came first after a restart. What is not checked yet
 * takes no place from others: each peer may have one block per place under check, and so many in all.
 */
function isSurplusCopy(draft: KeeperDraft, block: SealedBlock, origin: BlockOrigin): boolean {
  const { state } = draft;
  if (origin.type === "store" || isNamedByCertificate(state, block.id)) return false;
  if (state.equivocations.has(placeOf(block))) return true;
  const from = peerOf(origin);
  if (siblingsOf(state, block).some((other) => isUnderCheck(other) && other.from === from)) return true;
  return from !== null && underCheckOf(state, from) >= UNDER_CHECK_PER_PEER_MAX;
}

function underCheckOf(state: KeeperState, peer: KeeperId): number {
  let count = 0;
  for (const held of state.blocks.values()) if (held.from === peer && isUnderCheck(held)) count += 1;
  return count;
}

function isUnderCheck({ stage }: ChainBlock): boolean {
  return stage.phase === "candidate" && stage.signatures === "checking";
}

function partsOf(block: SealedBlock): CandidateParts {
  return { id: block.id, envelopeHash: block.envelopeHash, header: block.header, common: block.body };
}

/** A signature check ended: a bad copy is dropped and never poisons the id, a good one lets its children in. */
export function onSignaturesChecked(draft: KeeperDraft, blockId: BlockId, valid: boolean): void {
  if (onContradictionChecked(draft, blockId, valid)) return;
  const held = draft.state.blocks.get(blockId);
  if (held?.stage.phase !== "candidate" || held.stage.signatures !== "checking") return;
  if (!valid) return dropBadCopy(draft, held);
  if (isProvedEquivocation(draft.state, held)) {
    noteEquivocation(draft, held);
    if (!held.stored) return dropSecond(draft, held);
  }
  const stage = { ...held.stage, signatures: "valid" } as const;
  draft.putBlock({ ...held, stage });
  noteCarriedCertificates(draft, held.block);
  if (draft.state.certificates.has(blockId)) finalizeCertified(draft);
  if (typeof stage.execution === "object") return refute(draft, blockId, stage.execution.refuted);
  startExecution(draft, blockId);
  completeIfApplied(draft, blockId);
  takeParkedChildren(draft, blockId);
}

/** It makes room for the first one. What is on the own disk stays: this keeper attested it, and perhaps nobody else has it. */
function dropSecond(draft: KeeperDraft, { facts }: ChainBlock): void {
  draft.deleteBlock(facts.id);
  draft.emit({ type: "releaseStates", blockIds: [facts.id] });
}

function dropBadCopy(draft: KeeperDraft, { facts, from }: ChainBlock): void {
  draft.deleteBlock(facts.id);
  draft.emit({ type: "releaseStates", blockIds: [facts.id] });
  if (from !== null) draft.emit({ type: "penalize", peer: from, cause: "badSignature", detail: facts.id });
}

export function onExecuted(draft: KeeperDraft, blockId: BlockId, execution: "valid" | "blocked"): void {
  const held = draft.state.blocks.get(blockId);
  if (held?.stage.phase !== "candidate" || held.stage.execution !== "running") return;
  draft.putBlock({ ...held, stage: { ...held.stage, execution } });
  completeIfApplied(draft, blockId);
}

export function onFailed(draft: KeeperDraft, blockId: BlockId): void {
  const held = draft.state.blocks.get(blockId);
  if (held?.stage.phase !== "candidate" || held.stage.execution !== "running") return;
  const failures = failedAgain(held.failures, draft.atMs);
  draft.putBlock({ ...held, failures, stage: { ...held.stage, execution: "blocked" } });
}

/** Execution refuted the block. Only good signatures make that somebody's fault: a bad copy is dropped for those (§8). */
export function onRefuted(draft: KeeperDraft, blockId: BlockId, reason: string): void {
  const held = draft.state.blocks.get(blockId);
  if (held?.stage.phase !== "candidate") return;
  if (held.stage.signatures === "valid") return refute(draft, blockId, reason);
  draft.putBlock({ ...held, stage: { ...held.stage, execution: { refuted: reason } } });
}

/** It and all that builds on it are invalid for ever. */
function refute(draft: KeeperDraft, blockId: BlockId, reason: string): void {
  const held = draft.state.blocks.get(blockId)!;
  invalidateBranch(draft, held, reason);
  accuse(draft, held);
}

function completeIfApplied(draft: KeeperDraft, blockId: BlockId): void {
  const held = draft.state.blocks.get(blockId);
  if (held?.stage.phase !== "candidate") return;
  if (held.stage.signatures !== "valid" || held.stage.execution !== "valid") return;
  const applied: ChainBlock = { ...held, stage: { phase: "applied" } };
  draft.putBlock(applied);
  if (isExecutedHere(applied)) refuteNacks(draft, applied);
  acknowledge(draft, applied);
  onApplied(draft, applied);
}

/** The verdict of who drew a ticket, and with it the ticket. */
function acknowledge(draft: KeeperDraft, { facts, duty }: ChainBlock): void {
  if (duty.type !== "verifier" || duty.ticket === null || draft.state.halted !== null) return;
  const { threadId, id: blockId, envelopeHash, producer: to } = facts;
  draft.emit({ type: "acknowledge", to, verdict: { threadId, blockId, envelopeHash }, ticket: duty.ticket });
}
