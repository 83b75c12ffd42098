import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beginCell, Cell, external, internal, loadAccount, SendMode, storeMessage, toNano } from "@ton/core";
import { mnemonicToPrivateKey } from "@ton/crypto";
import { WalletContractV4 } from "@ton/ton";
import { createDevnet, type Devnet } from "@sealwright/devnet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));
const HEADERS = {
  "content-type": "application/json",
  "tonclient-core-version": "2.24.0",
  "X-Evernode-Expected-Account-Boc-Version": "2",
};
const DAPP = "1".padStart(64, "0");

interface Wallet {
  readonly mnemonic: string;
  readonly version: string;
}

let dir = "";
let devnet: Devnet;
let wallets: readonly Wallet[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-acki-"));
  devnet = await createDevnet({
    nodes: 4,
    threads: 2,
    executor: "tvm",
    accounts: 4,
    dataDir: join(dir, "devnet"),
    nodeCommand: [process.execPath, BIN, "node"],
    ports: { api: 0, keeper: 0 },
  });
  const accounts = JSON.parse(await readFile(join(dir, "devnet", "accounts.json"), "utf8")) as Wallet[];
  wallets = accounts.filter(({ version }) => /v4/i.test(version));
});

afterAll(async () => {
  await devnet.stop();
  await rm(dir, { recursive: true, force: true });
});

function url(path: string): string {
  return new URL(path, devnet.urls.ton!).href;
}

interface ErrorData {
  readonly thread_id: string;
  readonly producers: readonly string[];
}

interface Answer {
  readonly result: { readonly tx_hash: string; readonly thread_id: string } | null;
  readonly error: { readonly code: string; readonly message: string; readonly data: ErrorData } | null;
}

async function post(entries: unknown, query = "?timeoutMs=30000"): Promise<Answer> {
  const answer = await fetch(url(`/v2/messages${query}`), {
    method: "POST",
    headers: HEADERS,
    body: JSON.stringify(entries),
  });
  return (await answer.json()) as Answer;
}

/** A message as the SDK sends it: a transfer of a wallet to itself. */
async function entryOf({ mnemonic }: Wallet, seqno: number, validMs = 60_000) {
  const { publicKey, secretKey } = await mnemonicToPrivateKey(mnemonic.split(" "));
  const wallet = WalletContractV4.create({ workchain: 0, publicKey });
  const body = wallet.createTransfer({
    seqno,
    secretKey,
    sendMode: SendMode.PAY_GAS_SEPARATELY,
    timeout: Math.floor((Date.now() + validMs) / 1_000),
    messages: [internal({ to: wallet.address, value: toNano("0.1"), bounce: false })],
  });
  const message = external({ to: wallet.address, init: seqno === 0 ? wallet.init : undefined, body });
  const cell = beginCell().store(storeMessage(message)).endCell();
  const account = wallet.address.hash.toString("hex");
  return { id: cell.hash().toString("hex"), body: cell.toBoc().toString("base64"), dapp_id: DAPP, account_id: account };
}

describe("Acki Nacki's message interface", () => {
  it("answers one message with the result of its transaction, in a final block, and the same one with the same", async () => {
    const entry = await entryOf(wallets[0]!, 0);
    const first = await post([entry]);
    expect(first).toMatchObject({
      id: entry.id,
      error: null,
      ext_message_token: null,
      result: {
        message_hash: entry.id,
        aborted: false,
        exit_code: 0,
        action_code: 0,
        account_id: entry.account_id,
        dapp_id: DAPP,
      },
    });
    expect(first.result).toMatchObject({
      status: "final",
      tx_hash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      thread_id: expect.stringMatching(/^[0-9a-f]{68}$/) as unknown,
      ext_out_msgs: [],
    });
    expect((await post([entry])).result).toMatchObject({ tx_hash: first.result!.tx_hash });

    const wrong = { ...(await entryOf(wallets[0]!, 1)), thread_id: "f".repeat(68) };
    const redirected = await post([wrong]);
    expect(redirected).toMatchObject({ result: null, error: { code: "THREAD_MISMATCH" } });
    const thread = redirected.error!.data.thread_id;
    expect(thread).toBe(first.result!.thread_id);
    expect((await post([{ ...wrong, thread_id: thread }], "?wait=included&timeoutMs=30000")).result).toMatchObject({
      aborted: false,
      reached: true,
    });
  });

  it("handles an array whole, each entry by itself", async () => {
    const good = await entryOf(wallets[1]!, 0);
    const answers = (await post([
      { body: "!!" },
      good,
      { ...good, account_id: "0".repeat(64) },
    ])) as unknown as unknown[];
    expect(answers).toMatchObject([
      { result: null, error: { code: "BAD_REQUEST" } },
      { result: { message_hash: good.id }, error: null },
      { result: null, error: { code: "BAD_REQUEST" } },
    ]);
  });

  it("says what the contract says: a transfer out of turn is not accepted", async () => {
    const answer = await post([await entryOf(wallets[1]!, 77)]);
    expect(answer).toMatchObject({ result: null, error: { code: "TVM_ERROR" } });
    expect(answer.error!.message).toMatch(/exit code \d+/);
  });

  it("sends a client that insists on the producer from any keeper to the one that is it, at its address", async () => {
    const options = { method: "POST", headers: HEADERS, body: JSON.stringify([await entryOf(wallets[1]!, 1)]) };
    const urls = devnet.endpoints.map(({ apiUrl }) => apiUrl);
    let redirects = 0;
    for (const start of urls) {
      let [url, answer]: [string, Answer | null] = [start, null];
      // On a busy machine the producer may be replaced between two questions.
      for (let hops = 0; hops < 5 && answer?.result == null; hops++) {
        const response = await fetch(new URL("/v2/messages?producer=only&wait=included", url), options);
        answer = (await response.json()) as Answer;
        if (answer.error === null) break;
        const { code, data } = answer.error;
        expect({ code, producers: data.producers.length }).toEqual({ code: "WRONG_PRODUCER", producers: 1 });
        expect(urls).toContain(data.producers[0]);
        expect(data.producers[0]).not.toBe(url);
        [url] = data.producers as [string];
        redirects++;
      }
      expect(answer?.result).toMatchObject({ aborted: false, producers: [url] });
    }
    expect(redirects).toBeGreaterThanOrEqual(urls.length - 1);
  });

  it("tells of every keeper where its API is", async () => {
    const known = new Map(devnet.endpoints.map(({ keeperId, apiUrl }) => [keeperId, apiUrl]));
    for (const client of devnet.clients) {
      const keepers = await client.keepers();
      expect(new Map(keepers.map(({ keeperId, apiUrl }) => [keeperId, apiUrl]))).toEqual(known);
    }
  });

  it("shows an account, the keepers, the default thread and readiness", async () => {
    const { account_id } = await entryOf(wallets[0]!, 0);
    const account = await fetch(url(`/v2/account?account_id=${account_id}&dapp_id=${DAPP}`)).then((got) => got.json());
    expect(account).toMatchObject({ account_id, dapp_id: DAPP, state_timestamp: expect.any(Number) as unknown });
    const { storage } = loadAccount(
      Cell.fromBase64((account as { boc: string }).boc)
        .beginParse()
        .skip(1),
    );
    expect(storage.state.type).toBe("active");
    expect((await fetch(url(`/v2/account?account_id=${"0".repeat(64)}`))).status).toBe(404);
    expect((await fetch(url("/v2/account?account_id=nonsense"))).status).toBe(400);
    const keepers = (await fetch(url("/v2/bk_set")).then((got) => got.json())) as { bk_set: unknown[] };
    expect(keepers.bk_set).toHaveLength(4);
    const seqno = (await fetch(url("/v2/default_thread_seqno")).then((got) => got.json())) as { last_seq_no: number };
    expect(seqno.last_seq_no).toBeGreaterThan(0);
    expect((await fetch(url("/v2/readiness"))).status).toBe(200);
  });
});
