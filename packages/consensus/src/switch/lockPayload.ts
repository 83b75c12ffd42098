import type { AggregatedAttestation, LockPayload, Term } from "@sealwright/types";
import { GENESIS_RANK, type Rank } from "../rank.js";
import type { ThreadRules } from "../threadRules.js";

/** What a Lock for `term` by a BK whose highest certificate is `qc` signs (protocol S2). */
export function lockPayloadOf(rules: ThreadRules, term: Term, qc: AggregatedAttestation | null): LockPayload {
  const rank = rankOfQc(qc);
  const qcBlockId = qc === null ? rules.seed : qc.attestation.blockId;
  return { threadId: rules.threadId, term, qcTerm: rank.term, qcHeight: rank.height, qcBlockId };
}

/** Without a certificate only the genesis block is certified. */
export function rankOfQc(qc: AggregatedAttestation | null): Rank {
  return qc === null ? GENESIS_RANK : qc.attestation;
}
