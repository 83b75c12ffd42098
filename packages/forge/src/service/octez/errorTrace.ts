import type { ByteWriter } from "@sealwright/types";

const BSON_TEXT = 2;
const TEXT_BYTES_MAX = 1_000;

/**
 * An error trace as Octez' binary messages carry it: a list of one error, which is the BSON document of its JSON form.
 * Lists, errors and documents each have their length in bytes before them; BSON's own lengths are little-endian.
 */
export function writeErrorTrace(writer: ByteWriter, text: string): void {
  const document = bsonDocument({ kind: "temporary", id: "failure", msg: text });
  writer
    .u32(document.length + 8)
    .u32(document.length + 4)
    .u32(document.length)
    .fixed(document, document.length);
}

function bsonDocument(fields: Readonly<Record<string, string>>): Uint8Array {
  const parts = Object.entries(fields).map(([name, value]) => {
    const text = Buffer.from(value).subarray(0, TEXT_BYTES_MAX);
    const length = Buffer.alloc(4);
    length.writeInt32LE(text.length + 1);
    return Buffer.concat([Buffer.of(BSON_TEXT), Buffer.from(`${name}\0`), length, text, Buffer.of(0)]);
  });
  const body = Buffer.concat(parts);
  const sizeBytes = Buffer.alloc(4);
  sizeBytes.writeInt32LE(body.length + 5);
  return Buffer.concat([sizeBytes, body, Buffer.of(0)]);
}
