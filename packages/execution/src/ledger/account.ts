import { ByteReader, ByteWriter } from "@sealwright/types";
import type { NonceWindow } from "./nonceWindow.js";

/** A balance in base units, and which nonces are used. */
export interface LedgerAccount {
  /** Base units, a u64. */
  readonly balance: bigint;
  readonly nonces: NonceWindow;
}

export const LEDGER_ACCOUNT_BYTES = 8 + 8 + 32;

/** balance u64 || highest nonce u64 || window of 256 bits */
export function encodeLedgerAccount(account: LedgerAccount): Uint8Array {
  const writer = new ByteWriter(LEDGER_ACCOUNT_BYTES).u64(account.balance).u64(account.nonces.highest);
  const { used } = account.nonces;
  for (let shift = 192n; shift >= 0n; shift -= 64n) writer.u64((used >> shift) & U64);
  return writer.finish();
}

/** @returns null when the bytes are no account */
export function decodeLedgerAccount(bytes: Uint8Array): LedgerAccount | null {
  if (bytes.length !== LEDGER_ACCOUNT_BYTES) return null;
  const reader = new ByteReader(bytes);
  const balance = reader.u64();
  const highest = reader.u64();
  let used = 0n;
  for (let i = 0; i < 4; i++) used = (used << 64n) | reader.u64();
  return { balance, nonces: { highest, used } };
}

const U64 = 0xffff_ffff_ffff_ffffn;
