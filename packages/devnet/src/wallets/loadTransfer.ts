import { type Address, beginCell, internal, SendMode, storeMessageRelaxed } from "@ton/core";
import type { Ed25519SecretKey } from "@sealwright/crypto";
import { encodeExternalTo, encodeTvmEnvelope } from "@sealwright/execution";
import { assert, type NetworkId, type UnixMs } from "@sealwright/types";
import type { LoadWallet } from "./wallet.js";

export interface LoadTransfer {
  readonly networkId: NetworkId;
  readonly wallet: LoadWallet;
  readonly key: Ed25519SecretKey;
  /** Null: the wallet has no code on the chain yet, and this message brings it. */
  readonly seqno: number | null;
  /** At most `PAYMENTS_MAX`. */
  readonly payments: readonly Payment[];
  readonly expiresAtMs: UnixMs;
}

export interface Payment {
  readonly to: Address;
  /** Nanotons. */
  readonly amount: bigint;
}

/** Of one message: as many as a cell has references. */
export const PAYMENTS_MAX = 4;

/**
 * A transfer as a v4R2 wallet takes it: signature, wallet, end of validity, number, plain transfer, and a mode and
 * a message for each payment. Signed by the system's own code: the wallets' library signs in JavaScript, a hundred times slower.
 */
export function createLoadTransfer(transfer: LoadTransfer): Uint8Array {
  const { networkId, wallet, key, seqno, payments, expiresAtMs } = transfer;
  assert(payments.length <= PAYMENTS_MAX, "a wallet's message has no more payments than a cell has references");
  const unsigned = beginCell()
    .storeUint(wallet.walletId, 32)
    .storeUint(Math.ceil(expiresAtMs / 1_000), 32)
    .storeUint(seqno ?? 0, 32)
    .storeUint(0, 8);
  for (const { to, amount } of payments) {
    const message = storeMessageRelaxed(internal({ to, value: amount, bounce: false }));
    unsigned.storeUint(SendMode.PAY_GAS_SEPARATELY, 8).storeRef(beginCell().store(message).endCell());
  }
  const signature = Buffer.from(key.sign(unsigned.endCell().hash()));
  const body = beginCell().storeBuffer(signature).storeBuilder(unsigned).endCell();
  const boc = encodeExternalTo(wallet.address, { body, init: seqno === null ? wallet.init : null });
  return encodeTvmEnvelope({ networkId, expiresAtMs, boc });
}
