import {
  type BlockHeader,
  ByteWriter,
  decode,
  type DecodeError,
  type EnvelopeHash,
  readBlockHeader,
  type Result,
  type SealedBlock,
  writeBlockHeader,
} from "@sealwright/types";

/** What is known of a block without its body. */
export interface StoredHeadline {
  readonly header: BlockHeader;
  readonly envelopeHash: EnvelopeHash;
  readonly sizeBytes: number;
  /** External messages in it. */
  readonly messageCount: number;
}

/** A header, and what a list of blocks shows beside it where the whole block was here once. */
export type HeaderRecord = { readonly header: BlockHeader; readonly headline: StoredHeadline | null };

export function encodeBlockHeaderRecord({ header, envelopeHash, bytes, body }: SealedBlock): Uint8Array {
  const writer = new ByteWriter(512);
  writeBlockHeader(writer, header);
  return writer.hex(envelopeHash).u32(bytes.length).u32(body.externals.length).finish();
}

export function decodeHeaderRecord(bytes: Uint8Array): Result<HeaderRecord, DecodeError> {
  return decode(bytes, (reader) => {
    const header = readBlockHeader(reader);
    // A genesis has no more than that.
    if (reader.remaining === 0) return { header, headline: null };
    const envelopeHash = reader.hex(32) as EnvelopeHash;
    return { header, headline: { header, envelopeHash, sizeBytes: reader.u32(), messageCount: reader.u32() } };
  });
}
