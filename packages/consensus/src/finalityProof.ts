import {
  type AggregatedAttestation,
  assert,
  type BlockHeader,
  type BlockId,
  blockIdOf,
  encodeAggregatedAttestation,
  err,
  type FinalityProof,
  merkleProof,
  ok,
  type Result,
  type SealedBlock,
  type ThreadId,
  verifyInclusion,
} from "@sealwright/types";
import type { NetworkId } from "@sealwright/types";
import { certificateSignatureSet, type SignatureSet } from "./certificate.js";
import type { KeeperSet } from "./keeperSet.js";

/** Why a proof proves nothing. */
export type ProofFault =
  | { readonly code: "noHeaders" }
  | { readonly code: "brokenChain"; readonly index: number }
  | { readonly code: "wrongNetwork" }
  | { readonly code: "carrierOutside" }
  | { readonly code: "notCarried" }
  | { readonly code: "certifiedBlockOutside" }
  | { readonly code: "termsDiffer" }
  | { readonly code: "certificateOfAnotherBlock" }
  | { readonly code: "badSigners" }
  | { readonly code: "badSignature" };

/** The block that a proof proves, and what is left to check with BLS: both certificates. */
export interface CheckedProof {
  readonly blockId: BlockId;
  readonly header: BlockHeader;
  readonly threadId: ThreadId;
  readonly signatureSets: readonly [SignatureSet, SignatureSet];
}

/**
 * Builds the proof for a block from the chain that made it final.
 * @param chain from the block in question to k, ascending, without gaps
 * @param carrierId the block of that chain that carries the certificate of a block of that chain
 * @param certificate QC(k), k the last block of `chain`
 */
export function buildFinalityProof(
  chain: readonly SealedBlock[],
  carrierId: BlockId,
  certifiedId: BlockId,
  certificate: AggregatedAttestation,
  quorum: number,
): FinalityProof {
  const carrierIndex = chain.findIndex((block) => block.id === carrierId);
  const carrier = chain[carrierIndex];
  assert(carrier !== undefined, "the carrier lies on the chain");
  const attestations = carrier.body.attestations;
  const index = attestations.findIndex((a) => a.attestation.blockId === certifiedId && a.signers.length >= quorum);
  const carried = attestations[index];
  assert(carried !== undefined, "the carrier carries the certificate");
  return {
    headers: chain.map((block) => block.header),
    carrierIndex,
    carried,
    carriedPath: merkleProof(attestations.map(encodeAggregatedAttestation), index),
    certificate,
  };
}

/**
 * Checks everything about a proof but its two BLS signatures (F1, F2): one chain, a certificate carried by a proper
 * descendant of the certified block, and a certificate of that carrier or of a descendant in the same term.
 * Total for hostile proofs; cost: about 35 hashes a header.
 */
export function checkFinalityProof(
  networkId: NetworkId,
  keepers: KeeperSet,
  proof: FinalityProof,
): Result<CheckedProof, ProofFault> {
  const ids = proof.headers.map(blockIdOf);
  const fault = findChainFault(networkId, proof, ids) ?? findCertificateFault(proof, ids);
  if (fault !== null) return err(fault);
  const carried = certificateSignatureSet(networkId, keepers, proof.carried);
  const certificate = certificateSignatureSet(networkId, keepers, proof.certificate);
  if (!carried.ok || !certificate.ok) return err({ code: "badSigners" });
  const header = proof.headers[0]!;
  return ok({ blockId: ids[0]!, header, threadId: header.threadId, signatureSets: [carried.value, certificate.value] });
}

function findChainFault(networkId: NetworkId, proof: FinalityProof, ids: readonly BlockId[]): ProofFault | null {
  const first = proof.headers[0];
  if (first === undefined) return { code: "noHeaders" };
  for (const [i, header] of proof.headers.entries()) {
    if (header.networkId !== networkId) return { code: "wrongNetwork" };
    const previous = proof.headers[i - 1];
    if (previous === undefined) continue;
    const follows =
      header.parentId === ids[i - 1] && header.height === previous.height + 1n && header.threadId === first.threadId;
    if (!follows) return { code: "brokenChain", index: i };
  }
  return null;
}

function findCertificateFault(proof: FinalityProof, ids: readonly BlockId[]): ProofFault | null {
  const carrier = proof.headers[proof.carrierIndex];
  if (carrier === undefined) return { code: "carrierOutside" };
  const item = encodeAggregatedAttestation(proof.carried);
  if (!verifyInclusion(carrier.roots.attestations, item, proof.carriedPath)) return { code: "notCarried" };
  const certifiedIndex = ids.indexOf(proof.carried.attestation.blockId);
  if (certifiedIndex < 0 || certifiedIndex >= proof.carrierIndex) return { code: "certifiedBlockOutside" };
  const certified = proof.headers[certifiedIndex]!;
  const last = proof.headers[proof.headers.length - 1]!;
  if (certified.term !== last.term) return { code: "termsDiffer" };
  return namesBlock(proof.carried, certified, ids[certifiedIndex]!) &&
    namesBlock(proof.certificate, last, ids[ids.length - 1]!)
    ? null
    : { code: "certificateOfAnotherBlock" };
}

function namesBlock({ attestation }: AggregatedAttestation, header: BlockHeader, id: BlockId): boolean {
  return (
    attestation.blockId === id &&
    attestation.term === header.term &&
    attestation.height === header.height &&
    attestation.threadId === header.threadId
  );
}
