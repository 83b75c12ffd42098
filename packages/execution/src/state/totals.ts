import { ByteReader, ByteWriter } from "@sealwright/types";
import type { Totals } from "../executor.js";

const PARTS = ["balances", "fees", "sent", "received"] as const satisfies readonly (keyof Totals)[];
const PART_BYTES = 16;
/** Value that keeps crossing threads adds up without end, so the sums have 128 bits. */
const PART_MAX = (1n << 128n) - 1n;
const LOW = 0xffff_ffff_ffff_ffffn;

export const TOTALS_BYTES = PARTS.length * PART_BYTES;
export const ZERO_TOTALS: Totals = { balances: 0n, fees: 0n, sent: 0n, received: 0n };

export function addTotals(a: Totals, b: Partial<Totals>): Totals {
  return {
    balances: a.balances + (b.balances ?? 0n),
    fees: a.fees + (b.fees ?? 0n),
    sent: a.sent + (b.sent ?? 0n),
    received: a.received + (b.received ?? 0n),
  };
}

export function encodeTotals(totals: Totals): Uint8Array {
  const writer = new ByteWriter(TOTALS_BYTES);
  for (const part of PARTS) {
    const value = totals[part];
    if (value < 0n || value > PART_MAX) throw new RangeError(`total ${part} out of range: ${value}`);
    writer.u64(value >> 64n).u64(value & LOW);
  }
  return writer.finish();
}

/** @returns null when `bytes` are not totals */
export function decodeTotals(bytes: Uint8Array): Totals | null {
  if (bytes.length !== TOTALS_BYTES) return null;
  const reader = new ByteReader(bytes);
  const next = (): bigint => (reader.u64() << 64n) | reader.u64();
  return { balances: next(), fees: next(), sent: next(), received: next() };
}
