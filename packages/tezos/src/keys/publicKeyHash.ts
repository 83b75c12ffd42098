import { type ByteReader, type ByteWriter, equalBytes, err, ok, type Result } from "@sealwright/types";
import type { EncodingKind } from "../text/encodings.js";
import { formatText, identifyText, type Text, type TextError } from "../text/text.js";
import { schemeOfTag, schemeTag, SIGNATURE_SCHEMES, type SignatureScheme } from "./schemes.js";

/** Names a key: tz1 … tz5 by scheme. `hash` is the blake2b-160 of the public key, without a tag. */
export interface PublicKeyHash {
  readonly scheme: SignatureScheme;
  readonly hash: Uint8Array;
}

/** A checked tz1 … tz5 text: what maps, files and URLs are keyed by. */
export type PublicKeyHashText = Text<PublicKeyHashKind>;

export const PUBLIC_KEY_HASH_BYTES = 20;

const KIND_OF = {
  ed25519: "ed25519PublicKeyHash",
  secp256k1: "secp256k1PublicKeyHash",
  p256: "p256PublicKeyHash",
  bls: "blsPublicKeyHash",
  mldsa44: "mldsa44PublicKeyHash",
} as const satisfies Record<SignatureScheme, EncodingKind>;
type PublicKeyHashKind = (typeof KIND_OF)[SignatureScheme];

/** Reads a tz1, tz2, tz3, tz4 or tz5 text. */
export function parsePublicKeyHash(text: string): Result<PublicKeyHash, TextError> {
  const identified = identifyText(text);
  if (!identified.ok) return identified;
  const { kind, payload } = identified.value;
  const scheme = SIGNATURE_SCHEMES.find((candidate) => KIND_OF[candidate] === kind);
  if (scheme === undefined) return err({ code: "unexpectedKind", expected: Object.values(KIND_OF), actual: kind });
  return ok({ scheme, hash: payload });
}

export function formatPublicKeyHash(key: PublicKeyHash): PublicKeyHashText {
  return formatText(KIND_OF[key.scheme], key.hash);
}

/** Scheme and hash. */
export function equalPublicKeyHashes(a: PublicKeyHash, b: PublicKeyHash): boolean {
  return a.scheme === b.scheme && equalBytes(a.hash, b.hash);
}

/** Tag byte, then the 20 bytes. */
export function writePublicKeyHash(writer: ByteWriter, key: PublicKeyHash): void {
  writer.u8(schemeTag(key.scheme)).fixed(key.hash, PUBLIC_KEY_HASH_BYTES);
}

/** The tagged binary form, 21 bytes; a reader's failure for a tag of no scheme. */
export function readPublicKeyHash(reader: ByteReader): PublicKeyHash {
  const tag = reader.u8();
  const scheme = schemeOfTag(tag) ?? reader.fail(`unknown key tag ${tag}`);
  return { scheme, hash: reader.fixed(PUBLIC_KEY_HASH_BYTES) };
}
