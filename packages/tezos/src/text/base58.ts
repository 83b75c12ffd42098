import { err, ok, type Result } from "@sealwright/types";

/** What the alphabet does not hold; `index` is the character's place in the text. */
export interface BadCharacter {
  readonly code: "badCharacter";
  readonly index: number;
}

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const DIGIT_OF = new Map(Array.from(ALPHABET, (character, digit) => [character, digit]));

// Five digits and sixteen bits at a time: 58^5 * 2^16 stays an exact double, and the quadratic cost falls forty-fold,
// which matters for the texts of thousands of characters that ML-DSA keys have.
const GROUP_DIGITS = 5;
const GROUP_BASE = 58 ** GROUP_DIGITS;
const LIMB_BASE = 0x1_0000;

/** Plain base58 without a checksum: one leading "1" for every leading zero byte. */
export function encodeBase58(bytes: Uint8Array): string {
  const zeros = countLeading(bytes, 0);
  const limbs = toLimbs(bytes);
  const groups: number[] = [];
  for (let start = 0; start < limbs.length;) {
    groups.push(divideInPlace(limbs, start));
    while (start < limbs.length && limbs[start] === 0) start++;
  }
  return "1".repeat(zeros) + groups.reverse().map(groupText).join("").replace(/^1+/, "");
}

/**
 * The inverse of `encodeBase58`. Quadratic in the text's length: bound it before calling.
 * @returns the bytes, or where the first character outside the alphabet is
 */
export function decodeBase58(text: string): Result<Uint8Array, BadCharacter> {
  const limbs: number[] = []; // least significant first
  let group = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = DIGIT_OF.get(text.charAt(index));
    if (digit === undefined) return err({ code: "badCharacter", index });
    group = group * 58 + digit;
    if ((text.length - 1 - index) % GROUP_DIGITS === 0) {
      multiplyAndAdd(limbs, group);
      group = 0;
    }
  }
  const zeros = /^1*/.exec(text)?.[0].length ?? 0;
  return ok(fromLimbs(limbs, zeros));
}

function countLeading(bytes: Uint8Array, value: number): number {
  let count = 0;
  while (count < bytes.length && bytes[count] === value) count++;
  return count;
}

/** Sixteen-bit limbs, most significant first. */
function toLimbs(bytes: Uint8Array): number[] {
  const limbs: number[] = [];
  for (let end = bytes.length; end > 0; end -= 2) {
    limbs.push(((end > 1 ? bytes[end - 2] : 0) ?? 0) * 256 + (bytes[end - 1] ?? 0));
  }
  return limbs.reverse();
}

/** Divides the number in `limbs` by 58^5 where it stands and returns the remainder. */
function divideInPlace(limbs: number[], start: number): number {
  let remainder = 0;
  for (let i = start; i < limbs.length; i++) {
    const value = remainder * LIMB_BASE + (limbs[i] ?? 0);
    const quotient = Math.floor(value / GROUP_BASE);
    limbs[i] = quotient;
    remainder = value - quotient * GROUP_BASE;
  }
  return remainder;
}

function groupText(group: number): string {
  let text = "";
  for (let rest = group; text.length < GROUP_DIGITS; rest = Math.floor(rest / 58))
    text = ALPHABET.charAt(rest % 58) + text;
  return text;
}

/** limbs = limbs * 58^5 + group. The first group may have fewer digits: then `limbs` is still empty. */
function multiplyAndAdd(limbs: number[], group: number): void {
  let carry = group;
  for (let i = 0; i < limbs.length; i++) {
    const value = (limbs[i] ?? 0) * GROUP_BASE + carry;
    carry = Math.floor(value / LIMB_BASE);
    limbs[i] = value - carry * LIMB_BASE;
  }
  for (; carry > 0; carry = Math.floor(carry / LIMB_BASE)) limbs.push(carry % LIMB_BASE);
}

function fromLimbs(limbs: readonly number[], zeros: number): Uint8Array {
  const bytes = new Uint8Array(limbs.length * 2);
  limbs.forEach((limb, i) => {
    bytes[bytes.length - 1 - 2 * i] = limb & 0xff;
    bytes[bytes.length - 2 - 2 * i] = limb >> 8;
  });
  const significant = bytes.subarray(countLeading(bytes, 0));
  const out = new Uint8Array(zeros + significant.length);
  out.set(significant, zeros);
  return out;
}
