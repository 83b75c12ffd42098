import { assertNever, type ByteReader, type ByteWriter, err, ok, type Result } from "@sealwright/types";
import type { EncodingKind } from "../text/encodings.js";
import { formatText, identifyText, type Text, type TextError } from "../text/text.js";
import type { SignatureScheme } from "./schemes.js";

/**
 * A signature of 64 (ed25519, secp256k1, P-256), 96 (BLS) or 2420 (ML-DSA-44) bytes. The wire does not say which of
 * the 64-byte schemes made one, so decoders return those as "generic"; "genericAggregate" is BLS behind `asig`.
 */
export interface Signature {
  readonly scheme: SignatureScheme | "generic" | "genericAggregate";
  readonly bytes: Uint8Array;
}

/** With the prefix of its scheme, or the generic `sig…` and `asig…`. */
export type SignatureText = Text<SignatureKind>;

const KIND_OF = {
  ed25519: "ed25519Signature",
  secp256k1: "secp256k1Signature",
  p256: "p256Signature",
  bls: "blsSignature",
  mldsa44: "mldsa44Signature",
  generic: "genericSignature",
  genericAggregate: "genericAggregateSignature",
} as const satisfies Record<Signature["scheme"], EncodingKind>;
type SignatureKind = (typeof KIND_OF)[Signature["scheme"]];

const SCHEMES = Object.keys(KIND_OF) as readonly Signature["scheme"][];

export const SHORT_SIGNATURE_BYTES = 64;
export const BLS_SIGNATURE_BYTES = 96;
export const MLDSA44_SIGNATURE_BYTES = 2_420;
/** The largest tail: `ff`, tag, ML-DSA-44 signature. */
export const SIGNATURE_TAIL_BYTES_MAX = 2 + MLDSA44_SIGNATURE_BYTES;

const PREFIX_MARK = 0xff;
const BLS_PREFIX_TAG = 3;
const MLDSA44_PREFIX_TAG = 4;
const NO_SIGNATURE = new Uint8Array(SHORT_SIGNATURE_BYTES);

/** Reads an edsig, spsig1, p2sig, sig, BLsig, asig or mdsig text. */
export function parseSignature(text: string): Result<Signature, TextError> {
  const identified = identifyText(text);
  if (!identified.ok) return identified;
  const { kind, payload } = identified.value;
  const scheme = SCHEMES.find((candidate) => KIND_OF[candidate] === kind);
  if (scheme === undefined) return err({ code: "unexpectedKind", expected: Object.values(KIND_OF), actual: kind });
  return ok({ scheme, bytes: payload });
}

export function formatSignature(signature: Signature): SignatureText {
  return formatText(KIND_OF[signature.scheme], signature.bytes);
}

/** The end of a signed operation: 64 raw bytes, or `ff`, tag and a longer signature; null is 64 zero bytes. */
export function writeSignatureTail(writer: ByteWriter, signature: Signature | null): void {
  const tag = signature === null ? null : prefixTagOf(signature.scheme);
  if (tag !== null) writer.u8(PREFIX_MARK).u8(tag);
  writePlainSignature(writer, signature);
}

/** Reads all that is left. Contents come first and end themselves, so the length of the rest decides the form. */
export function readSignatureTail(reader: ByteReader): Signature | null {
  switch (reader.remaining) {
    case SHORT_SIGNATURE_BYTES:
      return readPlainSignature(reader);
    case 2 + BLS_SIGNATURE_BYTES:
      return readPrefixed(reader, BLS_PREFIX_TAG);
    case 2 + MLDSA44_SIGNATURE_BYTES:
      return readPrefixed(reader, MLDSA44_PREFIX_TAG);
    default:
      return reader.fail(`no signature has ${reader.remaining} bytes`);
  }
}

/** Where the length is known from outside (block headers, operations inside evidence): the bytes without a prefix. */
export function writePlainSignature(writer: ByteWriter, signature: Signature | null): void {
  if (signature === null) writer.fixed(NO_SIGNATURE, SHORT_SIGNATURE_BYTES);
  else writer.fixed(signature.bytes, signatureBytes(signature.scheme));
}

export function readPlainSignature(reader: ByteReader): Signature | null {
  const lengthBytes = reader.remaining;
  switch (lengthBytes) {
    case SHORT_SIGNATURE_BYTES: {
      const bytes = reader.fixed(lengthBytes);
      return bytes.every((byte) => byte === 0) ? null : { scheme: "generic", bytes };
    }
    case BLS_SIGNATURE_BYTES:
      return { scheme: "bls", bytes: reader.fixed(lengthBytes) };
    case MLDSA44_SIGNATURE_BYTES:
      return { scheme: "mldsa44", bytes: reader.fixed(lengthBytes) };
    default:
      return reader.fail(`no signature has ${lengthBytes} bytes`);
  }
}

/** Length of the scheme's signatures. */
export function signatureBytes(scheme: Signature["scheme"]): number {
  switch (scheme) {
    case "ed25519":
    case "secp256k1":
    case "p256":
    case "generic":
      return SHORT_SIGNATURE_BYTES;
    case "bls":
    case "genericAggregate":
      return BLS_SIGNATURE_BYTES;
    case "mldsa44":
      return MLDSA44_SIGNATURE_BYTES;
    default:
      return assertNever(scheme);
  }
}

function prefixTagOf(scheme: Signature["scheme"]): number | null {
  switch (scheme) {
    case "bls":
    case "genericAggregate":
      return BLS_PREFIX_TAG;
    case "mldsa44":
      return MLDSA44_PREFIX_TAG;
    case "ed25519":
    case "secp256k1":
    case "p256":
    case "generic":
      return null;
    default:
      return assertNever(scheme);
  }
}

function readPrefixed(reader: ByteReader, tag: number): Signature | null {
  if (reader.u8() !== PREFIX_MARK || reader.u8() !== tag)
    reader.fail(`a signature of this length begins with ff0${tag}`);
  return readPlainSignature(reader);
}
