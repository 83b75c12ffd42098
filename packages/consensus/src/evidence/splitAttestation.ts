import { err, ok, type Result, type SplitVoteEvidence } from "@sealwright/types";
import type { EvidenceFault } from "./evidenceFault.js";
import { checkHeaderChain } from "./headerChain.js";

/**
 * I1: all votes of a BK in one term lie on one chain. The headers show the chain of the second vote's block down to the
 * height of the first vote, where another block stands. Cost: about 35 hashes a header.
 */
export function checkSplitAttestation({ votes: [low, high], headers }: SplitVoteEvidence): Result<void, EvidenceFault> {
  const no = (reason: string): Result<void, EvidenceFault> => err({ code: "noConflict", reason });
  if (low.attestation.threadId !== high.attestation.threadId) return no("different threads");
  if (low.attestation.term !== high.attestation.term) return no("different terms");
  if (low.attestation.height >= high.attestation.height) return no("the second vote is not above the first");
  const chain = checkHeaderChain(headers);
  if (!chain.ok) return chain;
  if (headers[0]!.threadId !== low.attestation.threadId)
    return err({ code: "brokenChain", reason: "it is of another thread" });
  if (headers[0]!.height !== low.attestation.height)
    return err({ code: "brokenChain", reason: "it does not begin at the first vote's height" });
  if (chain.value.lastId !== high.attestation.blockId)
    return err({ code: "brokenChain", reason: "it does not end at the second vote's block" });
  return chain.value.firstId === low.attestation.blockId ? no("both votes lie on one chain") : ok(undefined);
}
