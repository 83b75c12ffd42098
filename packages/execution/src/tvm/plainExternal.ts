import type { AccountId } from "@sealwright/types";
import { BocView } from "./bocView.js";
import { WORKCHAIN } from "./tvmAddress.js";

/** Magic, one byte for the number of a cell, neither index nor checksum. */
const HEAD = [0xb5, 0xee, 0x9c, 0x72, 1];
const REFS_MAX = 4;
/** An external message from nowhere. */
const FROM_NOWHERE = 0x08;
/** An address in the standard form, without a rewritten beginning. */
const STANDARD_ADDRESS = 0x04;
const INFO_BITS_MIN = 4 + 3 + 8 + 256 + 4;
/** Code and data, and nothing else. */
const PLAIN_INIT = 0x06;

/**
 * A second, faster way to see what `parseExternal` sees, for what nearly every client sends: it hashes no cell.
 * @returns the account that gets the message, only if the bytes are, without doubt, the one form of a message that
 *   `parseExternal` takes; null: that has to look for itself
 */
export function readPlainExternal(bytes: Uint8Array): AccountId | null {
  if (!isPlainBag(bytes)) return null;
  const boc = new BocView(bytes);
  const slice = boc.slice(boc.root);
  if (slice.bitsLeft < INFO_BITS_MIN || slice.uint(4) !== FROM_NOWHERE) return null;
  if (slice.uint(3) !== STANDARD_ADDRESS || slice.int(8) !== WORKCHAIN) return null;
  const account = slice.hex(32) as AccountId;
  const feeBits = slice.uint(4) * 8;
  if (slice.bitsLeft < feeBits + 2) return null;
  slice.skip(feeBits);
  if (slice.bit()) {
    const isApart = slice.bit();
    if (isApart && slice.refsLeft === 0) return null;
    const init = isApart ? boc.slice(slice.ref()) : slice;
    if (init.bitsLeft < 5 || init.refsLeft < 2 || init.uint(5) !== PLAIN_INIT) return null;
    init.ref();
    init.ref();
  }
  if (slice.bitsLeft === 0 || (slice.bit() && slice.refsLeft === 0)) return null;
  return account;
}

/** Whether the bytes are what `writeCell` writes of some ordinary cells, at most 255 of them. */
function isPlainBag(bytes: Uint8Array): boolean {
  if (bytes.length < 12 || HEAD.some((byte, i) => bytes[i] !== byte)) return false;
  const [offsetBytes = 0, count = 0, roots, absent] = bytes.subarray(5);
  if (offsetBytes < 1 || offsetBytes > 3 || count === 0 || roots !== 1 || absent !== 0) return false;
  const first = 10 + offsetBytes;
  const total = bytes.length - first;
  if (total < 2 || offsetBytes !== (total < 0x100 ? 1 : total < 0x1_0000 ? 2 : 3)) return false;
  const stated = bytes.subarray(9, 9 + offsetBytes).reduce((sum, byte) => sum * 0x100 + byte, 0);
  if (stated !== total || bytes[9 + offsetBytes] !== 0) return false;
  const refs = readCells(bytes, first, count);
  return refs !== null && isInOrder(refs);
}

/** @returns each cell's refs; null when a cell is not plain, not written in its one form, or there twice */
function readCells(bytes: Uint8Array, first: number, count: number): readonly (readonly number[])[] | null {
  const seen = new Set<string>();
  const all: number[][] = [];
  let at = first;
  for (let cell = 0; cell < count; cell++) {
    if (at + 2 > bytes.length) return null;
    const [refCount, d2] = [bytes[at]!, bytes[at + 1]!];
    const refsAt = at + 2 + ((d2 + 1) >> 1);
    const end = refsAt + refCount;
    if (refCount > REFS_MAX || end > bytes.length) return null;
    // Data that is no whole byte ends in a one and zeros, which are not all of the last byte.
    const last = bytes[refsAt - 1]!;
    if (d2 % 2 === 1 && (last === 0 || last === 0x80)) return null;
    const refs = [...bytes.subarray(refsAt, end)];
    if (refs.some((ref) => ref <= cell || ref >= count)) return null;
    // What lies below is told apart already, so equal bytes are what equal cells have.
    seen.add(Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString("latin1"));
    all.push(refs);
    at = end;
  }
  return at === bytes.length && seen.size === count ? all : null;
}

/** Cells follow each other as `writeCell` sorts them: a cell after all that refer to it, of its refs the first one first. */
function isInOrder(refs: readonly (readonly number[])[]): boolean {
  const visited = new Set<number>();
  let next = refs.length;
  const visit = (cell: number): boolean => {
    if (visited.has(cell)) return true;
    visited.add(cell);
    if (!refs[cell]!.toReversed().every(visit)) return false;
    next -= 1;
    return next === cell;
  };
  return visit(0) && next === 0;
}
