import { type Address, beginCell, internal, SendMode, storeMessageRelaxed } from "@ton/ton";
import type { Ed25519SecretKey } from "@sealwright/crypto";
import { encodeExternalTo, encodeTvmEnvelope } from "@sealwright/execution";
import type { NetworkId, UnixMs } from "@sealwright/types";
import type { LoadWallet } from "./wallet.js";

export interface LoadTransfer {
  readonly networkId: NetworkId;
  readonly wallet: LoadWallet;
  readonly key: Ed25519SecretKey;
  /** Null: the wallet has no code on the chain yet, and this message brings it. */
  readonly seqno: number | null;
  readonly to: Address;
  /** Nanotons. */
  readonly amount: bigint;
  readonly expiresAtMs: UnixMs;
}

/**
 * A transfer as a v4R2 wallet takes it: signature, wallet, end of validity, number, plain transfer, mode, message. Signed
 * by the system's own code: the wallets' library signs in JavaScript, a hundred times slower.
 */
export function createLoadTransfer(transfer: LoadTransfer): Uint8Array {
  const { networkId, wallet, key, seqno, to, amount, expiresAtMs } = transfer;
  const message = beginCell()
    .store(storeMessageRelaxed(internal({ to, value: amount, bounce: false })))
    .endCell();
  const unsigned = beginCell()
    .storeUint(wallet.walletId, 32)
    .storeUint(Math.ceil(expiresAtMs / 1_000), 32)
    .storeUint(seqno ?? 0, 32)
    .storeUint(0, 8)
    .storeUint(SendMode.PAY_GAS_SEPARATELY, 8)
    .storeRef(message);
  const signature = Buffer.from(key.sign(unsigned.endCell().hash()));
  const body = beginCell().storeBuffer(signature).storeBuilder(unsigned).endCell();
  const boc = encodeExternalTo(wallet.address, { body, init: seqno === null ? wallet.init : null });
  return encodeTvmEnvelope({ networkId, expiresAtMs, boc });
}
