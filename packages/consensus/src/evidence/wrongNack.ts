import { err, ok, type Result, type WrongNackEvidence } from "@sealwright/types";
import type { KeeperSet } from "../keeperSet.js";
import type { EvidenceFault } from "./evidenceFault.js";
import { checkHeaderChain } from "./headerChain.js";

/**
 * A quorum vouches for a block that a BK called bad (protocol §7): the headers lead from that block up to the certified
 * one. Cost: about 35 hashes a header.
 */
export function checkWrongNack(
  keepers: KeeperSet,
  { accused, nack, certificate, headers }: WrongNackEvidence,
): Result<void, EvidenceFault> {
  const { attestation, signers } = certificate;
  if (nack.signer !== accused) return err({ code: "notTheSigner" });
  if (signers.length < keepers.quorum || !keepers.areDistinct(signers))
    return err({ code: "noConflict", reason: "no quorum vouches for the block" });
  const chain = checkHeaderChain(headers);
  if (!chain.ok) return chain;
  const { threadId, blockId } = nack.verdict;
  if (headers[0]!.threadId !== threadId || attestation.threadId !== threadId)
    return err({ code: "brokenChain", reason: "it is of another thread" });
  if (chain.value.firstId !== blockId)
    return err({ code: "brokenChain", reason: "it does not begin at the block that the Nack names" });
  if (chain.value.lastId !== attestation.blockId)
    return err({ code: "brokenChain", reason: "it does not end at the certified block" });
  return ok(undefined);
}
