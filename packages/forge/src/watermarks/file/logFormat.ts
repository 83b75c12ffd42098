import { ByteWriter, decode, err, ok, type Result } from "@sealwright/types";
import { crc32 } from "node:zlib";
import type { MarkRecord, ScopeText } from "../marks.js";
import { readRecord, writeRecord } from "../recordCodec.js";

/**
 * The log is one header block and frames, each starting at a multiple of SECTOR_BYTES and padded with zeros, so that
 * writing one never touches a sector that an earlier commit made durable. What follows the last frame is zeros.
 * Header: magic(8) version(u32). Frame: magic(u32) seq(u64) payload length(u32) crc(u32) payload.
 * Payload: entries; 0 defines a scope (u32 index, text), 1 is a record (u32 scope index, record).
 */
export const SECTOR_BYTES = 512;
export const LOG_VERSION = 1;
const LOG_MAGIC = Buffer.from("SWMARKS\n", "latin1");
const FRAME_MAGIC = 0x53574652;
const FRAME_HEADER_BYTES = 20;
export const FRAME_PAYLOAD_BYTES_MAX = 64 * 1024 * 1024;
const SCOPE_TEXT_BYTES_MAX = 1_024;

export type LogEntry =
  | { readonly type: "scope"; readonly index: number; readonly scope: ScopeText }
  | { readonly type: "record"; readonly index: number; readonly record: MarkRecord };

export interface Frame {
  readonly seq: bigint;
  readonly payload: Uint8Array;
  /** Bytes that it takes in the file, padding included. */
  readonly sizeBytes: number;
}

export type BadHeader =
  { readonly code: "notAMarkLog" } | { readonly code: "unsupportedVersion"; readonly version: number };

export function encodeHeader(): Uint8Array {
  const block = Buffer.alloc(SECTOR_BYTES);
  LOG_MAGIC.copy(block);
  block.writeUInt32BE(LOG_VERSION, LOG_MAGIC.length);
  return block;
}

export function checkHeader(file: Buffer): Result<void, BadHeader> {
  if (file.length < SECTOR_BYTES || !file.subarray(0, LOG_MAGIC.length).equals(LOG_MAGIC))
    return err({ code: "notAMarkLog" });
  const version = file.readUInt32BE(LOG_MAGIC.length);
  return version === LOG_VERSION ? ok(undefined) : err({ code: "unsupportedVersion", version });
}

/** Encodes entries until there are none left or the frame is full. @returns the frame's file bytes and how many went in */
export function encodeFrame(
  seq: bigint,
  entries: readonly LogEntry[],
): { readonly bytes: Uint8Array; readonly taken: number } {
  const writer = new ByteWriter(Math.min(entries.length * 200 + 64, FRAME_PAYLOAD_BYTES_MAX));
  let taken = 0;
  // An entry is far below 8 KiB, so this many always fit.
  const entriesMax = Math.floor(FRAME_PAYLOAD_BYTES_MAX / 8_192);
  for (const entry of entries) {
    if (taken === entriesMax) break;
    writeEntry(writer, entry);
    taken++;
  }
  return { bytes: wrapFrame(seq, writer.finish()), taken };
}

function writeEntry(writer: ByteWriter, entry: LogEntry): void {
  if (entry.type === "scope") {
    writer.u8(0).u32(entry.index).bytes(Buffer.from(entry.scope, "utf8"));
    return;
  }
  writer.u8(1).u32(entry.index);
  writeRecord(writer, entry.record);
}

function wrapFrame(seq: bigint, payload: Uint8Array): Uint8Array {
  const used = FRAME_HEADER_BYTES + payload.length;
  const frame = Buffer.alloc(Math.ceil(used / SECTOR_BYTES) * SECTOR_BYTES);
  frame.writeUInt32BE(FRAME_MAGIC, 0);
  frame.writeBigUInt64BE(seq, 4);
  frame.writeUInt32BE(payload.length, 12);
  frame.set(payload, FRAME_HEADER_BYTES);
  frame.writeUInt32BE(checksum(frame, payload.length), 16);
  return frame;
}

/** @returns the frame at `offset`, or null when no whole, unharmed one starts there */
export function readFrame(file: Buffer, offset: number): Frame | null {
  if (offset + FRAME_HEADER_BYTES > file.length || file.readUInt32BE(offset) !== FRAME_MAGIC) return null;
  const length = file.readUInt32BE(offset + 12);
  if (length > FRAME_PAYLOAD_BYTES_MAX || offset + FRAME_HEADER_BYTES + length > file.length) return null;
  const frame = file.subarray(offset);
  if (frame.readUInt32BE(16) !== checksum(frame, length)) return null;
  const sizeBytes = Math.ceil((FRAME_HEADER_BYTES + length) / SECTOR_BYTES) * SECTOR_BYTES;
  return {
    seq: frame.readBigUInt64BE(4),
    payload: frame.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + length),
    sizeBytes,
  };
}

export function decodeEntries(payload: Uint8Array): Result<readonly LogEntry[], { readonly reason: string }> {
  return decode(payload, (reader) => {
    const entries: LogEntry[] = [];
    while (reader.remaining > 0) {
      const tag = reader.u8();
      const index = reader.u32();
      if (tag === 0)
        entries.push({ type: "scope", index, scope: Buffer.from(reader.bytes(SCOPE_TEXT_BYTES_MAX)).toString("utf8") });
      else if (tag === 1) entries.push({ type: "record", index, record: readRecord(reader) });
      else reader.fail(`unknown entry type ${tag}`);
    }
    return entries;
  });
}

/** Over sequence number, length and payload; not over itself. */
function checksum(frame: Buffer, payloadLength: number): number {
  return crc32(frame.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + payloadLength), crc32(frame.subarray(4, 16)));
}
