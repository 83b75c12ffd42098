import type { AccountJson } from "@sealwright/api";
import { openWallet, type TestWallet } from "@sealwright/devnet";
import { addressOf } from "@sealwright/execution";
import { type NetworkId, sha256Hex, unixMs } from "@sealwright/types";
import { expect, it } from "vitest";
import { walletSend } from "./walletSend.js";

const PLACE = { networkId: sha256Hex(Buffer.from("network")) as NetworkId, expiresAtMs: unixMs(1_700_000_000_000) };
const COIN = 1_000_000_000n;

async function walletOf(version: TestWallet["version"]): Promise<TestWallet> {
  const mnemonic = Array.from({ length: 24 }, () => "test").join(" ");
  const { id } = await openWallet({ mnemonic, version });
  return { mnemonic, version, address: addressOf(id).toString(), balance: String(COIN) };
}

it("signs no transfer that the wallet cannot pay: a v5R1 wallet would take it, send nothing, and call it done", async () => {
  const wallets = [await walletOf("v4R2"), await walletOf("v5R1")];
  for (const from of ["account-0", "account-1"]) {
    const to = from === "account-0" ? "account-1" : "account-0";
    const sign = async (amount: bigint, balance: string | null): Promise<Uint8Array> =>
      (await walletSend(wallets, { from, to, amount })).sign({ balance, value: null } as AccountJson, PLACE);
    expect((await sign(COIN / 2n, String(COIN))).length).toBeGreaterThan(100);
    for (const [amount, balance] of [
      [COIN + 1n, String(COIN)],
      // The fees come on top.
      [COIN, String(COIN)],
      [1n, null],
    ] as const)
      await expect(sign(amount, balance)).rejects.toMatchObject({ code: "insufficientFunds", exitCode: 1 });
  }
});
