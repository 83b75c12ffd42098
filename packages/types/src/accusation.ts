import { decode, type DecodeError } from "./codec/byteReader.js";
import { ByteWriter } from "./codec/byteWriter.js";
import { decodeEvidence, encodeEvidence, type Evidence } from "./evidence.js";
import { ACCUSATION_BYTES_MAX } from "./limits.js";
import { err, ok, type Result } from "./result.js";

/** What a block carries about keepers' conduct. It proves only that it was said; evidence proves itself besides. */
export type Accusation = { readonly type: "evidence"; readonly evidence: Evidence };

const TAG = { evidence: 2 } as const satisfies Record<Accusation["type"], number>;

export function encodeAccusation(accusation: Accusation): Uint8Array {
  const writer = new ByteWriter(1_024).u8(TAG[accusation.type]);
  return writer.bytes(encodeEvidence(accusation.evidence)).finish();
}

export function decodeAccusation(bytes: Uint8Array): Result<Accusation, DecodeError> {
  const parts = decode(bytes, (reader) => {
    const tag = reader.u8();
    if (tag !== TAG.evidence) reader.fail(`unknown accusation ${tag}`);
    return reader.bytes(ACCUSATION_BYTES_MAX);
  });
  if (!parts.ok) return parts;
  const evidence = decodeEvidence(parts.value);
  return evidence.ok ? ok({ type: "evidence", evidence: evidence.value }) : err(evidence.error);
}
