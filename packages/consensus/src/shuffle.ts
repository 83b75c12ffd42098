import { assert, idBytes, type BlockId, sha256 } from "@sealwright/types";

const WORD_RANGE = 2 ** 32;
const WORDS_PER_DIGEST = 8;

/**
 * The order that a seed gives to `count` places: Fisher-Yates from the end. Random words are the big-endian u32 of
 * SHA-256(seed || u64 counter), counter = 0, 1, …; a word outside the largest multiple of the bound is drawn again, so
 * every order is equally likely.
 * @returns a permutation of 0..count-1
 */
export function shuffledOrder(seed: BlockId, count: number): number[] {
  assert(Number.isInteger(count) && count >= 1, `nothing to shuffle: ${count}`);
  const order = Array.from({ length: count }, (_, i) => i);
  const nextWord = wordStream(idBytes(seed));
  for (let last = count - 1; last > 0; last--) {
    const chosen = drawBelow(nextWord, last + 1);
    [order[last], order[chosen]] = [order[chosen]!, order[last]!];
  }
  return order;
}

/**
 * A number in [0, bound), each equally likely when every u32 is.
 * @param nextWord gives the next random u32; asked again for a word that would favour the low numbers
 */
export function drawBelow(nextWord: () => number, bound: number): number {
  const zone = WORD_RANGE - (WORD_RANGE % bound);
  let word = nextWord();
  while (word >= zone) word = nextWord();
  return word % bound;
}

function wordStream(seed: Uint8Array): () => number {
  const input = Buffer.alloc(seed.length + 8);
  input.set(seed);
  let counter = 0n;
  let digest: DataView = new DataView(new ArrayBuffer(0));
  let used = WORDS_PER_DIGEST;
  return () => {
    if (used === WORDS_PER_DIGEST) {
      input.writeBigUInt64BE(counter++, seed.length);
      const bytes = sha256(input);
      digest = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      used = 0;
    }
    return digest.getUint32(4 * used++);
  };
}
