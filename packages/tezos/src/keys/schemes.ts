/** Signature schemes in the order of their tags on the wire. */
export const SIGNATURE_SCHEMES = ["ed25519", "secp256k1", "p256", "bls", "mldsa44"] as const;
/** Of a key and all that it signs: tz1, tz2, tz3, tz4 and tz5 in this order. */
export type SignatureScheme = (typeof SIGNATURE_SCHEMES)[number];

/** The tag byte of the scheme's keys and key hashes. */
export function schemeTag(scheme: SignatureScheme): number {
  return SIGNATURE_SCHEMES.indexOf(scheme);
}

/** By the byte before a key or a hash in binary forms; null for none. */
export function schemeOfTag(tag: number): SignatureScheme | null {
  return SIGNATURE_SCHEMES[tag] ?? null;
}
