import type { ChainNotice, WitnessRunner } from "@sealwright/keeper";
import { witnessedBlock } from "@sealwright/keeper";
import {
  type Accusation,
  decodeAccusation,
  type KeeperId,
  type SealedBlock,
  type SignedAttestation,
} from "@sealwright/types";

/** Shows a witness what happens in its thread. */
export function showCandidate(witness: WitnessRunner, block: SealedBlock, from: KeeperId): void {
  witness.dispatch({ type: "blockSeen", block: witnessedBlock(block), from });
}

export function showVote(
  witness: WitnessRunner,
  { attestation, signer, signature }: SignedAttestation,
  from: KeeperId,
): void {
  witness.dispatch({ type: "voteSeen", vote: { attestation, signers: [signer], signature }, from });
}

/** Only notices whose signatures were checked make a witness remember something. */
export function showNotice(witness: WitnessRunner, notice: ChainNotice): void {
  if (notice.type === "certified") return witness.dispatch({ type: "votesChecked", votes: notice.certificate });
  if (notice.type === "equivocation")
    return witness.dispatch({ type: "blockChecked", block: witnessedBlock(notice.second) });
  if (notice.type === "nacked")
    return witness.dispatch({ type: "nackChecked", nack: notice.nack, height: notice.height });
  if (notice.type !== "applied") return;
  witness.dispatch({ type: "blockChecked", block: witnessedBlock(notice.block) });
  for (const votes of notice.block.body.attestations) witness.dispatch({ type: "votesChecked", votes });
  for (const bytes of notice.block.body.accusations) {
    const accusation = decodeAccusation(bytes);
    if (accusation.ok) showAccusation(witness, accusation.value);
  }
}

function showAccusation(witness: WitnessRunner, accusation: Accusation): void {
  if (accusation.type === "evidence")
    witness.dispatch({ type: "evidenceReceived", evidence: accusation.evidence, from: null });
  if (accusation.type === "nack") witness.dispatch({ type: "nackSeen", nack: accusation.nack });
}
