import { BLS_SIGNATURE_BYTES } from "./attestation.js";
import { type BlockBody, bodyRootsOf, readBlockBody, writeBlockBody } from "./blockBody.js";
import { type BlockHeader, blockIdOf, HEADER_BYTES, readBlockHeader, writeBlockHeader } from "./blockHeader.js";
import { equalBytes } from "./bytes.js";
import { decode, type DecodeError } from "./codec/byteReader.js";
import { ByteWriter } from "./codec/byteWriter.js";
import { sha256 } from "./hash.js";
import { type BlockId, type EnvelopeHash, envelopeHashFromBytes, idBytes } from "./ids.js";
import { BLOCK_BYTES_MAX } from "./limits.js";
import { err, ok, type Result } from "./result.js";

/** A block with its identity and its producer's signature: the envelope that travels, is stored and is attested. */
export interface SealedBlock {
  readonly header: BlockHeader;
  readonly body: BlockBody;
  readonly id: BlockId;
  readonly signature: Uint8Array;
  readonly envelopeHash: EnvelopeHash;
  /** The encoding that was received or will be sent: encoded once, shared by network and store. */
  readonly bytes: Uint8Array;
}

/** Why bytes are no block: form, a root that is not the body's (named as in `BodyRoots`), or size. */
export type BlockDecodeError =
  | DecodeError
  | { readonly code: "rootMismatch"; readonly root: string }
  | { readonly code: "blockTooLarge"; readonly bytes: number };

/** Puts a signed header and its body together; the header's roots must already be the body's. */
export function sealBlock(header: BlockHeader, body: BlockBody, signature: Uint8Array): SealedBlock {
  const id = blockIdOf(header);
  const writer = new ByteWriter(64 * 1024);
  writeBlockHeader(writer, header);
  writer.fixed(signature, BLS_SIGNATURE_BYTES);
  writeBlockBody(writer, body);
  return { header, body, id, signature, envelopeHash: envelopeHashOf(id, signature), bytes: writer.finish() };
}

/**
 * Decodes and re-hashes: the id is computed here and never taken from a peer, and every root in the header is compared
 * with the body, so a decoded block is consistent in itself. Signature and protocol rules are checked later.
 */
export function decodeSealedBlock(bytes: Uint8Array): Result<SealedBlock, BlockDecodeError> {
  if (bytes.length > BLOCK_BYTES_MAX) return err({ code: "blockTooLarge", bytes: bytes.length });
  const decoded = decode(bytes, (reader) => ({
    header: readBlockHeader(reader),
    signature: reader.fixed(BLS_SIGNATURE_BYTES),
    body: readBlockBody(reader),
  }));
  if (!decoded.ok) return decoded;
  const { header, signature, body } = decoded.value;
  const mismatch = findRootMismatch(header, body);
  if (mismatch !== null) return err({ code: "rootMismatch", root: mismatch });
  const id = blockIdOf(header);
  return ok({ header, body, id, signature, envelopeHash: envelopeHashOf(id, signature), bytes });
}

/** The header alone, without hashing the body: for indexes and light answers. */
export function decodeSealedHeader(bytes: Uint8Array): Result<BlockHeader, DecodeError> {
  return decode(bytes.subarray(0, HEADER_BYTES), readBlockHeader);
}

/** Names one copy of a block: a bad signature on a good id makes another envelope. */
export function envelopeHashOf(id: BlockId, signature: Uint8Array): EnvelopeHash {
  return envelopeHashFromBytes(sha256(Buffer.concat([idBytes(id), signature])));
}

function findRootMismatch(header: BlockHeader, body: BlockBody): string | null {
  const expected = bodyRootsOf(body, header.roots.threadsTable);
  for (const [name, root] of Object.entries(expected)) {
    if (!equalBytes(root as Uint8Array, header.roots[name as keyof typeof expected])) return name;
  }
  return null;
}
