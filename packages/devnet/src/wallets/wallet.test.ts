import { keyPairFromSeed } from "@ton/crypto";
import { internal, SendMode, WalletContractV4 } from "@ton/ton";
import { Ed25519SecretKey } from "@sealwright/crypto";
import { addressOf, bocOfEnvelope, encodeExternalTo, parseExternal } from "@sealwright/execution";
import { type NetworkId, sha256, sha256Hex, unixMs, unwrap } from "@sealwright/types";
import { expect, it } from "vitest";
import { createLoadTransfer, PAYMENTS_MAX } from "./loadTransfer.js";
import {
  createTestWallets,
  createWalletTransfer,
  type LoadWallet,
  loadWallets,
  openWallet,
  WALLET_ID,
} from "./wallet.js";

const SEED = sha256(Buffer.from("load"));

it("names the accounts of load wallets as opening them does", () => {
  const { publicKey } = keyPairFromSeed(Buffer.from(SEED));
  const opened = [0, 1, 2].map((i) => WalletContractV4.create({ workchain: 0, publicKey, walletId: WALLET_ID + i }));
  const made = loadWallets(SEED, 3);
  expect(made.map(({ address }) => address.toString())).toEqual(opened.map(({ address }) => address.toString()));
  expect(made.map(({ id }) => addressOf(id).toString())).toEqual(opened.map(({ address }) => address.toString()));
});

it("makes the very message that the wallets' library makes, also of several payments", () => {
  const keys = keyPairFromSeed(Buffer.from(SEED));
  const [wallet] = loadWallets(SEED, 1) as [LoadWallet];
  const contract = WalletContractV4.create({ workchain: 0, publicKey: keys.publicKey });
  for (const count of [1, PAYMENTS_MAX]) {
    const payments = Array.from({ length: count }, (_, i) => ({ to: wallet.address, amount: BigInt(i + 1) }));
    const body = contract.createTransfer({
      seqno: 7,
      secretKey: keys.secretKey,
      sendMode: SendMode.PAY_GAS_SEPARATELY,
      timeout: 1_700_000_000,
      messages: payments.map(({ to, amount }) => internal({ to, value: amount, bounce: false })),
    });
    const ours = createLoadTransfer({
      networkId: sha256Hex(SEED) as NetworkId,
      wallet,
      key: unwrap(Ed25519SecretKey.fromSeed(SEED)),
      seqno: 7,
      payments,
      expiresAtMs: unixMs(1_700_000_000_000),
    });
    expect(bocOfEnvelope(ours)).toEqual(encodeExternalTo(wallet.address, { body, init: null }));
  }
});

it("makes wallets of both versions that open at their address and sign messages to themselves", async () => {
  const wallets = await createTestWallets(2, 7n);
  expect(wallets.map(({ version, balance }) => [version, balance])).toEqual([
    ["v4R2", "7"],
    ["v5R1", "7"],
  ]);
  for (const wallet of wallets) {
    const opened = await openWallet(wallet);
    expect(addressOf(opened.id).toString({ bounceable: false })).toBe(wallet.address);
    const bytes = createWalletTransfer({
      networkId: sha256Hex(SEED) as NetworkId,
      wallet: opened,
      seqno: null,
      to: addressOf(opened.id),
      amount: 1n,
      expiresAtMs: unixMs(1_700_000_000_000),
    });
    expect(parseExternal(bocOfEnvelope(bytes))).toMatchObject({ ok: true, value: { account: opened.id } });
  }
});
