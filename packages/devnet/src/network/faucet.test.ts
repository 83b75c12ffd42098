import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { SealwrightClient } from "@sealwright/api/client";
import { addressOf } from "@sealwright/execution";
import { type NetworkId, sha256Hex } from "@sealwright/types";
import { expect, it } from "vitest";
import { wakefulClock } from "../wakefulClock.js";
import { loadWallets } from "../wallets/wallet.js";
import { startFaucet } from "./faucet.js";

const SEED = new Uint8Array(32).fill(7);

it("answers whoever waits, one after the other, when the keeper that it asks stands still", async () => {
  const sockets = new Set<Socket>();
  const standing = createServer((socket) => void sockets.add(socket));
  await once(standing.listen(0, "127.0.0.1"), "listening");
  const baseUrl = `http://127.0.0.1:${(standing.address() as AddressInfo).port}`;
  const client = new SealwrightClient({ baseUrl }, { clock: wakefulClock });
  const [wallet] = loadWallets(SEED, 1);
  const networkId = sha256Hex(SEED) as NetworkId;
  const faucet = await startFaucet({ networkId, wallet: wallet!, seed: SEED, paymentMsMax: 50 }, () => client);
  const body = JSON.stringify({ address: addressOf(wallet!.id).toString() });
  const ask = () => fetch(faucet.url, { method: "POST", body });
  for (const answer of [await ask(), await ask()]) {
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ error: { code: "unavailable" } });
  }
  await faucet.close();
  client.close();
  for (const socket of sockets) socket.destroy();
  standing.close();
});
