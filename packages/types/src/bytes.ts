import { hexInto } from "./hexInto.js";

/** Byte helpers; public types are always `Uint8Array`, never `Buffer`. */

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** @returns the bytes, or null when `text` is not an even number of hex digits (either case) */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0) return null;
  const bytes = new Uint8Array(text.length / 2);
  return hexInto(text, bytes, 0) ? bytes : null;
}

/** A copy with memory of its own: a view keeps all of the frame or body alive that it was cut from. */
export function detached(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** Stops at the first difference: for what is public, not for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** Bytewise order, as the shuffle and all canonical lists use it. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
