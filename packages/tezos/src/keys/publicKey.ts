import { type ByteReader, type ByteWriter, err, ok, type Result } from "@sealwright/types";
import { blake2b160 } from "../hashes/blake2b.js";
import { ENCODINGS, type EncodingKind } from "../text/encodings.js";
import { formatText, identifyText, type Text, type TextError } from "../text/text.js";
import type { PublicKeyHash } from "./publicKeyHash.js";
import { schemeOfTag, schemeTag, SIGNATURE_SCHEMES, type SignatureScheme } from "./schemes.js";

/**
 * A public key as text and wire carry it: 32 bytes for ed25519, 33 compressed for secp256k1 and P-256, 48 compressed
 * (G1) for BLS, 1312 for ML-DSA-44. Only the length is checked here; whether it is a point, the scheme's library says.
 */
export interface PublicKey {
  readonly scheme: SignatureScheme;
  readonly bytes: Uint8Array;
}

/** `edpk…`, `sppk…`, `p2pk…`, `BLpk…` or `mdpk…`. */
export type PublicKeyText = Text<PublicKeyKind>;

const KIND_OF = {
  ed25519: "ed25519PublicKey",
  secp256k1: "secp256k1PublicKey",
  p256: "p256PublicKey",
  bls: "blsPublicKey",
  mldsa44: "mldsa44PublicKey",
} as const satisfies Record<SignatureScheme, EncodingKind>;
type PublicKeyKind = (typeof KIND_OF)[SignatureScheme];

/** Reads an edpk, sppk, p2pk, BLpk or mdpk text. */
export function parsePublicKey(text: string): Result<PublicKey, TextError> {
  const identified = identifyText(text);
  if (!identified.ok) return identified;
  const { kind, payload } = identified.value;
  const scheme = SIGNATURE_SCHEMES.find((candidate) => KIND_OF[candidate] === kind);
  if (scheme === undefined) return err({ code: "unexpectedKind", expected: Object.values(KIND_OF), actual: kind });
  return ok({ scheme, bytes: payload });
}

export function formatPublicKey(key: PublicKey): PublicKeyText {
  return formatText(KIND_OF[key.scheme], key.bytes);
}

/** The name the chain knows the key by. */
export function hashPublicKey(key: PublicKey): PublicKeyHash {
  return { scheme: key.scheme, hash: blake2b160(key.bytes) };
}

/** Tag byte, then the key; the tag decides its length. */
export function writePublicKey(writer: ByteWriter, key: PublicKey): void {
  writer.u8(schemeTag(key.scheme)).fixed(key.bytes, publicKeyBytes(key.scheme));
}

/** The tagged binary form; a reader's failure for a tag of no scheme. */
export function readPublicKey(reader: ByteReader): PublicKey {
  const tag = reader.u8();
  const scheme = schemeOfTag(tag) ?? reader.fail(`unknown key tag ${tag}`);
  return { scheme, bytes: reader.fixed(publicKeyBytes(scheme)) };
}

/** Length of the scheme's public keys. */
export function publicKeyBytes(scheme: SignatureScheme): number {
  return ENCODINGS[KIND_OF[scheme]].payloadBytes;
}
