import { fromHex } from "@sealwright/types";
import { ServiceRefusal } from "../serviceRefusal.js";

/** A JSON object whose fields are not looked at yet. */
export type Fields = Readonly<Record<string, unknown>>;

const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** @param path what a refusal calls it @throws ServiceRefusal */
export function fieldsAt(value: unknown, path: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new ServiceRefusal("undecodable", `${path} is no object: send the whole object as its client standard has it`);
}

/** @throws ServiceRefusal */
export function textAt(value: unknown, path: string): string {
  if (typeof value === "string") return value;
  throw new ServiceRefusal("undecodable", `${path} is no text: send it in double quotes`);
}

/** Decimal text, as the protocol has it; a small number as such is taken too. @throws ServiceRefusal */
export function numberAt(value: unknown, path: string): bigint {
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text === "string" && text.startsWith("-"))
    throw new ServiceRefusal("negativeNumber", `${path} is negative: send the true number`);
  if (typeof text === "string" && /^(0|[1-9][0-9]{0,19})$/.test(text) && BigInt(text) <= U64_MAX) return BigInt(text);
  throw new ServiceRefusal("undecodable", `${path} is no decimal number of 64 bits: send one in double quotes`);
}

/** @throws ServiceRefusal */
export function hexAt(value: unknown, path: string, lengthBytes: number): Uint8Array {
  const bytes = bytesOf(value);
  if (bytes?.length === lengthBytes) return bytes;
  throw new ServiceRefusal(
    "undecodable",
    `${path} is not made of ${lengthBytes} bytes of hex: send all of them behind 0x`,
  );
}

/** A list of bits as Ethereum writes it: the highest bit that is set stands behind the last one of the list. */
export interface BitList {
  /** Without the bit that ends it, filled up with zeros. */
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** @throws ServiceRefusal */
export function bitListAt(value: unknown, path: string, lengthMax: number): BitList {
  const bytes = bytesOf(value);
  const last = bytes?.at(-1) ?? 0;
  if (bytes === null || last === 0)
    throw new ServiceRefusal(
      "undecodable",
      `${path} is no list of bits with its end: send its SSZ form in hex behind 0x`,
    );
  const endBit = 31 - Math.clz32(last);
  const length = (bytes.length - 1) * 8 + endBit;
  if (length > lengthMax)
    throw new ServiceRefusal("undecodable", `${path} has ${length} bits, at most ${lengthMax}: send the whole object`);
  const withoutEnd = bytes.slice(0, Math.ceil(length / 8));
  if (endBit > 0) withoutEnd[withoutEnd.length - 1] = last ^ (1 << endBit);
  return { bytes: withoutEnd, length };
}

function bytesOf(value: unknown): Uint8Array | null {
  return typeof value === "string" ? fromHex(value.replace(/^0x/, "").toLowerCase()) : null;
}
