import type { SimRandom } from "../world/simRandom.js";

/** Two different places of a BK set. */
export function twoPlaces(random: SimRandom, keeperCount: number): [number, number] {
  const first = random.int(keeperCount);
  return [first, (first + 1 + random.int(keeperCount - 1)) % keeperCount];
}
