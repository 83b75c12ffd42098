import type { BlockFacts } from "@sealwright/consensus";
import { assert, type AggregatedAttestation, type BlockId } from "@sealwright/types";
import type { ChainBlock } from "./chainBlock.js";
import { chainTo } from "./chainView.js";
import type { KeeperDraft } from "./keeperDraft.js";
import { dropStaleEquivocations } from "./equivocation.js";
import { dropStaleParked } from "./parkedBlocks.js";

/**
 * F1: with QC(k), the highest block whose certificate k's chain carries in k's own term is final, with all ancestors.
 * Waits until k is applied here, so that what is called final can also be served.
 */
export function finalizeBy(draft: KeeperDraft, certificate: AggregatedAttestation): void {
  const k = draft.state.blocks.get(certificate.attestation.blockId);
  if (k === undefined || k.stage.phase !== "applied" || k.facts.carried === null) return;
  const { id: certifiedId, height, carrierId } = k.facts.carried;
  if (height <= draft.state.final.height) return;
  const chain = chainTo(draft.state, k.facts.id);
  assert(chain !== null, "an applied block stands on the last final one");
  const finalCount = chain.findIndex((block) => block.facts.id === certifiedId) + 1;
  assert(finalCount > 0, "a carried certificate names a block of the carrier's chain");
  const run = {
    chain: chain.map(({ block, facts, stored }) => ({ block, facts, stored })),
    finalCount,
    certifiedId,
    carrierId,
    certificate,
  };
  draft.emit({ type: "finalize", run });
  moveFinal(draft, chain.slice(0, finalCount));
}

/** The last of `newlyFinal` becomes the root of all that is kept; what does not descend from it falls away. */
function moveFinal(draft: KeeperDraft, newlyFinal: readonly ChainBlock[]): void {
  const final = newlyFinal[newlyFinal.length - 1]!.facts;
  const kept = descendantsOf(draft, final.id);
  const finalIds = new Set(newlyFinal.map((block) => block.facts.id));
  barTermOffChain(draft, final, finalIds);
  const dropped: BlockId[] = [];
  for (const id of [...draft.state.blocks.keys()]) {
    if (kept.has(id)) continue;
    draft.deleteBlock(id);
    if (!finalIds.has(id)) dropped.push(id);
  }
  draft.set({ final });
  for (const [id, { attestation }] of draft.state.certificates) {
    if (attestation.height <= final.height) draft.deleteCertificate(id);
  }
  for (const [key, { attestation }] of draft.state.votes) {
    if (attestation.height <= final.height) draft.deleteVote(key);
  }
  dropStaleParked(draft);
  dropStaleEquivocations(draft);
  if (dropped.length > 0) draft.emit({ type: "notify", notice: { type: "dropped", blockIds: dropped } });
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
