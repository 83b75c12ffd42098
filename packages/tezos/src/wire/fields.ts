import { type ByteReader, type ByteWriter, decode, type DecodeError, err, type Result } from "@sealwright/types";
import { BLAKE2B_256_BYTES } from "../hashes/blake2b.js";
import { I32_MAX, type Level, type Round, type Slot } from "../ids.js";
import type { EncodingKind } from "../text/encodings.js";
import { type Payload, payload } from "../text/text.js";
import { readZ, writeZ } from "./zarith.js";

/** A 32-bit signed number that is never negative: levels and rounds. */
export function readI32(reader: ByteReader): number {
  const value = reader.u32();
  if (value > I32_MAX) reader.fail("a negative number where none is allowed");
  return value;
}

export function readLevel(reader: ByteReader): Level {
  return readI32(reader) as Level;
}

export function readRound(reader: ByteReader): Round {
  return readI32(reader) as Round;
}

export function readSlot(reader: ByteReader): Slot {
  return reader.u16() as Slot;
}

/** A 32-byte hash of one kind. */
export function readHash<K extends EncodingKind>(reader: ByteReader, kind: K): Payload<K> {
  return payload(kind, reader.fixed(BLAKE2B_256_BYTES));
}

export function writeHash(writer: ByteWriter, hash: Uint8Array): void {
  writer.fixed(hash, BLAKE2B_256_BYTES);
}

const ABSENT = 0x00;
const PRESENT = 0xff;

/** `00`, or `ff` and the value. */
export function writeOption<T>(writer: ByteWriter, value: T | null, write: (value: T) => void): void {
  writer.u8(value === null ? ABSENT : PRESENT);
  if (value !== null) write(value);
}

export function readOption<T>(reader: ByteReader, read: (reader: ByteReader) => T): T | null {
  const flag = reader.u8();
  if (flag === ABSENT) return null;
  if (flag !== PRESENT) reader.fail("an option begins with 00 or ff");
  return read(reader);
}

/** A DAL bitset on the wire: an integer that is not negative. */
export function readBitset(reader: ByteReader): bigint {
  const value = readZ(reader);
  if (value < 0n) reader.fail("a negative bitset");
  return value;
}

export const writeBitset = writeZ;

/** Reads items until `lengthBytes` are used up; an item that crosses the end is refused. */
export function readUntil<T>(reader: ByteReader, lengthBytes: number, read: (reader: ByteReader) => T): T[] {
  if (lengthBytes > reader.remaining) reader.fail("a list is longer than the input");
  const remainingAfter = reader.remaining - lengthBytes;
  const items: T[] = [];
  while (reader.remaining > remainingAfter) items.push(read(reader));
  if (reader.remaining !== remainingAfter) reader.fail("an item crosses the end of its list");
  return items;
}

/**
 * Decodes a copy of the bytes: what is decoded never changes when the caller reuses its buffer.
 * Longer input than `bytesMax` is refused before it is copied.
 */
export function decodeCopy<T>(
  bytes: Uint8Array,
  bytesMax: number,
  read: (reader: ByteReader) => T,
): Result<T, DecodeError> {
  if (bytes.length > bytesMax) {
    return err({ code: "decodeError", reason: `${bytes.length} bytes, at most ${bytesMax} are allowed`, offset: 0 });
  }
  return decode(bytes.slice(), read);
}
