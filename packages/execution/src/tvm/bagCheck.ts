import { crc32c } from "@ton/core";

/** What a bag of cells from elsewhere may hold. */
export interface BagLimits {
  /** Cells below each other. */
  readonly depthMax: number;
  readonly cellsMax: number;
}

const MAGIC = [0xb5, 0xee, 0x9c, 0x72] as const;
const INDEX_BIT = 0x80;
const CRC_BIT = 0x40;
const SIZE_BITS = 0x07;
const REFS_BITS = 0x07;
const HASHES_BIT = 0x10;
const REFS_MAX = 4;
const CRC_BYTES = 4;
const NUMBER_BYTES_MAX = 4;

/**
 * Whether the bytes are a bag of cells with one root that `BocView` can read, within the limits. One pass over the bytes and
 * one over the refs; no cell is made and none is hashed, so what is too much costs as little as what is no bag at all.
 */
export function isReadableBag(bytes: Uint8Array, { depthMax, cellsMax }: BagLimits): boolean {
  if (bytes.length < MAGIC.length + 2 || MAGIC.some((byte, i) => bytes[i] !== byte)) return false;
  const flags = bytes[4]!;
  const [size, offsetBytes] = [flags & SIZE_BITS, bytes[5]!];
  if (size < 1 || size > NUMBER_BYTES_MAX || offsetBytes < 1 || offsetBytes > NUMBER_BYTES_MAX) return false;
  const rootAt = 6 + 3 * size + offsetBytes;
  if (bytes.length < rootAt + size) return false;
  const [count, roots] = [uint(bytes, 6, size), uint(bytes, 6 + size, size)];
  const root = uint(bytes, rootAt, size);
  if (count > cellsMax || count * 2 > bytes.length || roots !== 1 || root >= count) return false;
  const cellsAt = rootAt + size + ((flags & INDEX_BIT) === 0 ? 0 : count * offsetBytes);
  const end = cellsAt + uint(bytes, 6 + 3 * size, offsetBytes);
  const hasCrc = (flags & CRC_BIT) !== 0;
  if (end + (hasCrc ? CRC_BYTES : 0) > bytes.length || (hasCrc && !isWhole(bytes))) return false;
  const refs = refsOf(bytes, { at: cellsAt, end, count, size });
  return refs !== null && depthOf(refs, root) <= depthMax;
}

interface Cells {
  readonly at: number;
  readonly end: number;
  readonly count: number;
  /** Bytes of a ref. */
  readonly size: number;
}

/** @returns each cell's refs, `REFS_MAX` places for each, 0 for none as no cell refers to the first; null for a bad cell */
function refsOf(bytes: Uint8Array, { at, end, count, size }: Cells): Uint32Array | null {
  const all = new Uint32Array(count * REFS_MAX);
  for (let cell = 0; cell < count; cell++) {
    if (at + 2 > end) return null;
    const [d1, d2] = [bytes[at]!, bytes[at + 1]!];
    const refCount = d1 & REFS_BITS;
    const refsAt = at + 2 + ((d2 + 1) >> 1);
    // Data that is no whole byte ends in a one and zeros, which are not all of the last byte.
    const isOverlong = d2 % 2 === 1 && (bytes[refsAt - 1]! & 0x7f) === 0;
    if (refCount > REFS_MAX || (d1 & HASHES_BIT) !== 0 || isOverlong) return null;
    at = refsAt + refCount * size;
    if (at > end) return null;
    for (let i = 0; i < refCount; i++) {
      const ref = uint(bytes, refsAt + i * size, size);
      if (ref <= cell || ref >= count) return null;
      all[cell * REFS_MAX + i] = ref;
    }
  }
  return all;
}

/** Refs lead to later cells only, so from the last one on each depth is known before it is needed. */
function depthOf(refs: Uint32Array, root: number): number {
  const depths = new Uint32Array(refs.length / REFS_MAX);
  for (let cell = depths.length - 1; cell >= root; cell--) {
    for (let i = 0; i < REFS_MAX; i++) {
      const ref = refs[cell * REFS_MAX + i]!;
      if (ref !== 0) depths[cell] = Math.max(depths[cell]!, depths[ref]! + 1);
    }
  }
  return depths[root]!;
}

function isWhole(bytes: Uint8Array): boolean {
  const end = bytes.length - CRC_BYTES;
  return crc32c(Buffer.from(bytes.buffer, bytes.byteOffset, end)).equals(bytes.subarray(end));
}

function uint(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 0x100 + bytes[at + i]!;
  return value;
}
