import {
  assembleCertificate,
  type BlockFacts,
  completableVotes,
  locksFor,
  producerOf,
  rankOfQc,
} from "@sealwright/consensus";
import type {
  AggregatedAttestation,
  BlockId,
  SignedLock,
  SignerIndex,
  SwitchCertificate,
  Term,
} from "@sealwright/types";
import { factsOf, isApplied } from "../chainView.js";
import type { KeeperDraft } from "../keeperDraft.js";
import { noteCertificate } from "../noteCertificate.js";
import { requestMissing } from "../requestMissing.js";
import { dropLock } from "./dropLock.js";

/**
 * S4: the designated producer of the current term builds its certificate as soon as Locks of a quorum and the body that
 * they lead to are here. Too slow, and the others leave its term: nothing more is lost.
 */
export function collectLocks(draft: KeeperDraft): void {
  const { config, vote, switching } = draft.state;
  const { rules } = config;
  const { currentTerm: term, highestQc: qc } = vote;
  if (switching.collecting.stage !== "waiting" || switching.ownLock?.term !== term) return;
  if (producerOf(rules.seed, term, rules.keepers) !== config.self || rankOfQc(qc).term >= term) return;
  const locks = locksFor(rules, term, qc, switching.locks.values());
  if (locks.length < rules.keepers.quorum || startCompleting(draft, qc, locks)) return;
  const parent = parentOf(draft, qc);
  if (parent === null) return askForBody(draft, qc, locks);
  const certificate = assembleCertificate(rules, term, qc, locks);
  draft.setSwitching({ collecting: { stage: "aggregating", certificate } });
  draft.emit({ type: "aggregateLocks", term, locks });
}

/** Votes that nobody added up may make a higher certificate: then less is abandoned. */
function startCompleting(draft: KeeperDraft, qc: AggregatedAttestation | null, locks: readonly SignedLock[]): boolean {
  const { config, switching } = draft.state;
  const found = completableVotes(config.rules, qc, locks);
  if (found === null || switching.incompletable.has(found.attestation.blockId)) return false;
  draft.setSwitching({ collecting: { stage: "completing", blockId: found.attestation.blockId } });
  draft.emit({ type: "completeCertificate", ...found });
  return true;
}

export function onCompleted(draft: KeeperDraft, blockId: BlockId, certificate: AggregatedAttestation | null): void {
  const { collecting, incompletable } = draft.state.switching;
  if (collecting.stage !== "completing" || collecting.blockId !== blockId) return;
  draft.setSwitching({ collecting: { stage: "waiting" }, incompletable: new Set(incompletable).add(blockId) });
  if (certificate !== null) noteCertificate(draft, certificate);
  collectLocks(draft);
}

function parentOf(draft: KeeperDraft, qc: AggregatedAttestation | null): BlockFacts | null {
  const id = qc?.attestation.blockId ?? draft.state.config.rules.seed;
  return isApplied(draft.state, id) ? factsOf(draft.state, id) : null;
}

/** Whoever locked on the certificate attested its block or follows its chain, so it is asked for the body. */
function askForBody(draft: KeeperDraft, qc: AggregatedAttestation | null, locks: readonly SignedLock[]): void {
  const { config, blocks } = draft.state;
  if (qc === null || blocks.has(qc.attestation.blockId)) return;
  for (const { signer, qc: known } of locks) {
    if (signer === config.signer || known?.attestation.blockId !== qc.attestation.blockId) continue;
    const { blockId: id, height } = qc.attestation;
    requestMissing(draft, config.rules.keepers.at(signer).id, { id, height });
  }
}

/** The Locks' signatures were checked and added up; bad ones are dropped, and others may come in their place. */
export function onLocksAggregated(
  draft: KeeperDraft,
  term: Term,
  signature: Uint8Array | null,
  bad: readonly SignerIndex[],
): void {
  const { collecting } = draft.state.switching;
  if (collecting.stage !== "aggregating" || collecting.certificate.term !== term) return;
  if (signature === null) {
    draft.setSwitching({ collecting: { stage: "waiting" } });
    for (const signer of bad) dropLock(draft, signer);
    if (bad.length > 0) collectLocks(draft);
    return;
  }
  const certificate: SwitchCertificate = { ...collecting.certificate, signature };
  const parent = parentOf(draft, certificate.qc);
  if (parent === null) return draft.setSwitching({ collecting: { stage: "waiting" } });
  draft.setSwitching({ collecting: { stage: "done" } });
  draft.emit({ type: "notify", notice: { type: "mayProduce", term, parent, certificate } });
}
