import type {
  AggregatedAttestation,
  Attestation,
  LockClaim,
  SignedAttestation,
  SignedLock,
  SignerIndex,
  SwitchCertificate,
  Term,
} from "@sealwright/types";
import { compareRank } from "../rank.js";
import type { ThreadRules } from "../threadRules.js";
import { lockPayloadOf, rankOfQc } from "./lockPayload.js";

/** A certificate that lacks only the sum of its Locks' signatures. */
export type UnsignedSwitchCertificate = Omit<SwitchCertificate, "signature">;

/**
 * The Locks for exactly `term` that a certificate standing on `qc` may list (S5): none names a higher certificate, nor
 * another block at its rank. Ascending by signer.
 */
export function locksFor(
  rules: ThreadRules,
  term: Term,
  qc: AggregatedAttestation | null,
  locks: Iterable<SignedLock>,
): SignedLock[] {
  const { qcBlockId } = lockPayloadOf(rules, term, qc);
  const fits = (lock: SignedLock): boolean => {
    if (lock.term !== term) return false;
    const order = compareRank(rankOfQc(lock.qc), rankOfQc(qc));
    return order < 0 || (order === 0 && lockPayloadOf(rules, term, lock.qc).qcBlockId === qcBlockId);
  };
  return [...locks].filter(fits).sort((a, b) => a.signer - b.signer);
}

/** S4: what the designated producer of `term` adds the signatures of these Locks to. */
export function assembleCertificate(
  rules: ThreadRules,
  term: Term,
  qc: AggregatedAttestation | null,
  locks: readonly SignedLock[],
): UnsignedSwitchCertificate {
  const claims = locks.map((lock): LockClaim => {
    const { qcTerm, qcHeight, qcBlockId } = lockPayloadOf(rules, term, lock.qc);
    return { signer: lock.signer, qcTerm, qcHeight, qcBlockId };
  });
  return { threadId: rules.threadId, term, locks: claims, qc };
}

/**
 * The highest block above `qc` that the attestations attached to these Locks may give a certificate: votes of a quorum
 * that nobody has added up yet, because their collector fell silent. Null when there is none.
 */
export function completableVotes(
  rules: ThreadRules,
  qc: AggregatedAttestation | null,
  locks: Iterable<SignedLock>,
): { readonly attestation: Attestation; readonly votes: readonly SignedAttestation[] } | null {
  const groups = new Map<string, { attestation: Attestation; votes: Map<SignerIndex, SignedAttestation> }>();
  for (const vote of [...locks].flatMap(({ attestations }) => attestations)) {
    if (compareRank(vote.attestation, rankOfQc(qc)) <= 0) continue;
    const { term, height, blockId, envelopeHash, target } = vote.attestation;
    const key = `${term}:${height}:${blockId}:${envelopeHash}:${target}`;
    const group = groups.get(key) ?? {
      attestation: vote.attestation,
      votes: new Map<SignerIndex, SignedAttestation>(),
    };
    group.votes.set(vote.signer, vote);
    groups.set(key, group);
  }
  const complete = [...groups.values()].filter(({ votes }) => votes.size >= rules.keepers.quorum);
  const [highest] = complete.sort((a, b) => compareRank(b.attestation, a.attestation));
  return highest === undefined ? null : { attestation: highest.attestation, votes: [...highest.votes.values()] };
}
