import type { Ed25519SecretKey } from "@sealwright/crypto";
import { type AccountId, assert, ByteWriter, concatBytes, type NetworkId, type UnixMs } from "@sealwright/types";
import { STORE_KIND, STORE_PAYLOAD_BYTES_MAX, TRANSFER_BYTES, TRANSFER_KIND } from "./ledgerMessage.js";

/** A transfer, and the key that pays it. */
export interface TransferOptions {
  readonly networkId: NetworkId;
  readonly key: Ed25519SecretKey;
  readonly to: AccountId;
  /** Base units, 1 .. 2^64 - 1. */
  readonly amount: bigint;
  /** Unused so far, see `nextNonce`; any order within 256, and at most `NONCE_JUMP_MAX` above the highest used. */
  readonly nonce: bigint;
  /** At most 60 s after the block's time; 30 s from now is a good choice. */
  readonly expiresAtMs: UnixMs;
}

/** Bytes to be kept in a block, and the account that decides whose. */
export interface StoreOptions {
  readonly networkId: NetworkId;
  /** Decides the thread; need not exist. */
  readonly account: AccountId;
  /** At most 60 KiB; two messages with equal options are one message. */
  readonly payload: Uint8Array;
  readonly expiresAtMs: UnixMs;
}

/** A signed transfer, ready to send. */
export function createTransfer({ networkId, key, to, amount, nonce, expiresAtMs }: TransferOptions): Uint8Array {
  assert(
    amount > 0n && amount <= U64_MAX && nonce >= 0n && nonce <= U64_MAX,
    "amount and nonce are u64, amount is not 0",
  );
  const signed = begin(TRANSFER_KIND, networkId, expiresAtMs, TRANSFER_BYTES)
    .fixed(key.publicKey(), 32)
    .hex(to)
    .u64(amount)
    .u64(nonce)
    .finish();
  return concatBytes(signed, key.sign(signed));
}

/** Many transfers, about 25,000 a second. */
export function createTransfers(transfers: readonly TransferOptions[]): Uint8Array[] {
  return transfers.map(createTransfer);
}

/** A message that is only stored, ready to send; nobody signs it. */
export function createStoreMessage({ networkId, account, payload, expiresAtMs }: StoreOptions): Uint8Array {
  assert(payload.length <= STORE_PAYLOAD_BYTES_MAX, `a payload has at most ${STORE_PAYLOAD_BYTES_MAX} bytes`);
  const writer = begin(STORE_KIND, networkId, expiresAtMs, payload.length + 76);
  return writer.hex(account).fixed(payload, payload.length).finish();
}

const U64_MAX = 0xffff_ffff_ffff_ffffn;

function begin(kind: string, networkId: NetworkId, expiresAtMs: UnixMs, capacity: number): ByteWriter {
  return new ByteWriter(capacity).fixed(Buffer.from(kind, "ascii"), 4).hex(networkId).u53(expiresAtMs);
}
