import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Address, internal, SendMode, toNano } from "@ton/core";
import { mnemonicToPrivateKey } from "@ton/crypto";
import { TonClient, WalletContractV4, WalletContractV5R1 } from "@ton/ton";
import { createDevnet, type Devnet } from "@sealwright/devnet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));
const WAIT = { timeout: 30_000, interval: 100 };

interface Account {
  readonly mnemonic: string;
  readonly address: string;
  readonly version: string;
  readonly balance: string;
}

let dir = "";
let devnet: Devnet;
let client: TonClient;
let accounts: readonly Account[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-ton-"));
  devnet = await createDevnet({
    nodes: 4,
    threads: 2,
    executor: "tvm",
    accounts: 4,
    dataDir: join(dir, "devnet"),
    nodeCommand: [process.execPath, BIN, "node"],
    ports: { api: 0, keeper: 0 },
  });
  client = new TonClient({ endpoint: devnet.urls.ton! });
  accounts = JSON.parse(await readFile(join(dir, "devnet", "accounts.json"), "utf8")) as Account[];
});

afterAll(async () => {
  await devnet.stop();
  await rm(dir, { recursive: true, force: true });
});

async function walletOf(account: Account) {
  const { publicKey, secretKey } = await mnemonicToPrivateKey(account.mnemonic.split(" "));
  const contract = WalletContractV4.create({ workchain: 0, publicKey });
  expect(contract.address.equals(Address.parse(account.address))).toBe(true);
  return { opened: client.open(contract), secretKey, address: contract.address };
}

describe("an unmodified TonClient", () => {
  it("sees the default thread as masterchain and the other one as a shard", async () => {
    const info = await client.getMasterchainInfo();
    expect(info.workchain).toBe(-1);
    expect(info.latestSeqno).toBeGreaterThan(0);
    const shards = await client.getWorkchainShards(info.latestSeqno);
    expect(shards).toHaveLength(1);
    expect(shards[0]!.workchain).toBe(0);
  });

  it("reads a funded wallet, deploys it with its first transfer, and counts with its get-method", async () => {
    const from = await walletOf(accounts.find(({ version }) => /v4/i.test(version))!);
    const to = Address.parse(accounts.find(({ version }) => /v5/i.test(version))!.address);
    const before = await client.getBalance(from.address);
    expect(before).toBeGreaterThan(toNano("1"));
    expect(await client.isContractDeployed(from.address)).toBe(false);
    for (const seqno of [0, 1]) {
      await from.opened.sendTransfer({
        seqno,
        secretKey: from.secretKey,
        sendMode: SendMode.PAY_GAS_SEPARATELY,
        messages: [internal({ to, value: toNano("0.5"), bounce: false })],
      });
      await expect.poll(() => from.opened.getSeqno(), WAIT).toBe(seqno + 1);
    }
    expect(await client.isContractDeployed(from.address)).toBe(true);
    expect(await client.getBalance(from.address)).toBeLessThan(before - toNano("1"));

    const transactions = await client.getTransactions(from.address, { limit: 10 });
    expect(transactions).toHaveLength(2);
    const [newest, oldest] = [transactions[0]!, transactions[1]!];
    const page = await client.getTransactions(from.address, {
      limit: 10,
      lt: String(newest.lt),
      hash: newest.hash().toString("base64"),
    });
    expect(page.map(({ lt }) => lt)).toEqual([oldest.lt]);
    const same = await client.getTransaction(from.address, String(oldest.lt), oldest.hash().toString("base64"));
    expect(same?.hash()).toEqual(oldest.hash());

    const sent = oldest.outMessages.values()[0]!.info;
    expect(sent.type).toBe("internal");
    const createdLt = sent.type === "internal" ? String(sent.createdLt) : "";
    await expect
      .poll(
        () =>
          client.tryLocateResultTx(from.address, to, createdLt).then(
            ({ address }) => address,
            () => null,
          ),
        WAIT,
      )
      .toBe(BigInt(`0x${to.hash.toString("hex")}`));
    expect((await client.tryLocateSourceTx(from.address, to, createdLt)).lt).toBe(oldest.lt);
    expect(await client.getBalance(to)).toBeGreaterThan(toNano("1"));
  });

  it("knows the standard wallets, and their next number", async () => {
    for (const { address, version } of accounts.slice(0, 2)) {
      const answer = await fetch(`${new URL("getWalletInformation", devnet.urls.ton!).href}?address=${address}`);
      const { result } = (await answer.json()) as { result: Record<string, unknown> };
      const isDeployed = /v4/i.test(version);
      expect(result).toMatchObject(
        isDeployed ? { wallet: true, wallet_type: "wallet v4 r2", seqno: 2 } : { wallet: false },
      );
    }
  });

  it("finds the transactions of a block by its shard", async () => {
    const sender = await walletOf(accounts.find(({ version }) => /v4/i.test(version))!);
    const [transaction] = await client.getTransactions(sender.address, { limit: 1 });
    const listed = async (): Promise<readonly string[]> => {
      const info = await client.getMasterchainInfo();
      const master = { workchain: info.workchain, shard: info.shard, seqno: info.latestSeqno };
      const found: string[] = [];
      for (const newest of [master, ...(await client.getWorkchainShards(info.latestSeqno))]) {
        for (let seqno = 1; seqno <= newest.seqno; seqno++) {
          const inBlock = await client.getShardTransactions(newest.workchain, seqno, newest.shard);
          found.push(...inBlock.map(({ lt }) => lt));
        }
      }
      return found;
    };
    // A shard's block is named by the masterchain from that one's next block on.
    await expect.poll(listed, WAIT).toContain(String(transaction!.lt));
  });

  it("prices a message before it is signed", async () => {
    const { publicKey } = await mnemonicToPrivateKey(
      accounts.find(({ version }) => /v5/i.test(version))!.mnemonic.split(" "),
    );
    const contract = WalletContractV5R1.create({ workchain: 0, publicKey });
    const from = await walletOf(accounts.find(({ version }) => /v4/i.test(version))!);
    const body = from.opened.createTransfer({
      seqno: await from.opened.getSeqno(),
      secretKey: from.secretKey,
      sendMode: SendMode.PAY_GAS_SEPARATELY,
      messages: [internal({ to: contract.address, value: toNano("0.1"), bounce: false })],
    });
    const { source_fees } = await client.estimateExternalMessageFee(from.address, {
      body,
      initCode: null,
      initData: null,
      ignoreSignature: true,
    });
    expect(source_fees.gas_fee).toBeGreaterThan(0);
    expect(source_fees.in_fwd_fee).toBeGreaterThan(0);
  });

  it.each([
    ["no bag of cells", "sendBoc", { boc: Buffer.from("nonsense").toString("base64") }, 400],
    ["not even base64", "sendBoc", { boc: "!!" }, 422],
    ["nothing to send", "sendBoc", {}, 422],
    ["an address that is none", "getAddressInformation", { address: "xyz" }, 422],
    ["a masterchain contract", "getAddressInformation", { address: `-1:${"00".repeat(32)}` }, 422],
    [
      "a method of an account that is not there",
      "runGetMethod",
      { address: `0:${"ab".repeat(32)}`, method: "seqno", stack: [] },
      422,
    ],
    [
      "a stack item of no kind",
      "runGetMethod",
      { address: `0:${"ab".repeat(32)}`, method: "seqno", stack: [["what", "1"]] },
      422,
    ],
    [
      "a block that is not there",
      "getBlockTransactions",
      { workchain: -1, shard: String(-(1n << 63n)), seqno: 1_000_000 },
      404,
    ],
    ["a shard that is not there", "getBlockTransactions", { workchain: 0, shard: "7", seqno: 1 }, 422],
    ["a logical time of no transaction", "getTransactions", { address: `0:${"ab".repeat(32)}`, lt: "5" }, 404],
    [
      "a logical time that cannot be",
      "getTransactions",
      { address: `0:${"ab".repeat(32)}`, lt: String(1n << 64n) },
      422,
    ],
    ["a method that is not there", "getEverything", {}, 404],
    [
      "a transaction that never was",
      "tryLocateResultTx",
      { source: `0:${"ab".repeat(32)}`, destination: `0:${"cd".repeat(32)}`, created_lt: "5" },
      404,
    ],
  ])("is refused with a code and a reason: %s", async (_what, method, params, code) => {
    const answer = await fetch(devnet.urls.ton!, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: "1", jsonrpc: "2.0", method, params }),
    });
    const body = (await answer.json()) as { ok: boolean; code: number; error: string };
    expect([answer.status, body.ok, body.code]).toEqual([code, false, code]);
    expect(body.error.length).toBeGreaterThan(10);
  });
});
