import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  Address,
  beginCell,
  Cell,
  contractAddress,
  external,
  internal,
  type MessageRelaxed,
  SendMode,
  storeMessage,
  toNano,
} from "@ton/core";
import { TonClient, WalletContractV4, WalletContractV5R1 } from "@ton/ton";
import { runTolkCompiler } from "@ton/tolk-js";
import { createDevnet, type Devnet, type OpenWallet, openWallet } from "@sealwright/devnet";
import { encodeTvmEnvelope, WORKCHAIN } from "@sealwright/execution";
import { limits, type NetworkId, unixMs } from "@sealwright/types";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));
const WAIT = { timeout: 30_000, interval: 100 };
const MESSAGE_LIFE_MS = 60_000;
const OUT_OF_GAS = -14;

/** Takes everything from outside, and never ends; or never ends before it takes anything. */
const LOOP_SOURCE = `
import "@stdlib/gas-payments"
fun onInternalMessage(in: InMessage) {}
fun onExternalMessage(body: slice) {
    var count = body.loadUint(8);
    if (count == 0) { acceptExternalMessage(); }
    while (count >= 0) { count += 1; }
}`;

/** Money came there, and no code. */
const CODELESS = new Address(WORKCHAIN, Buffer.alloc(32, 0xcd));

let dir = "";
let devnet: Devnet;
let client: TonClient;
let v4: OpenWallet;
let v5: OpenWallet;
let loopAddress: Address;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-bad-input-"));
  devnet = await createDevnet({
    nodes: 4,
    threads: 2,
    executor: "tvm",
    accounts: 2,
    dataDir: join(dir, "devnet"),
    nodeCommand: [process.execPath, BIN, "node"],
    ports: { api: 0, keeper: 0 },
  });
  client = new TonClient({ endpoint: devnet.urls.ton! });
  const { funded } = devnet.folder;
  [v4, v5] = (await Promise.all((funded.type === "tvm" ? funded.wallets : []).map(openWallet))) as [
    OpenWallet,
    OpenWallet,
  ];
  await deployAll();
}, 120_000);

afterAll(async () => {
  await devnet.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Both wallets with their first transfer, and a contract that loops with money for its gas. */
async function deployAll(): Promise<void> {
  const init = { code: await compileLoop(), data: Cell.EMPTY };
  loopAddress = contractAddress(WORKCHAIN, init);
  const deployment = internal({ to: loopAddress, value: toNano("10"), bounce: false, init });
  await acceptedBy(v4, transferOf(v4, { seqno: 0, messages: [deployment, to(CODELESS, "1")] }));
  await acceptedBy(v5, transferOf(v5, { seqno: 0, messages: [to(v4.contract.address, "0.01")] }));
  while (!(await client.isContractDeployed(loopAddress)));
  while ((await booksOf()).underWay !== 0n);
}

async function compileLoop(): Promise<Cell> {
  const result = await runTolkCompiler({ entrypointFileName: "loop.tolk", fsReadCallback: () => LOOP_SOURCE });
  if (result.status === "error") throw new Error(result.message);
  return Cell.fromBase64(result.codeBoc64);
}

/** Sends it and waits until it is final. */
async function acceptedBy({ contract }: OpenWallet, body: Cell): Promise<void> {
  const { init } = contract;
  const answer = await sendBoc(bocOf(external({ to: contract.address, init, body })));
  const { message_hash: hash } = answer.body["result"] as { message_hash: string };
  await devnet.clients[0]!.wait(hash, "final", { timeoutMs: WAIT.timeout });
}

function transferOf(
  { contract, key }: OpenWallet,
  { seqno, messages, timeout, mode }: { seqno: number; messages: MessageRelaxed[]; timeout?: number; mode?: SendMode },
): Cell {
  const given = {
    seqno,
    messages,
    secretKey: key.secretKey,
    sendMode: mode ?? SendMode.PAY_GAS_SEPARATELY,
    ...(timeout === undefined ? {} : { timeout }),
  };
  return contract instanceof WalletContractV4 ? contract.createTransfer(given) : contract.createTransfer(given);
}

function to(address: Address, value: string, bounce = false): MessageRelaxed {
  return internal({ to: address, value: toNano(value), bounce });
}

const bocOf = (message: Parameters<typeof storeMessage>[0]): Buffer =>
  beginCell().store(storeMessage(message)).endCell().toBoc({ idx: false, crc32: false });

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** As TON's tools do. */
async function sendBoc(boc: Uint8Array): Promise<Answer> {
  const params = { boc: Buffer.from(boc).toString("base64") };
  return answerOf(
    await fetch(devnet.urls.ton!, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: "1", jsonrpc: "2.0", method: "sendBoc", params }),
    }),
  );
}

/** Through this network's own interface. */
async function sendEnvelope(boc: Uint8Array, networkId: NetworkId = devnet.networkId): Promise<Answer> {
  const expiresAtMs = unixMs(Date.now() + MESSAGE_LIFE_MS / 2);
  return answerOf(
    await fetch(`${devnet.urls.api}/v1/messages`, {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: Buffer.from(encodeTvmEnvelope({ networkId, expiresAtMs, boc })),
    }),
  );
}

interface AckiNackiAnswer {
  readonly result: Readonly<Record<string, unknown>> | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** As Acki Nacki's tools do. */
async function sendAckiNacki(boc: Uint8Array): Promise<AckiNackiAnswer> {
  const answer = await fetch(`${devnet.urls.api}/v2/messages?timeoutMs=${WAIT.timeout}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify([{ id: "1", body: Buffer.from(boc).toString("base64") }]),
  });
  return (await answer.json()) as AckiNackiAnswer;
}

async function answerOf(answer: Response): Promise<Answer> {
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** What all threads together say of their value, in which nothing may move that was refused. */
async function booksOf(): Promise<{ balances: bigint; fees: bigint; underWay: bigint }> {
  const totals = await Promise.all([0, 1].map((thread) => devnet.clients[0]!.totals(thread)));
  const sum = (of: (one: (typeof totals)[number]) => string): bigint =>
    totals.reduce((total, one) => total + BigInt(of(one)), 0n);
  const underWay = sum(({ sent }) => sent) - sum(({ received }) => received);
  return { balances: sum(({ balances }) => balances), fees: sum(({ fees }) => fees), underWay };
}

/** Every thread goes on, and no keeper ended. Who leads is not asked: a busy machine may replace a slow producer. */
afterEach(async () => {
  const heights = async (): Promise<readonly bigint[]> =>
    (await devnet.clients[0]!.threads()).map(({ final }) => BigInt(final?.height ?? 0));
  const before = await heights();
  while ((await heights()).some((height, thread) => height <= before[thread]! + 1n));
  expect(devnet.unwantedEnds).toEqual([]);
});

describe("a message that cannot be is refused by all interfaces, and changes nothing", () => {
  const wallet = (body: Cell): Buffer => bocOf(external({ to: v4.contract.address, body }));
  const signed = (over: { seqno?: number; timeout?: number } = {}): Cell =>
    transferOf(v4, { seqno: 1, messages: [to(v5.contract.address, "1")], ...over });

  it.each<[string, () => Buffer, [number, string], RegExp]>([
    ["bytes that are no bag of cells", () => Buffer.from("nonsense"), [400, "malformedMessage"], /no bag of cells/],
    ["a bag of cells cut short", () => wallet(signed()).subarray(0, -7), [400, "malformedMessage"], /no bag of cells/],
    ["a bag of cells that is no message", () => Cell.EMPTY.toBoc(), [400, "malformedMessage"], /no external inbound/],
    ["more bytes than a message may have", () => wallet(wide(80_000)), [413, "messageTooLarge"], /65536/],
    ["cells too deep", () => wallet(deep(600)), [400, "malformedMessage"], /512 levels/],
    ["cells that unfold without end", () => wallet(unfolding(200)), [422, "notAdmissible"], /did not accept/],
    [
      "an account that is not there",
      () => bocOf(external({ to: new Address(WORKCHAIN, Buffer.alloc(32, 0xab)), body: Cell.EMPTY })),
      [422, "computeSkipped"],
      /too little money at this address/,
    ],
    [
      "an account that has money and no code",
      () => bocOf(external({ to: CODELESS, body: Cell.EMPTY })),
      [422, "computeSkipped"],
      /no code at this address/,
    ],
    ["what the contract does not accept", () => wallet(Cell.EMPTY), [422, "notAdmissible"], /exit code 9/],
    ["a signature of another key", () => wallet(resigned(signed())), [422, "notAdmissible"], /exit code 35/],
    ["a number that was used", () => wallet(signed({ seqno: 0 })), [422, "notAdmissible"], /exit code 33/],
    ["a number out of turn", () => wallet(signed({ seqno: 7 })), [422, "notAdmissible"], /exit code 33/],
    ["a time that is over", () => wallet(signed({ timeout: 1_700_000_000 })), [422, "notAdmissible"], /exit code 36/],
    [
      "a wallet without money",
      () => {
        const { publicKey } = v4.key;
        const poor = WalletContractV4.create({ workchain: WORKCHAIN, publicKey, walletId: 7 });
        const body = poor.createTransfer({ seqno: 0, messages: [], secretKey: v4.key.secretKey, sendMode: 1 });
        return bocOf(external({ to: poor.address, init: poor.init, body }));
      },
      [422, "computeSkipped"],
      /too little money at this address/,
    ],
    [
      "an address of no thread",
      () => bocOf(external({ to: new Address(-1, Buffer.alloc(32, 1)), body: Cell.EMPTY })),
      [422, "wrongThread"],
      /workchain -1/,
    ],
    [
      "a wallet's message for another network",
      () => {
        const walletId = {
          networkGlobalId: -3,
          context: { workchain: WORKCHAIN, walletVersion: "v5r1" as const, subwalletNumber: 0 },
        };
        const elsewhere = WalletContractV5R1.create({ publicKey: v5.key.publicKey, walletId });
        const body = transferOf({ ...v5, contract: elsewhere }, { seqno: 1, messages: [to(v4.contract.address, "1")] });
        return bocOf(external({ to: v5.contract.address, body }));
      },
      [422, "notAdmissible"],
      /exit code/,
    ],
    [
      "a contract that loops before it accepts",
      () => bocOf(external({ to: loopAddress, body: beginCell().storeUint(1, 8).endCell() })),
      [422, "notAdmissible"],
      /exit code/,
    ],
  ])("%s", async (_what, boc, [status, code], reason) => {
    const before = await booksOf();
    const face = await sendBoc(boc());
    expect(face).toMatchObject({ status, body: { ok: false, code: status } });
    expect(face.body["error"]).toMatch(reason);
    const own = await sendEnvelope(boc());
    const { error } = own.body as { error: { code: string; message: string } };
    expect([own.status, error.code]).toEqual([status, code]);
    expect(error.message).toMatch(reason);
    const acki = await sendAckiNacki(boc());
    const isContracts = code === "notAdmissible" || code === "computeSkipped";
    const ackiCode = { notAdmissible: "TVM_ERROR", computeSkipped: "COMPUTE_SKIPPED" }[code] ?? "BAD_REQUEST";
    expect(acki).toMatchObject({ result: null, error: { code: ackiCode } });
    if (isContracts) expect(acki.error!.message).toMatch(reason);
    expect(await booksOf()).toEqual(before);
  });

  it("an envelope for another network", async () => {
    const before = await booksOf();
    const answer = await sendEnvelope(wallet(signed()), "ab".repeat(32) as NetworkId);
    expect(answer).toMatchObject({ status: 422, body: { error: { code: "wrongNetwork" } } });
    expect(await booksOf()).toEqual(before);
  });

  it("more bytes than any request may have", async () => {
    const before = await booksOf();
    const answer = await sendBoc(Buffer.alloc(4 * 1024 * 1024));
    expect(answer).toMatchObject({ status: 413, body: { ok: false, code: 413 } });
    expect(await booksOf()).toEqual(before);
  });
});

describe.each(["TON", "Acki Nacki"] as const)("a message that fails while it runs (through the face of %s)", (face) => {
  /** Numbers of the wallets and of the loop: each face goes on after the one before. */
  const number = face === "TON" ? 1 : 2;

  it("is billed and does nothing else when it loops without end", async () => {
    const [before, balance] = [await booksOf(), await client.getBalance(loopAddress)];
    const body = beginCell().storeUint(0, 8).storeUint(number, 32).endCell();
    const end = await endOf(bocOf(external({ to: loopAddress, body })));
    expect(end).toMatchObject(
      face === "TON"
        ? { status: "rejected", rejection: { code: "aborted" } }
        : { error: null, result: { aborted: true, exit_code: OUT_OF_GAS } },
    );
    const [transaction] = await client.getTransactions(loopAddress, { limit: 1 });
    const compute = transaction!.description.type === "generic" ? transaction!.description.computePhase : null;
    expect(compute).toMatchObject({ type: "vm", success: false, exitCode: OUT_OF_GAS });
    await expectBilled(before, loopAddress, balance);
  });

  it("is billed and does nothing else when it transfers more than there is", async () => {
    const { address } = v5.contract;
    const [before, balance] = [await booksOf(), await client.getBalance(address)];
    const body = transferOf(v5, { seqno: number, messages: [to(v4.contract.address, "2000000")] });
    const end = await endOf(bocOf(external({ to: address, body })));
    expect(end).toMatchObject(face === "TON" ? { done: true } : { error: null, result: { reached: true } });
    await expectBilled(before, address, balance);
  });

  it("gets back a payment to an address of no thread", async () => {
    const { address } = v4.contract;
    const [before, balance] = [await booksOf(), await client.getBalance(address)];
    const nowhere = new Address(-1, Buffer.alloc(32, 1));
    const body = transferOf(v4, { seqno: number, messages: [to(nowhere, "5", true)] });
    const end = await endOf(bocOf(external({ to: address, body })));
    expect(end).toMatchObject(face === "TON" ? { status: "final" } : { error: null, result: { status: "final" } });
    await expect.poll(async () => (await client.getBalance(address)) > balance - toNano("0.1"), WAIT).toBe(true);
    await expectBilled(before, address, balance);
  });

  /** What the face says when the message is in a final block. */
  async function endOf(boc: Uint8Array): Promise<unknown> {
    if (face === "Acki Nacki") return sendAckiNacki(boc);
    const { body } = await sendBoc(boc);
    expect(body).toMatchObject({ ok: true });
    const { message_hash } = body["result"] as { message_hash: string };
    return devnet.clients[0]!.wait(message_hash, "final", { timeoutMs: WAIT.timeout });
  }

  /** What the account lost is what the network took in fees. */
  async function expectBilled(before: { fees: bigint; balances: bigint }, at: Address, balance: bigint): Promise<void> {
    await expect.poll(async () => (await booksOf()).underWay, WAIT).toBe(0n);
    const after = await booksOf();
    const paid = balance - (await client.getBalance(at));
    expect(paid).toBeGreaterThan(0n);
    expect(paid).toBeLessThan(toNano("1"));
    expect([after.fees - before.fees, before.balances - after.balances]).toEqual([paid, paid]);
  }
});

/** Its signature does not fit any more. */
function resigned(body: Cell): Cell {
  const slice = body.beginParse();
  const signature = Buffer.from(slice.loadBuffer(64));
  signature[0]! ^= 1;
  return beginCell().storeBuffer(signature).storeSlice(slice).endCell();
}

function deep(levels: number): Cell {
  let cell = Cell.EMPTY;
  for (let level = 0; level < levels; level++) cell = beginCell().storeRef(cell).endCell();
  return cell;
}

/** Four times itself in every level: few bytes, and more cells than anybody can visit. */
function unfolding(levels: number): Cell {
  let cell = Cell.EMPTY;
  for (let level = 0; level < levels; level++) {
    const builder = beginCell();
    for (let i = 0; i < 4; i++) builder.storeRef(cell);
    cell = builder.endCell();
  }
  return cell;
}

/** At least so many bytes, all cells different. */
function wide(bytes: number): Cell {
  const CELL_BYTES = 120;
  let layer = Array.from({ length: Math.ceil(bytes / CELL_BYTES) }, (_, i) =>
    beginCell().storeUint(i, 32).storeBuffer(Buffer.alloc(CELL_BYTES)).endCell(),
  );
  while (layer.length > 1) {
    const groups = Array.from({ length: Math.ceil(layer.length / 4) }, (_, i) => layer.slice(4 * i, 4 * i + 4));
    layer = groups.map((cells) => cells.reduce((builder, cell) => builder.storeRef(cell), beginCell()).endCell());
  }
  expect(layer[0]!.toBoc().length).toBeGreaterThan(limits.EXTERNAL_MESSAGE_BYTES_MAX);
  return layer[0]!;
}
