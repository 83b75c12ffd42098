import { certificatesIn } from "@sealwright/consensus";
import { castVotes } from "./castVotes.js";
import type { ChainBlock } from "./chainBlock.js";
import { childrenOf } from "./chainView.js";
import { finalizeCertified } from "./finalizeBy.js";
import type { KeeperDraft } from "./keeperDraft.js";
import { noteCarriedCertificates } from "./noteCertificate.js";
import { startExecution } from "./startExecution.js";
import { windowEndMs } from "./verifying/mayAttest.js";
import { startRecheck } from "./verifying/recheck.js";
import { adoptTerm } from "./switching/adoptTerm.js";
import { watchBlockTimes } from "./switching/watchBlockTimes.js";

/** A block became part of what this keeper can vote for: its certificates count, its children may run. */
export function onApplied(draft: KeeperDraft, applied: ChainBlock): void {
  draft.emit({ type: "notify", notice: { type: "applied", block: applied.block, facts: applied.facts } });
  noteCarriedCertificates(draft, applied.block);
  adoptTerm(draft, applied);
  watchBlockTimes(draft, applied);
  for (const { attestation } of certificatesIn(draft.state.config.rules.keepers, applied.block))
    draft.emit({ type: "notify", notice: { type: "prefinal", blockId: attestation.blockId } });
  finalizeCertified(draft);
  if (applied.duty.type === "bystander") awaitVerifiers(draft, applied);
  castVotes(draft);
  for (const child of childrenOf(draft.state, applied.facts.id)) startExecution(draft, child.facts.id);
}

/** Others execute this block: their Nacks are listened to, and after a while silence is an answer. */
function awaitVerifiers(draft: KeeperDraft, applied: ChainBlock): void {
  const forMs = windowEndMs(draft.state, applied) - draft.atMs;
  // A timer may fire a little before its time.
  if (forMs > 0) draft.emit({ type: "wakeAfter", forMs: Math.floor(forMs) + 1 });
  startRecheck(draft, applied);
}
