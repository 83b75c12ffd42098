import { type Address, beginCell, type Cell, contractAddress, internal, SendMode } from "@ton/core";
import { keyPairFromSeed, type KeyPair, mnemonicNew, mnemonicToPrivateKey } from "@ton/crypto";
// Of these alone: by its front door that package brings an HTTP client with all that one needs.
import { WalletContractV4 } from "@ton/ton/dist/wallets/WalletContractV4.js";
import { WalletContractV5R1 } from "@ton/ton/dist/wallets/WalletContractV5R1.js";
import { accountIdOfAddress, encodeExternalTo, encodeTvmEnvelope, TvmAccount, WORKCHAIN } from "@sealwright/execution";
import { type AccountId, assert, type NetworkId, type UnixMs } from "@sealwright/types";

/** Of TON's standard wallets. */
export const WALLET_VERSIONS = ["v4R2", "v5R1"] as const;
/** One of `WALLET_VERSIONS`. */
export type WalletVersion = (typeof WALLET_VERSIONS)[number];

/** One entry of a TVM network's accounts.json: a wallet that every TON tool can open. */
export interface TestWallet {
  /** 24 words. */
  readonly mnemonic: string;
  readonly address: string;
  readonly version: WalletVersion;
  /** At genesis, nanotons. */
  readonly balance: string;
}

/** A wallet whose key is at hand. */
export interface OpenWallet {
  readonly id: AccountId;
  readonly contract: WalletContractV4 | WalletContractV5R1;
  readonly key: KeyPair;
}

export interface WalletTransfer {
  readonly networkId: NetworkId;
  readonly wallet: OpenWallet;
  /** Null: the wallet has no code on the chain yet, and this message brings it. */
  readonly seqno: number | null;
  readonly to: Address;
  /** Nanotons. */
  readonly amount: bigint;
  readonly expiresAtMs: UnixMs;
}

/** New wallets of both versions in turn, with keys from the system's randomness. */
export function createTestWallets(count: number, balance: bigint): Promise<TestWallet[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const mnemonic = (await mnemonicNew()).join(" ");
      const version = WALLET_VERSIONS[i % WALLET_VERSIONS.length]!;
      const { contract } = await openWallet({ mnemonic, version });
      return { mnemonic, address: contract.address.toString({ bounceable: false }), version, balance: String(balance) };
    }),
  );
}

/** Of 24 words: derives the key, which takes a moment. */
export async function openWallet({ mnemonic, version }: Pick<TestWallet, "mnemonic" | "version">): Promise<OpenWallet> {
  const key = await mnemonicToPrivateKey(mnemonic.split(" "));
  const options = { workchain: WORKCHAIN, publicKey: key.publicKey };
  return openContract(version === "v4R2" ? WalletContractV4.create(options) : WalletContractV5R1.create(options), key);
}

/** What a v4R2 wallet's number is counted from. */
export const WALLET_ID = 698_983_191;

/** One of many v4R2 wallets of one key, such as a load sends from. */
export interface LoadWallet {
  readonly id: AccountId;
  readonly address: Address;
  readonly init: { readonly code: Cell; readonly data: Cell };
  /** What tells it apart from the others of its key. */
  readonly walletId: number;
}

/** As opening each by itself would, without reading the contract's code again for every one. @param seed 32 bytes */
export function loadWallets(seed: Uint8Array, count: number): LoadWallet[] {
  const { publicKey } = keyPairFromSeed(Buffer.from(seed));
  const { code } = WalletContractV4.create({ workchain: WORKCHAIN, publicKey }).init;
  return Array.from({ length: count }, (_, i) => {
    const walletId = WALLET_ID + i;
    // As that contract lays out its data: next number, number of the wallet, key, no plugins.
    const data = beginCell().storeUint(0, 32).storeUint(walletId, 32).storeBuffer(publicKey).storeBit(0).endCell();
    const address = contractAddress(WORKCHAIN, { code, data });
    const id = accountIdOfAddress(address);
    assert(id !== null, "wallets are made in the network's workchain");
    return { id, address, init: { code, data }, walletId };
  });
}

/** The signed transfer as the external message that this network takes. */
export function createWalletTransfer(transfer: WalletTransfer): Uint8Array {
  const { networkId, wallet, to, amount, expiresAtMs } = transfer;
  const { contract, key } = wallet;
  const common = {
    seqno: transfer.seqno ?? 0,
    secretKey: key.secretKey,
    sendMode: SendMode.PAY_GAS_SEPARATELY,
    timeout: Math.ceil(expiresAtMs / 1_000),
    messages: [internal({ to, value: amount, bounce: false })],
  };
  const body = contract instanceof WalletContractV4 ? contract.createTransfer(common) : contract.createTransfer(common);
  const boc = encodeExternalTo(contract.address, { body, init: transfer.seqno === null ? contract.init : null });
  return encodeTvmEnvelope({ networkId, expiresAtMs, boc });
}

/** The number that the wallet's next message carries, from its account's value; null when it has no code yet. */
export function seqnoOf({ contract }: OpenWallet, value: Uint8Array | null): number | null {
  return seqnoOfWallet(contract instanceof WalletContractV4 ? "v4R2" : "v5R1", value);
}

export function seqnoOfWallet(version: WalletVersion, value: Uint8Array | null): number | null {
  const contract = value === null ? null : TvmAccount.decode(value)?.contract;
  if (contract?.data == null) return null;
  const data = contract.data.beginParse();
  // v5R1 begins with whether signatures are allowed.
  if (version === "v5R1") data.skip(1);
  return data.loadUint(32);
}

function openContract(contract: OpenWallet["contract"], key: KeyPair): OpenWallet {
  const id = accountIdOfAddress(contract.address);
  assert(id !== null, "wallets are made in the network's workchain");
  return { id, contract, key };
}
