import type { LockClaim, SwitchCertificate, Term } from "@sealwright/types";
import type { BlockFacts } from "../blockFacts.js";
import type { BlockFault } from "../blockFault.js";
import { isQuorum } from "../certificate.js";
import { compareRank, GENESIS_RANK, type Rank } from "../rank.js";
import type { ThreadRules } from "../threadRules.js";

type Parent = Pick<BlockFacts, "id" | "term" | "height">;

/**
 * The structural half of S5: quorum of distinct members, every listed term below the new one, the certificate's QC at
 * least as high as every listed rank and naming the parent. The aggregate signatures are checked with all others.
 */
export function checkSwitchCertificate(
  rules: ThreadRules,
  parent: Parent,
  term: Term,
  certificate: SwitchCertificate,
): BlockFault | null {
  const bad = (reason: string): BlockFault => ({ code: "badSwitchCertificate", reason });
  if (certificate.threadId !== rules.threadId) return bad("another thread");
  if (certificate.term !== term) return bad("another term");
  if (certificate.locks.length < rules.keepers.quorum) return bad("fewer Locks than a quorum");
  if (!rules.keepers.areDistinct(certificate.locks.map((lock) => lock.signer)))
    return bad("its signers are not distinct members");
  const qc = qcRankOf(certificate);
  if (qc.term >= term) return bad("its QC is not of a lower term");
  if (qcBlockOf(certificate, parent) !== parent.id) return bad("the parent is not its QC's block");
  if (qc.term !== parent.term || qc.height !== parent.height) return bad("its QC names the parent at another rank");
  if (certificate.qc !== null && certificate.qc.attestation.threadId !== rules.threadId)
    return bad("its QC is of another thread");
  if (certificate.qc !== null && !isQuorum(rules.keepers, certificate.qc)) return bad("its QC has no quorum");
  return (
    certificate.locks.map((lock) => findLockFault(lock, term, qc, parent)).find((reason) => reason !== null) ?? null
  );
}

function findLockFault(lock: LockClaim, term: Term, qc: Rank, parent: Parent): BlockFault | null {
  const bad = (reason: string): BlockFault => ({ code: "badSwitchCertificate", reason });
  const rank: Rank = { term: lock.qcTerm, height: lock.qcHeight };
  if (rank.term >= term) return bad("a Lock names a QC that is not of a lower term");
  const order = compareRank(rank, qc);
  if (order > 0) return bad("a Lock names a higher QC");
  if (order === 0 && lock.qcBlockId !== parent.id) return bad("a Lock names another block at the QC's rank");
  return null;
}

function qcRankOf(certificate: SwitchCertificate): Rank {
  return certificate.qc === null ? GENESIS_RANK : certificate.qc.attestation;
}

/** Without a QC the certificate stands on the genesis block, the only one that is certified without one. */
function qcBlockOf(certificate: SwitchCertificate, parent: Parent): string {
  if (certificate.qc !== null) return certificate.qc.attestation.blockId;
  return parent.height === 0n ? parent.id : "";
}
