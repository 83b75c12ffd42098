import { type Brand, err, ok, type Result } from "@sealwright/types";

/** A compressed BLS12-381 public key (48 bytes) as 96 lower-case hex digits: how keys of our own chain are called. */
export type PublicKeyHex = Brand<string, "PublicKeyHex">;
/** A Tezos public key hash as text (`tz1…` to `tz4…`): how Tezos keys are called, in watermarks too. */
export type TezosKeyHash = Brand<string, "TezosKeyHash">;
/** What a signing queue, a watermark and a signer agree to call one key. */
export type KeyId = PublicKeyHex | TezosKeyHash;

export interface BadKeyId {
  readonly code: "badKeyId";
  readonly text: string;
}

const PUBLIC_KEY_HEX = /^[0-9a-f]{96}$/;
const TEZOS_KEY_HASH = /^tz[1-4][1-9A-HJ-NP-Za-km-z]{33}$/;

export function parsePublicKeyHex(text: string): Result<PublicKeyHex, BadKeyId> {
  return PUBLIC_KEY_HEX.test(text) ? ok(text as PublicKeyHex) : err(badKeyId(text));
}

/** Checks the form only; the checksum is the codec's matter where the text comes from outside. */
export function parseTezosKeyHash(text: string): Result<TezosKeyHash, BadKeyId> {
  return TEZOS_KEY_HASH.test(text) ? ok(text as TezosKeyHash) : err(badKeyId(text));
}

export function publicKeyHexFromBytes(bytes: Uint8Array): PublicKeyHex {
  if (bytes.length !== 48) throw new RangeError(`a BLS public key has 48 bytes, got ${bytes.length}`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex") as PublicKeyHex;
}

function badKeyId(text: string): BadKeyId {
  return { code: "badKeyId", text: text.slice(0, 120) };
}
