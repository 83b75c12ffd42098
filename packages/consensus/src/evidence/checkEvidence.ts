import {
  assertNever,
  blockSigningBytes,
  attestationSigningBytes,
  err,
  type Evidence,
  type EvidenceKind,
  type Height,
  type KeeperId,
  type NetworkId,
  ok,
  type Result,
  type Term,
  type ThreadId,
} from "@sealwright/types";
import type { SignatureSet } from "../certificate.js";
import type { KeeperSet } from "../keeperSet.js";
import { checkDoubleAttestation } from "./doubleAttestation.js";
import { checkDoubleBlock } from "./doubleBlock.js";
import { checkDoubleFirstBlock } from "./doubleFirstBlock.js";
import type { EvidenceFault } from "./evidenceFault.js";
import { nackSignatureSet } from "../verification/verdictSignatures.js";
import { checkSplitAttestation } from "./splitAttestation.js";
import { checkWrongNack } from "./wrongNack.js";

/** Who broke which rule where. Two proofs of one offence say nothing more than one. */
export interface Offence {
  readonly kind: EvidenceKind;
  readonly accused: KeeperId;
  readonly threadId: ThreadId;
  readonly term: Term;
  /** Of the first of the two things that were signed. */
  readonly height: Height;
}

/** What evidence proves, once its two signatures are found good. */
export interface CheckedEvidence {
  readonly offence: Offence;
  readonly signatureSets: readonly [SignatureSet, SignatureSet];
}

/**
 * Checks everything about evidence but its two BLS signatures: that the accused signed both things, and that no honest
 * keeper signs both. Needs nothing but the BK set, so anyone can do it. Total for hostile input.
 */
export function checkEvidence(
  networkId: NetworkId,
  keepers: KeeperSet,
  evidence: Evidence,
): Result<CheckedEvidence, EvidenceFault> {
  const offence = claimedOffence(keepers, evidence);
  if (offence === null) return err({ code: "notTheSigner" });
  const conflict = checkConflict(keepers, evidence);
  if (!conflict.ok) return conflict;
  const member = keepers.at(evidence.accused);
  if ("claims" in evidence) {
    const setOf = ({ claim, signature }: (typeof evidence.claims)[0]): SignatureSet => ({
      publicKeys: [member.blsPublicKey],
      message: blockSigningBytes(networkId, claim),
      signature,
    });
    return ok({ offence, signatureSets: [setOf(evidence.claims[0]), setOf(evidence.claims[1])] });
  }
  if (evidence.kind === "wrongNack") {
    const { nack, certificate } = evidence;
    const certified: SignatureSet = {
      publicKeys: certificate.signers.map((signer) => keepers.at(signer).blsPublicKey),
      message: attestationSigningBytes(networkId, certificate.attestation),
      signature: certificate.signature,
    };
    return ok({ offence, signatureSets: [nackSignatureSet({ networkId, keepers }, nack), certified] });
  }
  const [first, second] = evidence.votes;
  const sets: SignatureSet[] = [];
  for (const { attestation, signers, signature } of [first, second]) {
    if (!keepers.areDistinct(signers) || !signers.includes(evidence.accused)) return err({ code: "notTheSigner" });
    const publicKeys = signers.map((signer) => keepers.at(signer).blsPublicKey);
    sets.push({ publicKeys, message: attestationSigningBytes(networkId, attestation), signature });
  }
  return ok({ offence, signatureSets: [sets[0]!, sets[1]!] });
}

/** What evidence says it proves: costs nothing, so what is known already need not be checked. Null: of no keeper or block. */
export function claimedOffence(keepers: KeeperSet, evidence: Evidence): Offence | null {
  const place = placeOf(evidence);
  if (!keepers.has(evidence.accused) || place === null) return null;
  const { threadId, term, height } = place;
  return { kind: evidence.kind, accused: keepers.at(evidence.accused).id, threadId, term, height };
}

function placeOf(evidence: Evidence): Pick<Offence, "threadId" | "term" | "height"> | null {
  if ("claims" in evidence) return evidence.claims[0].claim;
  return evidence.kind === "wrongNack" ? (evidence.headers[0] ?? null) : evidence.votes[0].attestation;
}

function checkConflict(keepers: KeeperSet, evidence: Evidence): Result<void, EvidenceFault> {
  switch (evidence.kind) {
    case "doubleBlock":
      return checkDoubleBlock(evidence);
    case "doubleFirstBlock":
      return checkDoubleFirstBlock(evidence);
    case "doubleAttestation":
      return checkDoubleAttestation(evidence);
    case "splitAttestation":
      return checkSplitAttestation(evidence);
    case "wrongNack":
      return checkWrongNack(keepers, evidence);
    default:
      return assertNever(evidence);
  }
}

/** Names an offence; equal for every proof of it. What concerns a whole term leaves the height out. */
export function offenceKey({ kind, accused, threadId, term, height }: Offence): string {
  const isOfTerm = kind === "doubleFirstBlock" || kind === "splitAttestation";
  return [kind, accused, threadId, term, ...(isOfTerm ? [] : [height])].join(":");
}
