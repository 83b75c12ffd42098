import type { AggregatedAttestation } from "@sealwright/types";
import { isQuorum } from "@sealwright/consensus";
import type { ChainBlock } from "./chainBlock.js";
import { childrenOf } from "./chainView.js";
import { finalizeBy } from "./finalizeBy.js";
import type { KeeperDraft } from "./keeperDraft.js";
import { noteCertificate } from "./noteCertificate.js";
import { startExecution } from "./startExecution.js";
import { castVotes } from "./castVotes.js";

/** A block became part of what this keeper can vote for: its certificates count, its children may run. */
export function onApplied(draft: KeeperDraft, applied: ChainBlock): void {
  draft.emit({ type: "notify", notice: { type: "applied", block: applied.block, facts: applied.facts } });
  for (const aggregate of certificatesIn(draft, applied)) {
    noteCertificate(draft, aggregate);
    draft.emit({ type: "notify", notice: { type: "prefinal", blockId: aggregate.attestation.blockId } });
  }
  const own = draft.state.certificates.get(applied.facts.id);
  if (own !== undefined) finalizeBy(draft, own);
  castVotes(draft);
  for (const child of childrenOf(draft.state, applied.facts.id)) startExecution(draft, child.facts.id);
}

/** Carried certificates, and the one inside a switch certificate. Their signatures were checked with the block's. */
function certificatesIn(draft: KeeperDraft, { block }: ChainBlock): AggregatedAttestation[] {
  const keepers = draft.state.config.rules.keepers;
  const carried = block.body.attestations.filter((aggregate) => isQuorum(keepers, aggregate));
  const switchQc = block.body.switchCertificate?.qc ?? null;
  return switchQc === null ? carried : [...carried, switchQc];
}
