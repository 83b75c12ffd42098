/** What a disk writes whole or not at all. */
export const SECTOR_BYTES = 512;

const ZEROS = Buffer.alloc(SECTOR_BYTES);

/** @param to at most one sector behind `from`; what lies behind the end of the file counts as zeros */
export function isZero(file: Buffer, from: number, to: number): boolean {
  const part = file.subarray(from, to);
  return part.compare(ZEROS, 0, part.length) === 0;
}

/** Bytes from `offset` to the end of the last sector that is not all zeros. */
export function usedBytes(file: Buffer, offset: number): number {
  for (let end = file.length; end > offset; end -= SECTOR_BYTES)
    if (!isZero(file, Math.max(offset, end - SECTOR_BYTES), end)) return end - offset;
  return 0;
}
