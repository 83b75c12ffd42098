import {
  type AggregatedAttestation,
  type Attestation,
  attestationSigningBytes,
  err,
  type NetworkId,
  ok,
  type Result,
} from "@sealwright/types";
import type { KeeperSet } from "./keeperSet.js";

/** One aggregate to be checked with BLS: every signer signed the same message. */
export interface SignatureSet {
  readonly publicKeys: readonly Uint8Array[];
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** Why an aggregate is no certificate, before any signature is checked. */
export type CertificateFault =
  /** A signer is not a member, or stands there twice. */
  { readonly code: "unknownSigner" } | { readonly code: "noQuorum"; readonly signers: number };

/** What is left to check with BLS after the structure of an aggregate was found right. */
export function aggregateSignatureSet(
  networkId: NetworkId,
  keepers: KeeperSet,
  aggregate: AggregatedAttestation,
): Result<SignatureSet, CertificateFault> {
  if (!keepers.areDistinct(aggregate.signers)) return err({ code: "unknownSigner" });
  return ok({
    publicKeys: aggregate.signers.map((signer) => keepers.at(signer).blsPublicKey),
    message: attestationSigningBytes(networkId, aggregate.attestation),
    signature: aggregate.signature,
  });
}

/** As above, and the signers must be a quorum: what makes an aggregate a certificate (QC). */
export function certificateSignatureSet(
  networkId: NetworkId,
  keepers: KeeperSet,
  aggregate: AggregatedAttestation,
): Result<SignatureSet, CertificateFault> {
  const signers = aggregate.signers.length;
  if (signers < keepers.quorum) return err({ code: "noQuorum", signers });
  return aggregateSignatureSet(networkId, keepers, aggregate);
}

/** Whether distinct members, as many as a quorum, stand in the aggregate; its signature is checked apart. */
export function isQuorum(keepers: KeeperSet, aggregate: AggregatedAttestation): boolean {
  return aggregate.signers.length >= keepers.quorum && keepers.areDistinct(aggregate.signers);
}

/** Attestations may be added up only when all their fields agree. */
export function sameAttestation(a: Attestation, b: Attestation): boolean {
  return (
    a.blockId === b.blockId &&
    a.target === b.target &&
    a.envelopeHash === b.envelopeHash &&
    a.term === b.term &&
    a.height === b.height &&
    a.threadId === b.threadId
  );
}
