import {
  type ByteReader,
  blockIdFromBytes,
  decode,
  envelopeHashFromBytes,
  equalBytes,
  height,
  networkIdFromBytes,
  type NetworkId,
  readAttestation,
  round,
  SIGNING_KIND,
  type SigningKind,
  term,
  THREAD_ID_BYTES,
  threadIdFromBytes,
} from "@sealwright/types";
import type { PublicKeyHex } from "../../keyId.js";
import { type BlockVerdict, type SealwrightRequest, sealwrightSigningBytes } from "../../requests/sealwrightRequest.js";

const KIND_BYTES = 4;
const HASH_BYTES = 32;
const PAYLOAD_BYTES_MAX = 1_024;

type Contents = SealwrightRequest extends infer Request
  ? Request extends unknown
    ? Omit<Request, "key" | "networkId">
    : never
  : never;

/** Do the bytes begin like something of our own chain? */
export function sealwrightKindOf(bytes: Uint8Array): SigningKind | null {
  const text = Buffer.from(bytes.subarray(0, KIND_BYTES)).toString("latin1");
  return (Object.keys(SIGNING_KIND) as SigningKind[]).find((kind) => SIGNING_KIND[kind] === text) ?? null;
}

/**
 * Reads what a key of our own chain is asked to sign. Strict: the request that comes out makes exactly these bytes again.
 * @returns why it does not read, as text
 */
export function readSealwrightPayload(
  bytes: Uint8Array,
  kind: SigningKind,
  key: PublicKeyHex,
): { readonly request: SealwrightRequest } | { readonly fault: string } {
  if (bytes.length > PAYLOAD_BYTES_MAX) return { fault: `${bytes.length} bytes, at most ${PAYLOAD_BYTES_MAX}` };
  const decoded = decode(bytes, (reader): { readonly networkId: NetworkId; readonly contents: Contents } => {
    reader.fixed(KIND_BYTES);
    const networkId = networkIdFromBytes(reader.fixed(HASH_BYTES));
    return { networkId, contents: readContents(reader, kind) };
  });
  if (!decoded.ok) return { fault: decoded.error.reason };
  const { networkId, contents } = decoded.value;
  const request = { ...contents, key, networkId } as SealwrightRequest;
  return equalBytes(sealwrightSigningBytes(request), bytes) ? { request } : { fault: "not in its one true form" };
}

function readContents(reader: ByteReader, kind: SigningKind): Contents {
  switch (kind) {
    case "block": {
      const threadId = readThread(reader);
      const place = { term: term(reader.u64()), height: height(reader.u64()), round: round(reader.u64()) };
      return {
        kind: "candidateBlock",
        claim: { threadId, ...place, blockId: blockIdFromBytes(reader.fixed(HASH_BYTES)) },
      };
    }
    case "attestation":
      return { kind: "attestation", attestation: readAttestation(reader) };
    case "lock": {
      const threadId = readThread(reader);
      const place = { term: term(reader.u64()), qcTerm: term(reader.u64()), qcHeight: height(reader.u64()) };
      return { kind: "lock", lock: { threadId, ...place, qcBlockId: blockIdFromBytes(reader.fixed(HASH_BYTES)) } };
    }
    case "ack":
      return { kind: "ack", verdict: readVerdict(reader) };
    case "nack":
      return { kind: "nack", verdict: { ...readVerdict(reader), reason: reader.u8() } };
    case "yield":
      return { kind: "yield", threadId: readThread(reader), term: term(reader.u64()) };
    case "verifierTicket":
      return { kind: "ticket", blockId: blockIdFromBytes(reader.fixed(HASH_BYTES)) };
    case "suspect":
      return reader.fail("nobody signs suspicions");
  }
}

function readThread(reader: ByteReader): ReturnType<typeof threadIdFromBytes> {
  return threadIdFromBytes(reader.fixed(THREAD_ID_BYTES));
}

function readVerdict(reader: ByteReader): BlockVerdict {
  const threadId = readThread(reader);
  return {
    threadId,
    blockId: blockIdFromBytes(reader.fixed(HASH_BYTES)),
    envelopeHash: envelopeHashFromBytes(reader.fixed(HASH_BYTES)),
  };
}
