import { assertNever, concatBytes, err, ok, type Result } from "@sealwright/types";
import type { EncodingKind } from "../text/encodings.js";
import { formatText, identifyText, type Text, type TextError } from "../text/text.js";

/**
 * A secret key in the form its text holds. secp256k1 and P-256 scalars are big-endian, BLS scalars **little-endian**:
 * see `blsScalarBigEndian`. The full ed25519 form repeats the public key; a signer must check that it fits the seed.
 */
export type SecretKey =
  | { readonly scheme: "ed25519"; readonly form: "seed"; readonly seed: Uint8Array }
  | { readonly scheme: "ed25519"; readonly form: "full"; readonly seed: Uint8Array; readonly publicKey: Uint8Array }
  | { readonly scheme: "secp256k1" | "p256"; readonly scalar: Uint8Array }
  | { readonly scheme: "bls"; readonly scalarLittleEndian: Uint8Array }
  | { readonly scheme: "mldsa44"; readonly bytes: Uint8Array };

/** `edsk…` (a seed, or seed and public key), `spsk…`, `p2sk…`, `BLsk…` or `mdsk…`. */
export type SecretKeyText = Text<SecretKeyKind>;

const SECRET_KEY_KINDS = [
  "ed25519Seed",
  "ed25519SecretKey",
  "secp256k1SecretKey",
  "p256SecretKey",
  "blsSecretKey",
  "mldsa44SecretKey",
] as const satisfies readonly EncodingKind[];
type SecretKeyKind = (typeof SECRET_KEY_KINDS)[number];

const SEED_BYTES = 32;

/** Reads an edsk (seed or full), spsk, p2sk, BLsk or mdsk text. The error never repeats any of it. */
export function parseSecretKey(text: string): Result<SecretKey, TextError> {
  const identified = identifyText(text);
  if (!identified.ok) return identified;
  const { kind: actual, payload } = identified.value;
  const kind = SECRET_KEY_KINDS.find((candidate) => candidate === actual);
  if (kind === undefined) return err({ code: "unexpectedKind", expected: SECRET_KEY_KINDS, actual });
  return ok(secretKeyOf(kind, payload));
}

/** Writes the same form back: a seed stays a seed. */
export function formatSecretKey(key: SecretKey): SecretKeyText {
  switch (key.scheme) {
    case "ed25519":
      return key.form === "seed"
        ? formatText("ed25519Seed", key.seed)
        : formatText("ed25519SecretKey", concatBytes(key.seed, key.publicKey));
    case "secp256k1":
      return formatText("secp256k1SecretKey", key.scalar);
    case "p256":
      return formatText("p256SecretKey", key.scalar);
    case "bls":
      return formatText("blsSecretKey", key.scalarLittleEndian);
    case "mldsa44":
      return formatText("mldsa44SecretKey", key.bytes);
    default:
      return assertNever(key);
  }
}

/** The scalar as BLS libraries and EIP-2335 keystores take it. */
export function blsScalarBigEndian(key: Extract<SecretKey, { readonly scheme: "bls" }>): Uint8Array {
  return key.scalarLittleEndian.slice().reverse();
}

/** The inverse of `blsScalarBigEndian`. */
export function blsSecretKeyFromBigEndian(scalar: Uint8Array): Extract<SecretKey, { readonly scheme: "bls" }> {
  return { scheme: "bls", scalarLittleEndian: scalar.slice().reverse() };
}

function secretKeyOf(kind: SecretKeyKind, payload: Uint8Array): SecretKey {
  switch (kind) {
    case "ed25519Seed":
      return { scheme: "ed25519", form: "seed", seed: payload };
    case "ed25519SecretKey":
      return {
        scheme: "ed25519",
        form: "full",
        seed: payload.slice(0, SEED_BYTES),
        publicKey: payload.slice(SEED_BYTES),
      };
    case "secp256k1SecretKey":
      return { scheme: "secp256k1", scalar: payload };
    case "p256SecretKey":
      return { scheme: "p256", scalar: payload };
    case "blsSecretKey":
      return { scheme: "bls", scalarLittleEndian: payload };
    case "mldsa44SecretKey":
      return { scheme: "mldsa44", bytes: payload };
    default:
      return assertNever(kind);
  }
}
