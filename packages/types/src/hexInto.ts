/** By character code: the value of a hex digit, in either case; 255 for everything else. */
const DIGITS = new Uint8Array(128).fill(255);
for (const [value, digit] of [..."0123456789abcdef"].entries()) {
  DIGITS[digit.charCodeAt(0)] = value;
  DIGITS[digit.toUpperCase().charCodeAt(0)] = value;
}

/** Writes the bytes of hex digits, whose number is even, where there is room for them. @returns false for other text */
export function hexInto(text: string, target: Uint8Array, start: number): boolean {
  const end = start + text.length / 2;
  for (let to = start, from = 0; to < end; to++, from += 2) {
    const high = DIGITS[text.charCodeAt(from)] ?? 255;
    const low = DIGITS[text.charCodeAt(from + 1)] ?? 255;
    if ((high | low) > 15) return false;
    target[to] = (high << 4) | low;
  }
  return true;
}
