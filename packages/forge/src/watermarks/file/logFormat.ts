import { ByteWriter, decode, err, ok, type Result } from "@sealwright/types";
import { crc32 } from "node:zlib";
import type { MarkRecord, ScopeText } from "../marks.js";
import { readRecord, writeRecord } from "../recordCodec.js";
import { isZero, SECTOR_BYTES } from "./sectors.js";

/**
 * The log is one header block and frames, each starting at a multiple of SECTOR_BYTES and padded with zeros, so that
 * writing one never touches a sector that an earlier commit made durable. What follows the last frame is zeros, up to a
 * size that never changes.
 *
 * A disk writes a sector whole or not at all, so a frame that was torn by a loss of power lacks whole sectors: they are
 * zeros still. No sector of a frame is all zeros by itself, hence a frame without such a sector was written to its end,
 * and when it does not read, it was changed afterwards. That tells a commit for which nothing was signed from one for
 * which something may have been.
 *
 * Header: magic(8) version(u32) file size(u64) crc(u32).
 * Frame: magic(u32) seq(u64) payload length(u32) crc of these(u32) crc of the payload(u32), then the payload; each
 * sector but the first begins with a byte that is not zero, in the midst of the payload.
 * Payload: entries; 0 defines a scope (u32 index, text), 1 is a record (u32 scope index, record).
 */
export const LOG_VERSION = 2;
const LOG_MAGIC = Buffer.from("SWMARKS\n", "latin1");
const LOG_HEADER_BYTES = 24;
const FRAME_MAGIC = 0x53574632;
const FRAME_HEADER_BYTES = 24;
const SECTOR_MARK = 0xa5;
const FIRST_PAYLOAD_BYTES = SECTOR_BYTES - FRAME_HEADER_BYTES;
const NEXT_PAYLOAD_BYTES = SECTOR_BYTES - 1;
export const FRAME_PAYLOAD_BYTES_MAX = 64 * 1024 * 1024;
const SCOPE_TEXT_BYTES_MAX = 1_024;

export type LogEntry =
  | { readonly type: "scope"; readonly index: number; readonly scope: ScopeText }
  | { readonly type: "record"; readonly index: number; readonly record: MarkRecord };

/** What stands where a frame may begin. */
export type FrameFound =
  | {
      readonly kind: "sound";
      readonly seq: bigint;
      readonly payload: Uint8Array;
      /** Bytes that it takes in the file, padding included. */
      readonly sizeBytes: number;
    }
  /** The first sector is zeros: no frame, or one whose first sector was not written. */
  | { readonly kind: "none" }
  /** Some of its sectors were not written. */
  | { readonly kind: "torn"; readonly seq: bigint; readonly sizeBytes: number }
  | { readonly kind: "damaged"; readonly reason: string };

export type BadHeader =
  | { readonly code: "notAMarkLog" }
  | { readonly code: "unsupportedVersion"; readonly version: number }
  | { readonly code: "corruptedLog"; readonly offset: number; readonly reason: string };

/** @param sizeBytes of the whole file */
export function encodeHeader(sizeBytes: number): Uint8Array {
  const block = Buffer.alloc(SECTOR_BYTES);
  LOG_MAGIC.copy(block);
  block.writeUInt32BE(LOG_VERSION, 8);
  block.writeBigUInt64BE(BigInt(sizeBytes), 12);
  block.writeUInt32BE(crc32(block.subarray(0, 20)), 20);
  return block;
}

/** @returns the version of the format */
export function checkHeader(file: Buffer): Result<1 | 2, BadHeader> {
  if (file.length < LOG_HEADER_BYTES || !file.subarray(0, LOG_MAGIC.length).equals(LOG_MAGIC))
    return err({ code: "notAMarkLog" });
  const version = file.readUInt32BE(8);
  // The first version did not know its size; it was a multiple of sectors all the same.
  if (version === 1) return file.length % SECTOR_BYTES === 0 ? ok(1) : err(wrongSize(file, "a multiple of 512"));
  if (version !== LOG_VERSION) return err({ code: "unsupportedVersion", version });
  if (file.readUInt32BE(20) !== crc32(file.subarray(0, 20)))
    return err({ code: "corruptedLog", offset: 0, reason: "its header does not read" });
  const sizeBytes = file.readBigUInt64BE(12);
  return BigInt(file.length) === sizeBytes ? ok(LOG_VERSION) : err(wrongSize(file, String(sizeBytes)));
}

function wrongSize(file: Buffer, expected: string): BadHeader {
  return { code: "corruptedLog", offset: file.length, reason: `it has ${file.length} bytes instead of ${expected}` };
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
  const frame = Buffer.alloc(frameBytes(payload.length));
  frame.writeUInt32BE(FRAME_MAGIC, 0);
  frame.writeBigUInt64BE(seq, 4);
  frame.writeUInt32BE(payload.length, 12);
  const headCrc = crc32(frame.subarray(0, 16));
  frame.writeUInt32BE(headCrc, 16);
  frame.writeUInt32BE(crc32(payload, headCrc), 20);
  frame.set(payload.subarray(0, FIRST_PAYLOAD_BYTES), FRAME_HEADER_BYTES);
  let at = FIRST_PAYLOAD_BYTES;
  for (let sector = SECTOR_BYTES; sector < frame.length; sector += SECTOR_BYTES) {
    frame[sector] = SECTOR_MARK;
    frame.set(payload.subarray(at, at + NEXT_PAYLOAD_BYTES), sector + 1);
    at += NEXT_PAYLOAD_BYTES;
  }
  return frame;
}

function frameBytes(payloadBytes: number): number {
  const more = Math.max(0, payloadBytes - FIRST_PAYLOAD_BYTES);
  return (1 + Math.ceil(more / NEXT_PAYLOAD_BYTES)) * SECTOR_BYTES;
}

/** @param offset a multiple of SECTOR_BYTES */
export function readFrame(file: Buffer, offset: number): FrameFound {
  if (isZero(file, offset, offset + SECTOR_BYTES)) return { kind: "none" };
  const head = file.subarray(offset, offset + FRAME_HEADER_BYTES);
  const headCrc = crc32(head.subarray(0, 16));
  if (head.readUInt32BE(0) !== FRAME_MAGIC || head.readUInt32BE(16) !== headCrc)
    return { kind: "damaged", reason: "no commit begins here" };
  const length = head.readUInt32BE(12);
  const sizeBytes = frameBytes(length);
  if (length > FRAME_PAYLOAD_BYTES_MAX || offset + sizeBytes > file.length)
    return { kind: "damaged", reason: "the commit does not fit" };
  const seq = head.readBigUInt64BE(4);
  const payload = new Uint8Array(length);
  payload.set(file.subarray(offset + FRAME_HEADER_BYTES, offset + Math.min(FRAME_HEADER_BYTES + length, SECTOR_BYTES)));
  let at = FIRST_PAYLOAD_BYTES;
  for (let sector = offset + SECTOR_BYTES; sector < offset + sizeBytes; sector += SECTOR_BYTES) {
    if (isZero(file, sector, sector + SECTOR_BYTES)) return { kind: "torn", seq, sizeBytes };
    payload.set(file.subarray(sector + 1, sector + 1 + Math.min(NEXT_PAYLOAD_BYTES, length - at)), at);
    at += NEXT_PAYLOAD_BYTES;
  }
  return crc32(payload, headCrc) === head.readUInt32BE(20)
    ? { kind: "sound", seq, payload, sizeBytes }
    : { kind: "damaged", reason: "the commit was written whole and changed afterwards" };
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
