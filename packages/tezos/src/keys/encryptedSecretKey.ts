import { concatBytes, err, ok, type Result } from "@sealwright/types";
import type { EncodingKind } from "../text/encodings.js";
import { formatText, identifyText, type Text, type TextError } from "../text/text.js";

/** A secret key behind a password: what the text holds, still closed. `decryptSecretKey` opens it. */
export interface EncryptedSecretKey {
  readonly scheme: EncryptableScheme;
  /** 8 bytes for the key derivation. */
  readonly salt: Uint8Array;
  /** 16 bytes of authentication, then 32 encrypted bytes: an ed25519 seed or a scalar as its plain text holds it. */
  readonly box: Uint8Array;
}

/** The schemes whose keys have an encrypted text. */
export type EncryptableScheme = keyof typeof KIND_OF;
/** `edesk…`, `spesk…`, `p2esk…` or `BLesk…`. */
export type EncryptedSecretKeyText = Text<EncryptedSecretKeyKind>;

const KIND_OF = {
  ed25519: "ed25519EncryptedSeed",
  secp256k1: "secp256k1EncryptedSecretKey",
  p256: "p256EncryptedSecretKey",
  bls: "blsEncryptedSecretKey",
} as const satisfies Record<string, EncodingKind>;
type EncryptedSecretKeyKind = (typeof KIND_OF)[EncryptableScheme];

const SCHEMES = Object.keys(KIND_OF) as readonly EncryptableScheme[];
const SALT_BYTES = 8;

/** Reads an edesk, spesk, p2esk or BLesk text. */
export function parseEncryptedSecretKey(text: string): Result<EncryptedSecretKey, TextError> {
  const identified = identifyText(text);
  if (!identified.ok) return identified;
  const { kind, payload } = identified.value;
  const scheme = SCHEMES.find((candidate) => KIND_OF[candidate] === kind);
  if (scheme === undefined) return err({ code: "unexpectedKind", expected: Object.values(KIND_OF), actual: kind });
  return ok({ scheme, salt: payload.slice(0, SALT_BYTES), box: payload.slice(SALT_BYTES) });
}

/** Salt and box as Base58Check text, checksum included. */
export function formatEncryptedSecretKey(key: EncryptedSecretKey): EncryptedSecretKeyText {
  return formatText(KIND_OF[key.scheme], concatBytes(key.salt, key.box));
}
