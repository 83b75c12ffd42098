import { bls12_381 } from "@noble/curves/bls12-381.js";

const POSSESSION_DOMAIN = "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/**
 * The chain's proof that a key is held: its public key signed under a domain of its own. The fast library knows only the
 * domain of messages, so this takes another one, and some 30 ms.
 * @param scalar 32 bytes, big-endian @param publicKey 48 bytes @returns 96 bytes
 */
export function proveTezosPossession(scalar: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const { longSignatures } = bls12_381;
  return longSignatures.Signature.toBytes(
    longSignatures.sign(longSignatures.hash(publicKey, POSSESSION_DOMAIN), scalar),
  );
}

/** Does the proof hold? For tests and for whoever registers keys. */
export function verifyTezosPossession(publicKey: Uint8Array, signed: Uint8Array, proof: Uint8Array): boolean {
  const { longSignatures } = bls12_381;
  try {
    return longSignatures.verify(proof, longSignatures.hash(signed, POSSESSION_DOMAIN), publicKey);
  } catch {
    return false;
  }
}
