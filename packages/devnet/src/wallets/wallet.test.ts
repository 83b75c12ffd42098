import { keyPairFromSeed } from "@ton/crypto";
import { WalletContractV4 } from "@ton/ton";
import { addressOf, parseExternal, bocOfEnvelope } from "@sealwright/execution";
import { sha256, sha256Hex, unixMs, type NetworkId } from "@sealwright/types";
import { expect, it } from "vitest";
import { createTestWallets, createWalletTransfer, loadWallets, openWallet, WALLET_ID } from "./wallet.js";

const SEED = sha256(Buffer.from("load"));

it("names the accounts of load wallets as opening them does", () => {
  const { publicKey } = keyPairFromSeed(Buffer.from(SEED));
  const opened = [0, 1, 2].map((i) => WalletContractV4.create({ workchain: 0, publicKey, walletId: WALLET_ID + i }));
  const made = loadWallets(SEED, 3);
  expect(made.map(({ address }) => address.toString())).toEqual(opened.map(({ address }) => address.toString()));
  expect(made.map(({ id }) => addressOf(id).toString())).toEqual(opened.map(({ address }) => address.toString()));
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
