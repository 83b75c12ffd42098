import { err, ok, type Result, type SnapshotManifest } from "@sealwright/types";
import { decodeBlockFacts } from "./blockFactsCodec.js";
import type { BlockFacts } from "./blockFacts.js";
import { type CheckedProof, checkFinalityProof, type ProofFault } from "./finalityProof.js";
import type { ThreadRules } from "./threadRules.js";

/** Why a snapshot is none, or not of what its proof proves. */
export type SnapshotFault =
  | { readonly code: "otherBlock" }
  | { readonly code: "badFacts" }
  | { readonly code: "factsOfAnotherBlock" }
  | ProofFault;

/**
 * Checks everything about what a keeper shows of its snapshot but the two BLS signatures of its proof and what no block
 * commits to: targets and pending ancestors in the facts, for which f + 1 keepers must show the same.
 */
export function checkSnapshotManifest(
  rules: ThreadRules,
  manifest: SnapshotManifest,
): Result<{ readonly proof: CheckedProof; readonly facts: BlockFacts }, SnapshotFault> {
  const proof = checkFinalityProof(rules.networkId, rules.keepers, manifest.proof);
  if (!proof.ok) return proof;
  const { header, blockId } = proof.value;
  const isNamed = blockId === manifest.blockId && header.height === manifest.height;
  if (!isNamed || header.threadId !== rules.threadId || manifest.threadId !== rules.threadId)
    return err({ code: "otherBlock" });
  const facts = decodeBlockFacts(manifest.facts);
  if (!facts.ok) return err({ code: "badFacts" });
  const { id, threadId, parentId, height, seqNo, term, round, producer, timeMs, recentIds } = facts.value;
  const isOfBlock =
    id === blockId &&
    threadId === header.threadId &&
    parentId === header.parentId &&
    height === header.height &&
    seqNo === header.seqNo &&
    term === header.term &&
    round === header.round &&
    producer === header.producer &&
    timeMs === header.timeMs &&
    recentIds[0] === header.parentId;
  return isOfBlock ? ok({ proof: proof.value, facts: facts.value }) : err({ code: "factsOfAnotherBlock" });
}
