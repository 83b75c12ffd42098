import { encodeWireMessage, height, type SignedLock, signerIndex, term } from "@sealwright/types";
import type { Liar } from "./liar.js";
import { type LiarTools, messageIn } from "./liarTools.js";
import { signLock } from "./signLock.js";

/**
 * Sends Locks that nobody may believe: with a certificate that nobody signed and that ranks above all others, with a
 * signature that is none, for terms far ahead, and in the name of another keeper.
 */
export function forgedLocker(tools: LiarTools): Liar {
  const { random, genesis } = tools;
  const forged = (lock: SignedLock): SignedLock => {
    const kind = random.int(5);
    if (kind === 0) return { ...lock, signature: random.bytes(96) };
    if (kind === 1) return signLock(tools, { ...lock, term: term(lock.term + 1n + BigInt(random.int(1_000))) });
    if (kind === 2) return { ...lock, signer: signerIndex((lock.signer + 1) % genesis.keepers.size) };
    if (lock.qc === null) return { ...lock, signature: random.bytes(96) };
    const { attestation } = lock.qc;
    const raised = { ...attestation, height: height(attestation.height + 1n + BigInt(random.int(5))) };
    const qc = { ...lock.qc, attestation: kind === 3 ? raised : attestation, signature: random.bytes(96) };
    return signLock(tools, { ...lock, qc });
  };
  return {
    sending(_to, frame) {
      const message = messageIn(frame);
      if (message.type !== "lock" || random.happens(0.2)) return [frame];
      const lie = encodeWireMessage({ type: "lock", lock: forged(message.lock) });
      return random.happens(0.5) ? [lie] : [lie, frame];
    },
  };
}
