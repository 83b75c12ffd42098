/**
 * A bag of empty cells, of which each refers to the next one unless said otherwise. A library would take long to make it.
 * @param refsOf cells that a cell refers to; those beyond the last are left out
 */
export function chainBag(count: number, refsOf = (cell: number): readonly number[] => [cell + 1]): Uint8Array {
  const sizeBytes = 2;
  const cells = Array.from({ length: count }, (_, cell) => {
    const refs = refsOf(cell).filter((ref) => ref < count);
    return [refs.length, 0, ...refs.flatMap((ref) => [ref >> 8, ref & 0xff])];
  }).flat();
  const total = Buffer.alloc(4);
  total.writeUInt32BE(cells.length);
  const head = [0xb5, 0xee, 0x9c, 0x72, sizeBytes, total.length, count >> 8, count & 0xff, 0, 1, 0, 0, ...total, 0, 0];
  return Uint8Array.from([...head, ...cells]);
}
