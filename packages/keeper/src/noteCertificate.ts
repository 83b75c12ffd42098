import { certificatesIn, raiseHighestQc } from "@sealwright/consensus";
import { type AggregatedAttestation, assert, type SealedBlock } from "@sealwright/types";
import { finalizeCertified } from "./finalizeBy.js";
import { halt } from "./invalidate.js";
import type { KeeperDraft } from "./keeperDraft.js";
import { CERTIFICATES_MAX } from "./keeperState.js";

/** A verified certificate: it raises highestQC, tells that the block is safe on honest disks, and may finalize. */
export function noteCertificate(draft: KeeperDraft, certificate: AggregatedAttestation): void {
  const { threadId, blockId, height } = certificate.attestation;
  assert(threadId === draft.state.config.rules.threadId, "certificates of other threads are turned away at the door");
  if (height <= draft.state.final.height || draft.state.certificates.has(blockId)) return;
  if (draft.state.certificates.size >= CERTIFICATES_MAX) dropLowestCertificate(draft);
  draft.putCertificate(blockId, certificate);
  draft.set({ vote: raiseHighestQc(draft.state.vote, certificate) });
  draft.emit({ type: "notify", notice: { type: "certified", blockId, certificate } });
  const held = draft.state.blocks.get(blockId);
  if (held?.stage.phase === "invalid")
    return halt(draft, `a quorum attested ${blockId}, which this node refuted: ${held.stage.reason}`);
  finalizeCertified(draft);
}

function dropLowestCertificate(draft: KeeperDraft): void {
  const lowest = [...draft.state.certificates.values()].reduce((a, b) =>
    b.attestation.height < a.attestation.height ? b : a,
  );
  draft.deleteCertificate(lowest.attestation.blockId);
}

/** The certificates that a block carries, whose signatures were checked with its own: they need not wait for execution. */
export function noteCarriedCertificates(draft: KeeperDraft, block: SealedBlock): void {
  for (const certificate of certificatesIn(draft.state.config.rules.keepers, block))
    noteCertificate(draft, certificate);
}
