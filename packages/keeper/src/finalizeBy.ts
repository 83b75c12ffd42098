import type { BlockFacts, CarriedCertificate } from "@sealwright/consensus";
import { assert, type BlockId, type Height, type Term } from "@sealwright/types";
import type { ChainBlock } from "./chainBlock.js";
import { chainTo, childrenOf } from "./chainView.js";
import type { KeeperDraft } from "./keeperDraft.js";
import type { KeeperState } from "./keeperState.js";
import { dropStaleEquivocations } from "./equivocation.js";
import { doubtDropped } from "./switching/contradiction.js";
import { doubtFinals } from "./verifying/doubtFinals.js";
import { dropStaleNacks } from "./verifying/settleNacks.js";
import { dropStaleParked } from "./parkedBlocks.js";

/**
 * F1: with QC(k), the highest block whose certificate k's chain carries in k's own term is final, with all ancestors.
 * k itself need not be applied here: its header, its signatures and its certificate prove everything. Only what becomes
 * final must be, so that it can be served. Waiting for k as well would deadlock threads whose blocks import from each
 * other: a keeper that is behind in both could execute neither.
 */
export function finalizeCertified(draft: KeeperDraft): void {
  // A keeper that is behind holds hundreds of certified blocks and executes one after the other.
  if (!nextIsApplied(draft.state)) return;
  // Lowest first, so that every proof is as short as it can be.
  for (const k of provenByCertificate(draft.state)) {
    finalizeBy(draft, k);
    if (!nextIsApplied(draft.state)) return;
  }
}

/** Whether any block could become final now, whatever is proved. */
function nextIsApplied(state: KeeperState): boolean {
  return childrenOf(state, state.final.id).some(({ stage }) => stage.phase === "applied");
}

type Proving = ChainBlock & { readonly facts: { readonly carried: CarriedCertificate } };

function provenByCertificate(state: KeeperState): Proving[] {
  return [...state.certificates.keys()]
    .map((id) => state.blocks.get(id))
    .filter((k): k is Proving => k !== undefined && k.facts.carried !== null && hasGoodSignatures(k))
    .sort((a, b) => compareHeights(a.facts.carried, b.facts.carried) || compareHeights(a.facts, b.facts));
}

function finalizeBy(draft: KeeperDraft, k: Proving): void {
  const { id: certifiedId, height, carrierId } = k.facts.carried;
  if (height <= draft.state.final.height) return;
  const chain = chainTo(draft.state, k.facts.id);
  // k lost its place when a conflicting block became final.
  if (chain === null) return;
  const certifiedCount = chain.findIndex((block) => block.facts.id === certifiedId) + 1;
  assert(certifiedCount > 0, "a carried certificate names a block of the carrier's chain");
  const finalCount = appliedCount(chain.slice(0, certifiedCount));
  if (finalCount === 0) return;
  const run = {
    chain: chain.map(({ block, facts, stored }) => ({ block, facts, stored })),
    finalCount,
    certifiedId,
    carrierId,
    certificate: draft.state.certificates.get(k.facts.id)!,
  };
  draft.emit({ type: "finalize", run });
  moveFinal(draft, chain.slice(0, finalCount), k.facts.term);
}

function appliedCount(chain: readonly ChainBlock[]): number {
  const first = chain.findIndex(({ stage }) => stage.phase !== "applied");
  return first < 0 ? chain.length : first;
}

function hasGoodSignatures({ stage }: ChainBlock): boolean {
  return stage.phase === "applied" || (stage.phase === "candidate" && stage.signatures === "valid");
}

function compareHeights(a: { readonly height: Height }, b: { readonly height: Height }): number {
  return a.height < b.height ? -1 : a.height > b.height ? 1 : 0;
}

/** The last of `newlyFinal` becomes the root of all that is kept; what does not descend from it falls away. */
function moveFinal(draft: KeeperDraft, newlyFinal: readonly ChainBlock[], provedIn: Term): void {
  const final = newlyFinal[newlyFinal.length - 1]!.facts;
  const kept = descendantsOf(draft, final.id);
  const finalIds = new Set(newlyFinal.map((block) => block.facts.id));
  barTermOffChain(draft, final, finalIds);
  doubtFinals(draft, newlyFinal);
  const left = [...draft.state.blocks.values()].filter(({ facts }) => !kept.has(facts.id));
  for (const { facts } of left) draft.deleteBlock(facts.id);
  const dropped = left.filter(({ facts }) => !finalIds.has(facts.id));
  draft.set({ final, finalProvedIn: provedIn });
  doubtDropped(draft, dropped, provedIn);
  for (const [id, { attestation }] of draft.state.certificates) {
    if (attestation.height <= final.height) draft.deleteCertificate(id);
  }
  for (const [key, { attestation }] of draft.state.votes) {
    if (attestation.height <= final.height) draft.deleteVote(key);
  }
  dropStaleParked(draft);
  dropStaleEquivocations(draft);
  dropStaleNacks(draft);
  if (dropped.length > 0)
    draft.emit({ type: "notify", notice: { type: "dropped", blockIds: dropped.map(({ facts }) => facts.id) } });
}

/** V3: who voted on a branch that lost may not vote on the one that won before the next term. */
function barTermOffChain(draft: KeeperDraft, final: BlockFacts, finalIds: ReadonlySet<BlockId>): void {
  const { vote, final: before } = draft.state;
  const voted = vote.lastVoted;
  if (voted === null || voted.height <= before.height || voted.height > final.height) return;
  if (!finalIds.has(voted.blockId)) draft.set({ barredTerm: voted.term });
}

function descendantsOf(draft: KeeperDraft, rootId: BlockId): Set<BlockId> {
  const ascending = [...draft.state.blocks.values()].sort((a, b) => (a.facts.height < b.facts.height ? -1 : 1));
  const kept = new Set<BlockId>();
  for (const { facts } of ascending) {
    if (facts.parentId === rootId || kept.has(facts.parentId)) kept.add(facts.id);
  }
  return kept;
}
