import { rankOfQc } from "@sealwright/consensus";
import { lockSigningBytes, type SignedLock } from "@sealwright/types";
import type { LiarTools } from "./liarTools.js";

/** The Lock with a good signature of the liar's own, whatever it says. */
export function signLock({ key, genesis }: LiarTools, lock: SignedLock): SignedLock {
  const { threadId, term, qc } = lock;
  const seed = genesis.blocks.find(({ header }) => header.threadId === threadId)!.id;
  const { term: qcTerm, height: qcHeight } = rankOfQc(qc);
  const payload = { threadId, term, qcTerm, qcHeight, qcBlockId: qc === null ? seed : qc.attestation.blockId };
  return { ...lock, signature: key.sign(lockSigningBytes(genesis.networkId, payload)) };
}
