import {
  formatPublicKeyHash,
  hashPublicKey,
  parsePublicKeyHash,
  type PublicKeyHashText,
  type SignatureScheme,
} from "@sealwright/tezos";
import { type Brand, err, ok, type Result } from "@sealwright/types";

/** A compressed BLS12-381 public key (48 bytes) as 96 lower-case hex digits: how keys of our own chain are called. */
export type PublicKeyHex = Brand<string, "PublicKeyHex">;
/** A Tezos public key hash as text (`tz1…` to `tz5…`): how Tezos keys are called, in watermarks too. */
export type TezosKeyHash = PublicKeyHashText;
/** What a signing queue, a watermark and a signer agree to call one key. */
export type KeyId = PublicKeyHex | TezosKeyHash;

/** What was given instead of a key's name, at most 120 characters of it. */
export interface BadKeyId {
  readonly code: "badKeyId";
  readonly text: string;
}

const PUBLIC_KEY_HEX = /^[0-9a-f]{96}$/;

/** 96 lower-case hex digits. Whether they are a point of the curve is not looked at. */
export function parsePublicKeyHex(text: string): Result<PublicKeyHex, BadKeyId> {
  return PUBLIC_KEY_HEX.test(text) ? ok(text as PublicKeyHex) : err(badKeyId(text));
}

/** Checksum and length included. */
export function parseTezosKeyHash(text: string): Result<TezosKeyHash, BadKeyId> {
  const parsed = parsePublicKeyHash(text);
  return parsed.ok ? ok(formatPublicKeyHash(parsed.value)) : err(badKeyId(text));
}

const SCHEME_OF: Readonly<Record<string, SignatureScheme>> = {
  tz1: "ed25519",
  tz2: "secp256k1",
  tz3: "p256",
  tz4: "bls",
  tz5: "mldsa44",
};

/** The scheme of any key: its Tezos prefix says it, and all others are BLS. */
export function schemeOfKey(key: KeyId): SignatureScheme {
  return SCHEME_OF[key.slice(0, 3)] ?? "bls";
}

/** The name of a compressed BLS public key. Throws `RangeError` unless it has 48 bytes. */
export function publicKeyHexFromBytes(bytes: Uint8Array): PublicKeyHex {
  if (bytes.length !== 48) throw new RangeError(`a BLS public key has 48 bytes, got ${bytes.length}`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex") as PublicKeyHex;
}

/** How a signer of Tezos calls a key of our own chain. */
export function tezosHashOf(key: PublicKeyHex): TezosKeyHash {
  return formatPublicKeyHash(hashPublicKey({ scheme: "bls", bytes: Buffer.from(key, "hex") }));
}

function badKeyId(text: string): BadKeyId {
  return { code: "badKeyId", text: text.slice(0, 120) };
}
