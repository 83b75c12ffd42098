/** Signature schemes in the order of their tags on the wire. */
export const SIGNATURE_SCHEMES = ["ed25519", "secp256k1", "p256", "bls", "mldsa44"] as const;
export type SignatureScheme = (typeof SIGNATURE_SCHEMES)[number];

/** The tag byte of the scheme's keys and key hashes. */
export function schemeTag(scheme: SignatureScheme): number {
  return SIGNATURE_SCHEMES.indexOf(scheme);
}

export function schemeOfTag(tag: number): SignatureScheme | null {
  return SIGNATURE_SCHEMES[tag] ?? null;
}
