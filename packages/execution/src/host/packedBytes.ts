import { assert } from "@sealwright/types";

/** Many byte strings as two buffers, so that crossing a thread costs two moves and no object per item. */
export interface PackedBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** End of each item in `bytes`. */
  readonly ends: Uint32Array<ArrayBuffer>;
}

export function packBytes(items: readonly Uint8Array[]): PackedBytes {
  const ends = new Uint32Array(items.length);
  let length = 0;
  items.forEach((item, i) => (ends[i] = length += item.length));
  assert(length <= 0xffff_ffff, "one batch stays below 4 GiB");
  const bytes = new Uint8Array(length);
  items.forEach((item, i) => bytes.set(item, ends[i]! - item.length));
  return { bytes, ends };
}

/** Views, not copies. */
export function unpackBytes({ bytes, ends }: PackedBytes): Uint8Array[] {
  return Array.from(ends, (end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}

export function buffersOf(packed: PackedBytes): ArrayBuffer[] {
  return [packed.bytes.buffer, packed.ends.buffer];
}
