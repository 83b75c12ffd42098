import { type TSchema, Type } from "typebox";

/** 32 bytes as 64 hex digits: block, message, account, keeper and network ids. Any case comes in, lower case goes out. */
export const Hex32 = Type.String({ pattern: "^[0-9a-fA-F]{64}$", description: "64 hex digits" });
/** 34 bytes as 68 hex digits. */
export const ThreadIdText = Type.String({ pattern: "^[0-9a-f]{68}$", description: "68 hex digits" });
export const HexBytes = Type.String({ pattern: "^([0-9a-f]{2})*$", description: "bytes in hex" });
/** An unsigned 64-bit or larger number as a decimal string, because JSON numbers stop at 2^53. */
export const Decimal = Type.String({ pattern: "^-?[0-9]{1,80}$", description: "decimal number" });
export const Height = Type.String({ pattern: "^[0-9]{1,20}$", description: "height, a decimal number" });
export const UnixMs = Type.Integer({ minimum: 0, description: "milliseconds since 1970" });
/** What a path or query may say for a thread: its index or its id. */
export const ThreadText = Type.String({
  pattern: "^([0-9]{1,5}|[0-9a-fA-F]{68})$",
  description: "thread index, or the thread's id of 68 hex digits",
});

export function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}
