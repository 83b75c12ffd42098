import { type CandidateParts, deriveFacts } from "@sealwright/consensus";
import type { BlockId, KeeperId, SealedBlock } from "@sealwright/types";
import type { ChainBlock } from "./chainBlock.js";
import { isApplied } from "./chainView.js";
import { invalidateBranch } from "./invalidate.js";
import type { KeeperDraft } from "./keeperDraft.js";
import type { BlockOrigin } from "./keeperEvent.js";
import { PARKED_BLOCKS_MAX, type ParkedBlock, SIBLINGS_MAX } from "./keeperState.js";
import { onApplied } from "./onApplied.js";
import { requestMissing } from "./requestMissing.js";
import { startExecution } from "./startExecution.js";

/** A candidate came: known ones are ignored, those without a checked parent are parked, the others are examined. */
export function takeCandidate(draft: KeeperDraft, block: SealedBlock, origin: BlockOrigin): void {
  const { state } = draft;
  if (block.header.threadId !== state.config.rules.threadId) return;
  if (block.header.height <= state.final.height || state.blocks.has(block.id)) return;
  const parked: ParkedBlock = {
    block,
    from: origin.type === "peer" ? origin.peer : null,
    stored: origin.type === "store",
  };
  const parentId = block.header.parentId;
  if (parentId === state.final.id) return examine(draft, parked, origin);
  const parent = state.blocks.get(parentId);
  if (parent === undefined) {
    park(draft, parked);
    if (origin.type === "peer") requestMissing(draft, origin.peer, parentId);
    return;
  }
  // The facts of a child lean on the parent's envelope, so nothing is derived before its signature was found good.
  if (parent.stage.phase === "candidate" && parent.stage.signatures === "checking") return park(draft, parked);
  examine(draft, parked, origin);
}

/** Blocks that waited for `parentId` to be checked. */
export function takeParkedChildren(draft: KeeperDraft, parentId: BlockId): void {
  const waiting = draft.state.parked.get(parentId);
  if (waiting === undefined) return;
  const parked = new Map(draft.state.parked);
  parked.delete(parentId);
  draft.set({ parked, parkedCount: draft.state.parkedCount - waiting.length });
  for (const child of waiting) takeCandidate(draft, child.block, originOf(child));
}

function originOf(parked: ParkedBlock): BlockOrigin {
  if (parked.stored) return { type: "store" };
  return parked.from === null ? { type: "own" } : { type: "peer", peer: parked.from };
}

function park(draft: KeeperDraft, block: ParkedBlock): void {
  const { parked, parkedCount } = draft.state;
  const siblings = parked.get(block.block.header.parentId) ?? [];
  if (parkedCount >= PARKED_BLOCKS_MAX || siblings.some((other) => other.block.id === block.block.id)) return;
  const next = new Map(parked).set(block.block.header.parentId, [...siblings, block]);
  draft.set({ parked: next, parkedCount: parkedCount + 1 });
}

function examine(draft: KeeperDraft, parked: ParkedBlock, origin: BlockOrigin): void {
  const { block, from } = parked;
  const parentId = block.header.parentId;
  const held = draft.state.blocks.get(parentId);
  if (held?.stage.phase === "invalid") return;
  if (isSurplusSibling(draft, block)) return;
  const parent = held?.facts ?? draft.state.final;
  const derived = deriveFacts(draft.state.config.rules, parent, partsOf(block));
  if (!derived.ok) {
    if (from !== null) draft.emit({ type: "penalize", peer: from, cause: "badBlock", detail: derived.error.code });
    draft.emit({ type: "notify", notice: { type: "invalid", blockId: block.id, reason: derived.error.code } });
    return;
  }
  if (origin.type === "own") return takeOwn(draft, block, derived.value);
  const mayRunEarly = from === null || from === block.header.producer;
  const execution = isApplied(draft.state, parentId) && mayRunEarly ? "running" : "waiting";
  const stage = { phase: "candidate", signatures: "checking", execution } as const;
  draft.putBlock({ block, facts: derived.value, from, stage, stored: parked.stored });
  draft.emit({ type: "checkSignatures", block });
  // The designated producer's own link vouches for the block, so execution need not wait for the signature check.
  if (execution === "running") draft.emit({ type: "execute", block });
}

/** An own sealed block was executed while it was built and signed by this node. */
function takeOwn(draft: KeeperDraft, block: SealedBlock, facts: ChainBlock["facts"]): void {
  const chainBlock: ChainBlock = { block, facts, from: null, stage: { phase: "applied" }, stored: false };
  draft.putBlock(chainBlock);
  onApplied(draft, chainBlock);
  takeParkedChildren(draft, block.id);
}

/** The first block of a (term, height) is kept, and any that a certificate names (protocol §8). */
function isSurplusSibling(draft: KeeperDraft, block: SealedBlock): boolean {
  const { header, id } = block;
  const siblings = [...draft.state.blocks.values()].filter(
    ({ facts, stage }) => facts.term === header.term && facts.height === header.height && stage.phase !== "invalid",
  );
  const first = siblings[0];
  if (first === undefined || siblings.length < SIBLINGS_MAX) return false;
  draft.emit({ type: "notify", notice: { type: "equivocation", first: first.facts.id, second: block } });
  return !draft.state.certificates.has(id);
}

function partsOf(block: SealedBlock): CandidateParts {
  return { id: block.id, envelopeHash: block.envelopeHash, header: block.header, common: block.body };
}

/** A signature check ended: a bad copy is dropped and never poisons the id, a good one lets its children in. */
export function onSignaturesChecked(draft: KeeperDraft, blockId: BlockId, valid: boolean): void {
  const held = draft.state.blocks.get(blockId);
  if (held?.stage.phase !== "candidate" || held.stage.signatures !== "checking") return;
  if (!valid) return dropBadCopy(draft, held, held.from);
  const stage = { ...held.stage, signatures: "valid" } as const;
  draft.putBlock({ ...held, stage });
  startExecution(draft, blockId);
  completeIfApplied(draft, blockId);
  takeParkedChildren(draft, blockId);
}

function dropBadCopy(draft: KeeperDraft, held: ChainBlock, from: KeeperId | null): void {
  draft.deleteBlock(held.facts.id);
  draft.emit({ type: "releaseStates", blockIds: [held.facts.id] });
  if (from !== null) draft.emit({ type: "penalize", peer: from, cause: "badSignature", detail: held.facts.id });
}

export function onExecuted(draft: KeeperDraft, blockId: BlockId, execution: "valid" | "blocked"): void {
  const held = draft.state.blocks.get(blockId);
  if (held?.stage.phase !== "candidate" || held.stage.execution !== "running") return;
  draft.putBlock({ ...held, stage: { ...held.stage, execution } });
  completeIfApplied(draft, blockId);
}

/** Execution refuted the block: it and all that builds on it are invalid for ever. */
export function onRefuted(draft: KeeperDraft, blockId: BlockId, reason: string): void {
  const held = draft.state.blocks.get(blockId);
  if (held === undefined || held.stage.phase !== "candidate") return;
  invalidateBranch(draft, held, reason);
}

function completeIfApplied(draft: KeeperDraft, blockId: BlockId): void {
  const held = draft.state.blocks.get(blockId);
  if (held?.stage.phase !== "candidate") return;
  if (held.stage.signatures !== "valid" || held.stage.execution !== "valid") return;
  const applied: ChainBlock = { ...held, stage: { phase: "applied" } };
  draft.putBlock(applied);
  onApplied(draft, applied);
}
