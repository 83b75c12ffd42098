import { ByteReader, ByteWriter, type MessageHash } from "@sealwright/types";

/** What a cross-thread transfer carries to its destination. */
export interface Credit {
  readonly amount: bigint;
  /** Hash of the external message that sent it: ties both ends together, and makes every body differ. */
  readonly origin: MessageHash;
}

const VERSION = 1;
const CREDIT_BYTES = 1 + 8 + 32;

export function encodeCredit(credit: Credit): Uint8Array {
  return new ByteWriter(CREDIT_BYTES).u8(VERSION).u64(credit.amount).hex(credit.origin).finish();
}

/** @returns null when the bytes are no credit */
export function decodeCredit(bytes: Uint8Array): Credit | null {
  if (bytes.length !== CREDIT_BYTES || bytes[0] !== VERSION) return null;
  const reader = new ByteReader(bytes.subarray(1));
  return { amount: reader.u64(), origin: reader.hex(32) as MessageHash };
}
