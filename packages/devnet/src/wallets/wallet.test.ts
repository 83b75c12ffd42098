import { addressOf, parseExternal, bocOfEnvelope } from "@sealwright/execution";
import { sha256, sha256Hex, unixMs, type NetworkId } from "@sealwright/types";
import { expect, it } from "vitest";
import { createTestWallets, createWalletTransfer, loadWalletIds, openLoadWallets, openWallet } from "./wallet.js";

const SEED = sha256(Buffer.from("load"));

it("names the accounts of load wallets as opening them does", () => {
  expect(loadWalletIds(SEED, 3)).toEqual(openLoadWallets(SEED, 3).map(({ id }) => id));
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
