/** What a disk writes whole or not at all. */
export const SECTOR_BYTES = 512;

const STEP_BYTES = 128 * SECTOR_BYTES;
const ZEROS = Buffer.alloc(STEP_BYTES);

/** @param to at most 128 sectors behind `from`; what lies behind the end of the file counts as zeros */
export function isZero(file: Buffer, from: number, to: number): boolean {
  const part = file.subarray(from, to);
  return part.compare(ZEROS, 0, part.length) === 0;
}

/** Bytes from `offset` to the end of the last sector that is not all zeros. */
export function usedBytes(file: Buffer, offset: number): number {
  let end = file.length;
  // By large steps first: most of a log is the room that it still has.
  for (const step of [STEP_BYTES, SECTOR_BYTES])
    while (end > offset && isZero(file, Math.max(offset, end - step), end)) end -= step;
  return Math.max(0, end - offset);
}
