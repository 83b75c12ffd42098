import { assert, type Brand, concatBytes, equalBytes, err, ok, type Result, sha256 } from "@sealwright/types";
import { type BadCharacter, decodeBase58, encodeBase58 } from "./base58.js";
import { ENCODING_KINDS, ENCODINGS, type EncodingKind, prefixOf } from "./encodings.js";

/** The bytes behind a text of kind `K`, of the length that the kind has. */
export type Payload<K extends EncodingKind> = Brand<Uint8Array, `tezos ${K}`>;
/** A base58check text of kind `K` whose checksum, prefix and length were checked. */
export type Text<K extends EncodingKind> = Brand<string, `tezos ${K} text`>;

/**
 * Why a text was refused. It never repeats the text: that may be a secret key.
 * `badLength`: too long for any kind, too short for a checksum, or a known prefix before the wrong number of bytes.
 */
export type TextError =
  | BadCharacter
  | { readonly code: "badLength"; readonly chars: number }
  | { readonly code: "badChecksum" }
  | { readonly code: "unknownPrefix" }
  | { readonly code: "unexpectedKind"; readonly expected: readonly EncodingKind[]; readonly actual: EncodingKind };

/** A text of any kind, taken apart: `payload` is exactly as long as `kind` says. */
export interface IdentifiedText {
  readonly kind: EncodingKind;
  readonly payload: Uint8Array;
}

/** The longest text of all kinds, an ML-DSA-44 secret key. */
export const TEXT_CHARS_MAX = 5_298;
const CHECKSUM_BYTES = 4;

assert(
  ENCODING_KINDS.every((kind) => ENCODINGS[kind].chars <= TEXT_CHARS_MAX),
  "every kind must fit the text limit",
);

/** Brands bytes that a hash or a key library has just made; another length is our bug. */
export function payload<K extends EncodingKind>(kind: K, bytes: Uint8Array): Payload<K> {
  const expected = ENCODINGS[kind].payloadBytes;
  assert(bytes.length === expected, `${kind} takes ${expected} bytes, got ${bytes.length}`);
  return bytes as Payload<K>;
}

/** Writes a payload with its prefix and checksum; another payload length is our bug. */
export function formatText<K extends EncodingKind>(kind: K, bytes: Uint8Array): Text<K> {
  const body = concatBytes(prefixOf(kind), payload(kind, bytes));
  return encodeBase58(concatBytes(body, checksumOf(body))) as Text<K>;
}

/** Reads a text that must be of one kind. */
export function parseText<K extends EncodingKind>(kind: K, text: string): Result<Payload<K>, TextError> {
  const identified = identifyText(text);
  if (!identified.ok) return identified;
  if (identified.value.kind !== kind) {
    return err({ code: "unexpectedKind", expected: [kind], actual: identified.value.kind });
  }
  return ok(identified.value.payload as Payload<K>);
}

/** Checks a text without needing its bytes: what a configuration file or a request names by text. */
export function checkText<K extends EncodingKind>(kind: K, text: string): Result<Text<K>, TextError> {
  const parsed = parseText(kind, text);
  return parsed.ok ? ok(text as Text<K>) : parsed;
}

/** Reads a text of any kind and says which one it is. */
export function identifyText(text: string): Result<IdentifiedText, TextError> {
  if (text.length > TEXT_CHARS_MAX) return err({ code: "badLength", chars: text.length });
  const decoded = decodeBase58(text);
  if (!decoded.ok) return decoded;
  const checked = withoutChecksum(decoded.value);
  if (checked === "tooShort") return err({ code: "badLength", chars: text.length });
  if (checked === "badChecksum") return err({ code: "badChecksum" });
  const kind = ENCODING_KINDS.find((candidate) => startsWith(checked, prefixOf(candidate)));
  if (kind === undefined) return err({ code: "unknownPrefix" });
  const bytes = checked.slice(prefixOf(kind).length);
  if (bytes.length !== ENCODINGS[kind].payloadBytes) return err({ code: "badLength", chars: text.length });
  return ok({ kind, payload: bytes });
}

function checksumOf(body: Uint8Array): Uint8Array {
  return sha256(sha256(body)).subarray(0, CHECKSUM_BYTES);
}

function withoutChecksum(bytes: Uint8Array): Uint8Array | "tooShort" | "badChecksum" {
  if (bytes.length < CHECKSUM_BYTES) return "tooShort";
  const body = bytes.subarray(0, bytes.length - CHECKSUM_BYTES);
  return equalBytes(checksumOf(body), bytes.subarray(body.length)) ? body : "badChecksum";
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.length >= prefix.length && equalBytes(bytes.subarray(0, prefix.length), prefix);
}
