import {
  formatPublicKeyHash,
  type PublicKey,
  type PublicKeyHash,
  readPublicKeyHash,
  type Signature,
  writePublicKey,
  writePublicKeyHash,
} from "@sealwright/tezos";
import { ByteReader, ByteWriter, decode, type DecodeError, ok, type Result } from "@sealwright/types";
import { writeErrorTrace } from "./errorTrace.js";
import type { GivenAuthentication, OctezSignRequest, PossessionRequest } from "./octezSigner.js";

/** A frame is a u16 length and that many bytes. */
export const FRAME_LENGTH_BYTES = 2;
export const FRAME_BODY_BYTES_MAX = 0xffff;

/** What a frame from an asker asks. */
export type OctezSocketRequest =
  | { readonly type: "sign"; readonly request: OctezSignRequest }
  | { readonly type: "publicKey"; readonly keyHash: string }
  | { readonly type: "authorizedKeys" }
  | { readonly type: "deterministicNonce" }
  | { readonly type: "supportsDeterministicNonces" }
  | { readonly type: "knownKeys" }
  | { readonly type: "provePossession"; readonly request: PossessionRequest };

const OK_TAG = 0;
const ERROR_TAG = 1;
const ABSENT = 0;
const PRESENT = 0xff;
/** Before key hashes of schemes that came later; behind them stands the generation of schemes that is asked for. */
const NEWER_KEY_TAG = 3;
const BLS_PUBLIC_KEY_BYTES = 48;
const SIGNATURE_BYTES = [64, 96] as const;
const PUBLIC_KEY_HASH_BYTES = 20;

/** @returns why the body is no request: nothing of it was done */
export function decodeOctezRequest(body: Uint8Array): Result<OctezSocketRequest, DecodeError> {
  const decoded = decode(body, readRequest);
  return decoded.ok ? ok(decoded.value) : decoded;
}

function readRequest(reader: ByteReader): OctezSocketRequest {
  const tag = reader.u8();
  switch (tag) {
    case 0: {
      const { keyHash, version } = readKey(reader);
      const bytes = reader.bytes(FRAME_BODY_BYTES_MAX).slice();
      return { type: "sign", request: { keyHash, bytes, authentication: readAuthentication(reader), version } };
    }
    case 1:
      return { type: "publicKey", keyHash: readKey(reader).keyHash };
    case 2:
      return { type: "authorizedKeys" };
    case 3:
    case 4:
      // Whatever they are about, the answer is the same.
      reader.fixed(reader.remaining);
      return { type: "deterministicNonce" };
    case 5:
      readKey(reader);
      return { type: "supportsDeterministicNonces" };
    case 6:
      return { type: "knownKeys" };
    case 7:
      return { type: "provePossession", request: readPossession(reader) };
    default:
      return reader.fail(`unknown request ${tag}`);
  }
}

function readKey(reader: ByteReader): { readonly keyHash: string; readonly version: number | null } {
  const tag = reader.u8();
  if (tag === NEWER_KEY_TAG) return { keyHash: formatPublicKeyHash(readPublicKeyHash(reader)), version: reader.u8() };
  const tagged = new ByteReader(Uint8Array.of(tag, ...reader.fixed(PUBLIC_KEY_HASH_BYTES)));
  return { keyHash: formatPublicKeyHash(readPublicKeyHash(tagged)), version: null };
}

/** Octez' own clients say nothing of themselves here and end their frames early. */
function readPossession(reader: ByteReader): PossessionRequest {
  const { keyHash } = readKey(reader);
  const signed = readBlsKey(reader);
  return { keyHash, signed, authentication: reader.remaining === 0 ? "none" : readAuthentication(reader) };
}

/** The rest of the frame: absent, or raw bytes, with or without their length before them. */
function readAuthentication(reader: ByteReader): GivenAuthentication {
  const isPresent = reader.u8();
  if (isPresent === ABSENT) return "none";
  if (isPresent !== PRESENT) return reader.fail("an optional value starts with 0 or 255");
  const rest = reader.fixed(reader.remaining);
  const lengthBytes = SIGNATURE_BYTES.find((length) => rest.length === length || rest.length === length + 4);
  if (lengthBytes === undefined) return "unreadable";
  const bytes = rest.slice(-lengthBytes);
  return { scheme: lengthBytes === 96 ? "bls" : "generic", bytes };
}

function readBlsKey(reader: ByteReader): PublicKey | null {
  const isPresent = reader.u8();
  if (isPresent === ABSENT) return null;
  if (isPresent !== PRESENT) return reader.fail("an optional value starts with 0 or 255");
  return { scheme: "bls", bytes: reader.fixed(BLS_PUBLIC_KEY_BYTES).slice() };
}

export function signatureAnswer({ bytes }: Signature): Uint8Array {
  return framed(okAnswer().fixed(bytes, bytes.length));
}

export function publicKeyAnswer(key: PublicKey): Uint8Array {
  const answer = okAnswer();
  writePublicKey(answer, key);
  return framed(answer);
}

/** @param keys null when nobody has to say who asks */
export function authorizedKeysAnswer(keys: readonly PublicKeyHash[] | null): Uint8Array {
  const answer = okAnswer().u8(keys === null ? 0 : 1);
  if (keys !== null) writeKeyHashes(answer, keys);
  return framed(answer);
}

export function keyHashesAnswer(keys: readonly PublicKeyHash[]): Uint8Array {
  const answer = okAnswer();
  writeKeyHashes(answer, keys);
  return framed(answer);
}

export function booleanAnswer(value: boolean): Uint8Array {
  return framed(okAnswer().u8(value ? PRESENT : ABSENT));
}

/** @param text a code, a colon, and what happened: Octez shows it to its user */
export function errorAnswer(text: string): Uint8Array {
  const answer = new ByteWriter().u8(ERROR_TAG);
  writeErrorTrace(answer, text);
  return framed(answer);
}

function okAnswer(): ByteWriter {
  return new ByteWriter().u8(OK_TAG);
}

function writeKeyHashes(writer: ByteWriter, keys: readonly PublicKeyHash[]): void {
  writer.u32(keys.length * (1 + PUBLIC_KEY_HASH_BYTES));
  for (const key of keys) writePublicKeyHash(writer, key);
}

function framed(answer: ByteWriter): Uint8Array {
  const body = answer.finish();
  return new ByteWriter(body.length + FRAME_LENGTH_BYTES).u16(body.length).fixed(body, body.length).finish();
}
