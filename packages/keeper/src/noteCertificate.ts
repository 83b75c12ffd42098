import { raiseHighestQc } from "@sealwright/consensus";
import type { AggregatedAttestation } from "@sealwright/types";
import { finalizeBy } from "./finalizeBy.js";
import { halt } from "./invalidate.js";
import type { KeeperDraft } from "./keeperDraft.js";
import { CERTIFICATES_MAX } from "./keeperState.js";

/** A verified certificate: it raises highestQC, tells that the block is safe on honest disks, and may finalize. */
export function noteCertificate(draft: KeeperDraft, certificate: AggregatedAttestation): void {
  const { blockId, height } = certificate.attestation;
  if (height <= draft.state.final.height || draft.state.certificates.has(blockId)) return;
  if (draft.state.certificates.size >= CERTIFICATES_MAX) dropLowestCertificate(draft);
  draft.putCertificate(blockId, certificate);
  draft.set({ vote: raiseHighestQc(draft.state.vote, certificate) });
  draft.emit({ type: "notify", notice: { type: "certified", blockId, certificate } });
  const held = draft.state.blocks.get(blockId);
  if (held?.stage.phase === "invalid")
    return halt(draft, `a quorum attested ${blockId}, which this node refuted: ${held.stage.reason}`);
  finalizeBy(draft, certificate);
}

function dropLowestCertificate(draft: KeeperDraft): void {
  const lowest = [...draft.state.certificates.values()].reduce((a, b) =>
    b.attestation.height < a.attestation.height ? b : a,
  );
  draft.deleteCertificate(lowest.attestation.blockId);
}
