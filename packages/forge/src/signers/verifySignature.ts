import { type BlsVerifier, ed25519Verify } from "@sealwright/crypto";
import { type PublicKey, signatureBytes, signingDigest } from "@sealwright/tezos";
import { assertNever } from "@sealwright/types";
import { p256 } from "@noble/curves/nist.js";
import secp256k1 from "secp256k1";

/**
 * Does this signature of `bytes` hold under the key? Every scheme but BLS signs the bytes' blake2b-256 digest.
 * BLS is checked on the service's threads; the others take well below a millisecond, P-256 a few.
 */
export async function verifySignature(
  publicKey: PublicKey,
  bytes: Uint8Array,
  signature: Uint8Array,
  bls: BlsVerifier,
): Promise<boolean> {
  if (signature.length !== signatureBytes(publicKey.scheme)) return false;
  const key = publicKey.bytes;
  switch (publicKey.scheme) {
    case "ed25519":
      return ed25519Verify(key, signingDigest(bytes), signature);
    case "secp256k1":
      return falseIfThrows(() => secp256k1.ecdsaVerify(signature, signingDigest(bytes), key));
    case "p256":
      // The chain takes a P-256 signature in either of its two forms.
      return falseIfThrows(() => p256.verify(signature, signingDigest(bytes), key, { prehash: false, lowS: false }));
    case "bls":
      return bls.verify(key, bytes, signature);
    case "mldsa44":
      return false;
    default:
      return assertNever(publicKey.scheme);
  }
}

/** Libraries speak of malformed points by throwing; to a caller that is a signature that does not hold. */
function falseIfThrows(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}
