import type { SimRandom } from "../world/simRandom.js";

const INTERESTING = [0x00, 0x01, 0x7f, 0x80, 0xff];
const GROWTH_BYTES_MAX = 64;
const ROUNDS_MAX = 6;

/**
 * One to several small changes: flipped bits, odd and random values, huge counts, pieces cut, repeated, or taken from
 * `other`.
 */
export function mutateBytes(random: SimRandom, input: Uint8Array, other: Uint8Array): Uint8Array {
  // A copy in any case: `slice` of a Buffer is a view of it.
  let bytes: Uint8Array = new Uint8Array(input);
  for (let round = random.between(1, ROUNDS_MAX); round > 0; round--) bytes = mutateOnce(random, bytes, other);
  return bytes;
}

function mutateOnce(random: SimRandom, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  if (bytes.length === 0) return random.bytes(random.between(1, GROWTH_BYTES_MAX));
  const at = random.int(bytes.length);
  const length = random.between(1, Math.min(GROWTH_BYTES_MAX, bytes.length - at));
  switch (random.int(10)) {
    case 0:
      bytes[at]! ^= 1 << random.int(8);
      return bytes;
    case 1:
      bytes[at] = random.pick(INTERESTING);
      return bytes;
    case 2:
      bytes.fill(0xff, at, Math.min(at + 4, bytes.length));
      return bytes;
    case 3:
      bytes[at] = bytes[at]! + random.between(-2, 2);
      return bytes;
    case 4:
      return bytes.slice(0, at);
    case 5:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 6:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    case 7:
      bytes[at] = random.int(256);
      return bytes;
    case 8:
      bytes.set(other.subarray(at, at + length), at);
      return bytes;
    default: {
      const from = random.int(other.length + 1);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + length), bytes.subarray(at)]);
    }
  }
}
