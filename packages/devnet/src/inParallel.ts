/** Maps with at most `widthMax` calls under way; the first failure is thrown when those under way have ended. */
export async function inParallel<T, R>(
  items: readonly T[],
  widthMax: number,
  call: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await call(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(widthMax, items.length) }, lane));
  return results;
}
