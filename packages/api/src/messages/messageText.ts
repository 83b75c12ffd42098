import { fromHex } from "@sealwright/types";

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/**
 * Bytes of a message as people send them in JSON.
 * @param text hex, with or without 0x, or base64 in either alphabet; what reads as hex is hex
 * @returns null when it is neither
 */
export function parseMessageText(text: string): Uint8Array | null {
  const hex = fromHex(text.startsWith("0x") ? text.slice(2) : text);
  if (hex !== null) return hex;
  return BASE64.test(text) && text.replace(/=+$/, "").length % 4 !== 1
    ? new Uint8Array(Buffer.from(text, "base64"))
    : null;
}
