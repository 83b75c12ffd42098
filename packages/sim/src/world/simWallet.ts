import { beginCell, Cell, contractAddress, internal, SendMode, type StateInit, storeMessageRelaxed } from "@ton/core";
import type { Ed25519SecretKey } from "@sealwright/crypto";
import { accountIdOfAddress, addressOf, encodeExternalTo, encodeTvmEnvelope, WORKCHAIN } from "@sealwright/execution";
import { type AccountId, assert, type NetworkId, type UnixMs } from "@sealwright/types";

/** TON's standard wallet v3R2, the smallest one that sends up to four messages at once. */
const CODE = Cell.fromBase64(
  "te6ccgEBAQEAcQAA3v8AIN0gggFMl7ohggEznLqxn3Gw7UTQ0x/THzHXC//jBOCk8mCDCNcYINMf0x/TH/gjE7vyY+1E0NMf0x/T/9FRMrryoVFEuvKiBPkBVBBV+RDyo/gAkyDXSpbTB9QC+wDo0QGkyMsfyx/L/8ntVA==",
);
const WALLET_ID = 698_983_191;

/** What a wallet is asked to send. */
export interface Payment {
  readonly to: AccountId;
  /** Nanotons. */
  readonly value: bigint;
  /** Whether it comes back from an account that cannot take it. */
  readonly bounce: boolean;
}

export interface WalletOrder {
  readonly networkId: NetworkId;
  readonly key: Ed25519SecretKey;
  /** How many of its orders the wallet accepted before; the first one brings its code. */
  readonly seqno: number;
  /** At most four. */
  readonly payments: readonly Payment[];
  readonly expiresAtMs: UnixMs;
}

export function walletIdOf(key: Ed25519SecretKey): AccountId {
  const id = accountIdOfAddress(contractAddress(WORKCHAIN, initOf(key)));
  assert(id !== null, "wallets are made in the network's workchain");
  return id;
}

/** The signed order as the external message that the network takes. */
export function createWalletOrder({ networkId, key, seqno, payments, expiresAtMs }: WalletOrder): Uint8Array {
  const order = beginCell()
    .storeUint(WALLET_ID, 32)
    .storeUint(Math.ceil(expiresAtMs / 1_000), 32)
    .storeUint(seqno, 32);
  for (const { to, value, bounce } of payments) {
    const message = internal({ to: addressOf(to), value, bounce });
    order.storeUint(SendMode.PAY_GAS_SEPARATELY, 8).storeRef(beginCell().store(storeMessageRelaxed(message)).endCell());
  }
  const signature = Buffer.from(key.sign(order.endCell().hash()));
  const body = beginCell().storeBuffer(signature).storeBuilder(order).endCell();
  const boc = encodeExternalTo(addressOf(walletIdOf(key)), { body, init: seqno === 0 ? initOf(key) : null });
  return encodeTvmEnvelope({ networkId, expiresAtMs, boc });
}

/** As that contract lays out its data: next number, number of the wallet, key. */
function initOf(key: Ed25519SecretKey): StateInit {
  const publicKey = Buffer.from(key.publicKey());
  return { code: CODE, data: beginCell().storeUint(0, 32).storeUint(WALLET_ID, 32).storeBuffer(publicKey).endCell() };
}
