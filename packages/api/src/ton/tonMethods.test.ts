import {
  beginCell,
  Cell,
  external,
  loadMessage,
  parseTuple,
  serializeTuple,
  type StateInit,
  storeMessage,
  storeShardAccount,
  storeStateInit,
} from "@ton/core";
import { chainBag } from "@sealwright/execution/testing";
import type { AccountId, MessageHash, UnixMs } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import {
  endlessForks,
  endlessMessage,
  FakeTon,
  fakeAddress,
  fakeMessage,
  fakeTransaction,
} from "../../test/fakeTon.js";
import { ApiRefusal } from "../errors/apiRefusal.js";
import { type Answer, call, openTestApi, postJson, stoppedClock, type TestApi } from "../../test/testApi.js";
import { TON_METHODS } from "./tonMethods.js";

const MASTER = { workchain: -1, shard: String(-(1n << 63n)) };
const [ALICE, BOB] = [fakeAddress(1), fakeAddress(2)];
const ALICE_TEXT = ALICE.toRawString();

async function openTon(ton: FakeTon = new FakeTon()): Promise<TestApi> {
  return openTestApi({}, { ton });
}

function ask({ url }: TestApi, method: string, params: Record<string, unknown>): Promise<Answer> {
  return postJson(`${url}/api/v2/jsonRPC`, { id: "1", jsonrpc: "2.0", method, params });
}

async function resultOf(api: TestApi, method: string, params: Record<string, unknown> = {}): Promise<unknown> {
  const { status, json } = await ask(api, method, params);
  expect([status, json["ok"], json["error"]]).toEqual([200, true, undefined]);
  return json["result"];
}

describe("a refusal under /api/v2", () => {
  const expectTon = (answer: Answer, code: number): void => {
    expect([answer.status, answer.json["ok"], answer.json["code"]]).toEqual([code, false, code]);
    expect(typeof answer.json["error"]).toBe("string");
  };

  it.each([
    ["no JSON", "application/json", "{", 400],
    ["no method", "application/json", "{}", 400],
    ["another type of content", "text/html", "<p>", 415],
    ["a body of more than the node takes", "application/json", `"${"x".repeat(5_000_000)}"`, 413],
  ])("has TON's shape before a handler sees it: %s", async (_what, type, body, code) => {
    const { url } = await openTon();
    expectTon(await call(`${url}/api/v2/jsonRPC`, { method: "POST", headers: { "content-type": type }, body }), code);
  });

  it("has TON's shape where there is no route, and where requests come too fast", async () => {
    const { url } = await openTestApi(
      { rateLimit: { requestsPerSecondMax: 1 } },
      { ton: new FakeTon() },
      stoppedClock(),
    );
    expectTon(await call(`${url}/api/v2/getEverything`), 404);
    const answers = await Promise.all(Array.from({ length: 3 }, () => call(`${url}/api/v2/getMasterchainInfo`)));
    const limited = answers.find(({ status }) => status === 429);
    expectTon(limited!, 429);
    expect(limited!.headers.get("retry-after")).not.toBeNull();
  });

  it("has TON's shape when the node itself fails, and tells nothing of why", async () => {
    const api = await openTon();
    api.backend.failure = new Error("secret");
    const answer = await ask(api, "getAddressInformation", { address: ALICE_TEXT });
    expectTon(answer, 500);
    expect(JSON.stringify(answer.json)).not.toContain("secret");
  });

  it("has TON's shape, and a time to come again, when the node cannot read a state at the moment", async () => {
    const api = await openTon();
    api.backend.failure = new ApiRefusal("unavailable", "not now", { retryAfterMs: 500 });
    const answers = [
      await ask(api, "getAddressInformation", { address: ALICE_TEXT }),
      await call(`${api.url}/api/v2/getAddressBalance?address=${ALICE_TEXT}`),
    ];
    for (const answer of answers) {
      expectTon(answer, 503);
      expect(answer.headers.get("retry-after")).toBe("1");
    }
    expect(answers[0]!.json).toMatchObject({ jsonrpc: "2.0", id: "1", error: "not now" });
  });

  it("names the request that it answers, whoever refuses, so that a client finds its own again", async () => {
    const api = await openTon();
    const url = `${api.url}/api/v2/jsonRPC`;
    const expectId = async (body: unknown, code: number, id: unknown): Promise<void> => {
      const answer = await postJson(url, body);
      expectTon(answer, code);
      expect(answer.json).toMatchObject({ jsonrpc: "2.0", id });
    };
    await expectId({ id: 7, params: {} }, 400, 7);
    await expectId({ id: "a", method: "getNothing" }, 404, "a");
    await expectId({ id: "b", method: "shards", params: [] }, 400, "b");
    await expectId({ id: { no: "id" }, method: "shards" }, 400, null);
    await expectId([{ id: 1, method: "getMasterchainInfo" }], 400, null);
    expect((await call(`${api.url}/api/v2/shards`)).json).not.toHaveProperty("id");
    api.backend.failure = new Error("secret");
    await expectId({ id: "c", method: "getAddressBalance", params: { address: ALICE_TEXT } }, 500, "c");
  });

  it("says when to come again where a node is full, whoever asks", async () => {
    const ton = new FakeTon();
    const hash = "aa".repeat(32) as MessageHash;
    ton.submitBoc = () =>
      Promise.resolve({ type: "refused", hash, code: "queueFull", reason: "no room", retryAfterMs: 2_500 });
    const api = await openTon(ton);
    const boc = beginCell()
      .store(storeMessage(external({ to: ALICE, body: Cell.EMPTY })))
      .endCell()
      .toBoc()
      .toString("base64");
    for (const answer of [await ask(api, "sendBoc", { boc }), await postJson(`${api.url}/api/v2/sendBoc`, { boc })]) {
      expectTon(answer, 429);
      expect(answer.json["error"]).toBe("queueFull: no room");
      expect(answer.headers.get("retry-after")).toBe("3");
    }
    api.backend.account = () => Promise.resolve(null);
    const answer = await ask(api, "getAddressState", { address: ALICE_TEXT });
    expectTon(answer, 503);
    expect(answer.headers.get("retry-after")).toBe("1");
  });

  it("keeps this network's own shape everywhere else", async () => {
    const { url } = await openTon();
    expect((await call(`${url}/v1/api/v2/x`)).json["error"]).toMatchObject({ code: "unknownRoute" });
  });
});

describe("estimateFee", () => {
  const [code, data] = [1, 2].map((byte) => beginCell().storeUint(byte, 8).endCell()) as [Cell, Cell];
  const base64 = (cell: Cell): string => cell.toBoc().toString("base64");

  it.each<[string, Record<string, string>, { code?: Cell; data?: Cell } | null]>([
    ["code and data", { init_code: base64(code), init_data: base64(data) }, { code, data }],
    ["code alone", { init_code: base64(code) }, { code }],
    ["code alone, as TonClient writes it", { init_code: base64(code), init_data: "" }, { code }],
    ["data alone", { init_code: "", init_data: base64(data) }, { data }],
    ["neither", { init_code: "", init_data: "" }, null],
  ])("gives the message a state init of %s", async (_what, params, expected) => {
    const ton = new FakeTon();
    const inits: (StateInit | null | undefined)[] = [];
    ton.emulate = (boc) => {
      inits.push(loadMessage(Cell.fromBoc(Buffer.from(boc))[0]!.beginParse()).init);
      return Promise.resolve({ type: "refused", code: "computeSkipped", reason: "no code" });
    };
    const answer = await ask(await openTon(ton), "estimateFee", { address: ALICE_TEXT, body: "", ...params });
    expect([answer.status, answer.json["error"]]).toEqual([422, "computeSkipped: no code"]);
    const [init] = inits;
    expect([init?.code?.hash(), init?.data?.hash()]).toEqual([expected?.code?.hash(), expected?.data?.hash()]);
    expect(init == null).toBe(expected === null);
  });
});

describe("blocks", () => {
  it("names the newest final block as the one that all agree on", async () => {
    expect(await resultOf(await openTon(), "getConsensusBlock")).toMatchObject({ consensus_block: 7 });
  });

  it("answers shards of a seqno with the blocks of its time, not with the newest", async () => {
    const api = await openTon();
    for (const seqno of [0, 1, 4, 7]) {
      const { shards } = (await resultOf(api, "shards", { seqno })) as { shards: unknown[] };
      expect(shards).toMatchObject([{ workchain: 0, seqno }]);
    }
    expect((await ask(api, "shards", { seqno: 8 })).status).toBe(404);
    expect((await ask(api, "shards", {})).status).toBe(422);
  });

  it("looks a block up by seqno, or by the time from which it is the first", async () => {
    const api = await openTon();
    const root_hash = Buffer.from(api.backend.refAt(0, 5).blockId, "hex").toString("base64");
    expect(await resultOf(api, "lookupBlock", { ...MASTER, seqno: 5 })).toMatchObject({ seqno: 5, root_hash });
    const timeOf = (at: number): number => api.backend.blockAt(0, at).header.timeMs;
    const second = Math.ceil(timeOf(1) / 1_000);
    const { seqno } = (await resultOf(api, "lookupBlock", { ...MASTER, unixtime: second })) as { seqno: number };
    expect(timeOf(seqno)).toBeGreaterThanOrEqual(second * 1_000);
    expect(timeOf(seqno - 1)).toBeLessThan(second * 1_000);
    const [early, late] = [second - 9, second + 99];
    expect(await resultOf(api, "lookupBlock", { ...MASTER, unixtime: early })).toMatchObject({ seqno: 1 });
    for (const params of [{ seqno: 8 }, { unixtime: late }])
      expect((await ask(api, "lookupBlock", { ...MASTER, ...params })).status).toBe(404);
    for (const params of [{ lt: "5" }, {}])
      expect((await ask(api, "lookupBlock", { ...MASTER, ...params })).status).toBe(422);
  });

  it("goes through a block's transactions page by page, after a transaction or its account", async () => {
    const ton = new FakeTon();
    const api = await openTon(ton);
    ton.names = [1n, 2n, 3n].map((lt) => ({
      account: "aa".repeat(32) as AccountId,
      lt,
      hash: new Uint8Array(32).fill(Number(lt)),
    }));
    const page = async (params: Record<string, unknown>): Promise<unknown[]> => {
      const result = await resultOf(api, "getBlockTransactions", { ...MASTER, seqno: 7, count: 2, ...params });
      const { incomplete, transactions } = result as { incomplete: boolean; transactions: { lt: string }[] };
      return [incomplete, ...transactions.map(({ lt }) => lt)];
    };
    expect(await page({})).toEqual([true, "1", "2"]);
    expect(await page({ after_lt: "2" })).toEqual([false, "3"]);
    expect(await page({ after_lt: 1, after_hash: "aa".repeat(32) })).toEqual([false, "2", "3"]);
    const hash = Buffer.alloc(32, 2).toString("base64");
    expect(await page({ after_lt: 2, after_hash: hash })).toEqual([false, "3"]);
    for (const params of [{ after_lt: 9 }, { after_lt: 1, after_hash: hash }, { after_hash: "xyz" }]) {
      const answer = await ask(api, "getBlockTransactions", { ...MASTER, seqno: 7, ...params });
      expect(answer.status).toBe(422);
    }
    // It may still be abandoned.
    expect((await ask(api, "getBlockTransactions", { ...MASTER, seqno: 8 })).status).toBe(404);
  });
});

describe("transactions", () => {
  const CREATED = 101n;
  const message = fakeMessage(ALICE, BOB, CREATED);
  const others = (at: typeof BOB, from: bigint, count: number) =>
    Array.from({ length: count }, (_, i) =>
      fakeTransaction(at, from + BigInt(i), { incoming: fakeMessage(fakeAddress(3), at, BigInt(i)) }),
    );
  const params = { source: ALICE_TEXT, destination: BOB.toRawString(), created_lt: String(CREATED) };

  it("tell what a contract starts with where their message brought it", async () => {
    const init: StateInit = { code: Cell.EMPTY, data: beginCell().storeUint(7, 8).endCell() };
    const taken = [message, { ...message, init }].map((incoming, i) =>
      fakeTransaction(BOB, CREATED + 1n + BigInt(i), { incoming }),
    );
    const api = await openTon(new FakeTon(taken));
    const told = (await resultOf(api, "getTransactions", { address: BOB.toRawString() })) as {
      in_msg: { msg_data: { init_state: string } };
    }[];
    const [brought, none] = told.map(({ in_msg }) => in_msg.msg_data.init_state);
    expect(none).toBe("");
    const expected = beginCell().store(storeStateInit(init)).endCell();
    expect(Cell.fromBase64(brought!).equals(expected)).toBe(true);
  });

  it("are not silently missing after a logical time that there is not", async () => {
    const api = await openTon(new FakeTon(others(ALICE, 10n, 3)));
    const answer = await ask(api, "getTransactions", { address: ALICE_TEXT, lt: "99" });
    expect([answer.status, answer.json["ok"]]).toEqual([404, false]);
    const page = (await resultOf(api, "getTransactions", { address: ALICE_TEXT, lt: "11" })) as unknown[];
    expect(page).toHaveLength(2);
    const hash = "ab".repeat(32);
    expect((await ask(api, "getTransactions", { address: ALICE_TEXT, lt: "11", hash })).status).toBe(422);
  });

  it("[I12] of more bytes than an answer may have are refused, with how many may be asked for", async () => {
    // 60 KB once in the transaction's cells, and in its text once more for each message.
    const large = (): Cell => {
      let cell = Cell.EMPTY;
      for (let i = 0; i < 480; i++) cell = beginCell().storeBuffer(Buffer.alloc(120, i)).storeRef(cell).endCell();
      return cell;
    };
    const body = large();
    const many = Array.from({ length: 40 }, (_, i) => {
      const lt = 1_000n * BigInt(i + 1);
      const sent = Array.from({ length: 20 }, (_each, k) => ({ ...fakeMessage(ALICE, BOB, lt + BigInt(k + 1)), body }));
      return fakeTransaction(ALICE, lt, { incoming: fakeMessage(BOB, ALICE, lt - 1n), sent });
    });
    const ton = new FakeTon(many);
    const api = await openTon(ton);
    const refused = await ask(api, "getTransactions", { address: ALICE_TEXT, limit: 40 });
    expect(refused.status).toBe(422);
    const [, allowed] = /^limit: at most (\d+) here/.exec(String(refused.json["error"]))!;
    expect(Math.max(...ton.limitsAsked)).toBeLessThanOrEqual(16);
    const url = `${api.url}/api/v2/getTransactions?address=${ALICE_TEXT}&limit=${allowed}`;
    const text = await (await fetch(url)).text();
    expect(text.length).toBeLessThan(16 * 1024 * 1024);
    expect(text.length).toBeGreaterThan(12 * 1024 * 1024);
    expect((JSON.parse(text) as { result: unknown[] }).result).toHaveLength(Number(allowed));
  });

  it("are located in small slices, from the message's time on", async () => {
    const ton = new FakeTon([
      ...others(BOB, 1n, 90),
      ...others(BOB, 102n, 40),
      fakeTransaction(BOB, 200n, { incoming: message }),
      ...others(BOB, 201n, 2_000),
    ]);
    const api = await openTon(ton);
    const found = await resultOf(api, "tryLocateResultTx", params);
    expect(found).toMatchObject({ transaction_id: { lt: "200" } });
    expect(ton.limitsAsked).toEqual([16, 16, 16]);
  });

  it("are not looked for without end", async () => {
    const ton = new FakeTon(others(BOB, 201n, 2_000));
    const answer = await ask(await openTon(ton), "tryLocateTx", params);
    expect(answer.status).toBe(404);
    expect(ton.limitsAsked.reduce((sum, limit) => sum + limit)).toBeLessThanOrEqual(1_008);
  });

  it("are located at their source by one read", async () => {
    const incoming = fakeMessage(fakeAddress(3), ALICE, 5n);
    const ton = new FakeTon([
      ...others(ALICE, 10n, 20),
      fakeTransaction(ALICE, 100n, { incoming, sent: [message, fakeMessage(ALICE, BOB, CREATED + 1n)] }),
      ...others(ALICE, 103n, 20),
    ]);
    const api = await openTon(ton);
    for (const created_lt of ["101", "102"]) {
      const found = await resultOf(api, "tryLocateSourceTx", { ...params, created_lt });
      expect(found).toMatchObject({ transaction_id: { lt: "100" } });
    }
    expect(ton.limitsAsked).toEqual([1, 1]);
    for (const created_lt of ["100", "103", "1"])
      expect((await ask(api, "tryLocateSourceTx", { ...params, created_lt })).status).toBe(404);
    expect((await ask(api, "tryLocateSourceTx", { source: ALICE_TEXT, destination: ALICE_TEXT })).status).toBe(422);
  });
});

describe("[I12] what contracts bring with them", () => {
  const createdLt = 101n;
  const endless = (): ReturnType<typeof endlessMessage> => endlessMessage(ALICE, BOB, createdLt);
  const transaction = fakeTransaction(ALICE, 100n, {
    incoming: fakeMessage(fakeAddress(3), ALICE, 5n),
    sent: Array.from({ length: 255 }, endless),
  });

  it("is never unfolded to tell a transaction: libraries of 2^200 entries cost as much as their cells", async () => {
    const api = await openTon(new FakeTon([transaction]));
    const [told] = (await resultOf(api, "getTransactions", { address: ALICE_TEXT })) as {
      out_msgs: { hash: string; body_hash: string; msg_data: { body: string }; created_lt: string }[];
    }[];
    expect(told!.out_msgs).toHaveLength(255);
    const [message] = told!.out_msgs;
    const body = beginCell().storeUint(7, 32).endCell();
    expect(message).toMatchObject({ created_lt: "101", source: ALICE.toString(), destination: BOB.toString() });
    expect(message!.hash).toBe(endless().hash().toString("base64"));
    expect(message!.body_hash).toBe(body.hash().toString("base64"));
    expect(Cell.fromBase64(message!.msg_data.body).equals(body)).toBe(true);
    const params = { source: ALICE_TEXT, destination: BOB.toRawString(), created_lt: String(createdLt) };
    expect(await resultOf(api, "tryLocateSourceTx", params)).toMatchObject({ transaction_id: { lt: "100" } });
  });

  it("is never unfolded to tell what a message would cost", async () => {
    const ton = new FakeTon();
    ton.emulate = () => Promise.resolve({ type: "done", transaction: transaction.boc });
    const fees = await resultOf(await openTon(ton), "estimateFee", { address: ALICE_TEXT });
    expect(fees).toMatchObject({ source_fees: { in_fwd_fee: 3, storage_fee: 0, gas_fee: 0, fwd_fee: 0 } });
  });

  it("is never unfolded to tell an account", async () => {
    const account = beginCell()
      .storeBit(true)
      .storeAddress(ALICE)
      .storeUint(0, 3 + 3 + 3 + 32 + 1)
      .storeUint(9, 64)
      .storeCoins(77n)
      .storeBit(false)
      .storeBit(true)
      .storeUint(0b00111, 5)
      .storeRef(Cell.EMPTY)
      .storeRef(beginCell().storeUint(5, 8).endCell())
      .storeRef(endlessForks())
      .endCell();
    const api = await openTon();
    api.backend.account0 = ALICE.hash.toString("hex") as AccountId;
    api.backend.accountValue = new Uint8Array(beginCell().storeUint(9, 320).storeRef(account).endCell().toBoc());
    const params = { address: ALICE_TEXT };
    const told = (await resultOf(api, "getAddressInformation", params)) as Record<"data" | "balance" | "state", string>;
    expect([told.balance, told.state]).toEqual(["77", "active"]);
    expect(Cell.fromBase64(told.data).beginParse().loadUint(8)).toBe(5);
    expect(await resultOf(api, "getWalletInformation", params)).toMatchObject({ wallet: false, balance: "77" });
  });

  it("a page of transactions lets others have their turn between two of them", async () => {
    const many = Array.from({ length: 5 }, (_, i) =>
      fakeTransaction(ALICE, BigInt(10 + i), { incoming: fakeMessage(BOB, ALICE, BigInt(i)) }),
    );
    const ton = new FakeTon(many);
    await resultOf(await openTon(ton), "getTransactions", { address: ALICE_TEXT, limit: 5 });
    expect(ton.turns).toBe(4);
  });
});

describe("[I12] cells from outside", () => {
  const CHAIN = Buffer.from(chainBag(16_000)).toString("base64");
  const WIDE = Buffer.from(chainBag(2_049, (cell) => [2 * cell + 1, 2 * cell + 2])).toString("base64");

  it.each([
    ["estimateFee", { address: ALICE_TEXT, body: CHAIN }],
    ["estimateFee", { address: ALICE_TEXT, body: WIDE }],
    ["estimateFee", { address: ALICE_TEXT, init_code: CHAIN, init_data: WIDE }],
    ["estimateFee", { address: ALICE_TEXT, init_data: CHAIN }],
    ["runGetMethod", { address: ALICE_TEXT, method: "get", stack: [["tvm.Cell", CHAIN]] }],
    ["runGetMethod", { address: ALICE_TEXT, method: "get", stack: [["slice", { bytes: WIDE }]] }],
  ])("of too many levels or cells are refused by %s with what is allowed", async (method, params) => {
    const answer = await ask(await openTon(), method, params);
    expect([answer.status, answer.json["ok"]]).toEqual([422, false]);
    expect(answer.json["error"]).toMatch(/512 levels and 2048 cells$/);
  });

  it("make the message whose fees are asked, as TON's tools would write it", async () => {
    const [code, data] = [beginCell().storeUint(1, 9).endCell(), beginCell().storeRef(Cell.EMPTY).endCell()];
    const bodies = [0, 5, 600, 700, 735, 736, 740, 745, 750, 1_000].map((bits) =>
      Array.from({ length: bits }).reduce<ReturnType<typeof beginCell>>((all) => all.storeBit(true), beginCell()),
    );
    const full = beginCell().storeUint(5, 8);
    for (let i = 0; i < 4; i++) full.storeRef(beginCell().storeUint(i, 8).endCell());
    const ton = new FakeTon();
    let asked: Uint8Array = new Uint8Array();
    ton.emulate = (boc: Uint8Array) => {
      asked = boc;
      return Promise.resolve({
        type: "done",
        transaction: fakeTransaction(ALICE, 1n, { incoming: fakeMessage(BOB, ALICE, 1n) }).boc,
      });
    };
    const api = await openTon(ton);
    const text = (cell: Cell): string => cell.toBoc().toString("base64");
    for (const body of [...bodies, full].map((one) => one.endCell())) {
      for (const init of [null, { code, data }]) {
        const given = init === null ? {} : { init_code: text(init.code), init_data: text(init.data) };
        await resultOf(api, "estimateFee", { address: ALICE_TEXT, body: text(body), ...given });
        const message = external({ to: ALICE, body, ...(init === null ? {} : { init }) });
        expect(Cell.fromBoc(Buffer.from(asked))[0]!.equals(beginCell().store(storeMessage(message)).endCell())).toBe(
          true,
        );
      }
    }
  });
});

describe("accounts and messages", () => {
  it("are told with the time of the block that they are told after", async () => {
    const api = await openTon();
    // What comes after that block, and may be abandoned, is later.
    const threads = api.backend.threads();
    api.backend.threads = () => threads.map((one) => ({ ...one, headTimeMs: (one.headTimeMs! + 60_000) as UnixMs }));
    api.backend.account0 = ALICE.hash.toString("hex") as AccountId;
    const shard = { account: null, lastTransactionHash: 1n, lastTransactionLt: 9n };
    api.backend.accountValue = new Uint8Array(beginCell().store(storeShardAccount(shard)).endCell().toBoc());
    const told = await resultOf(api, "getAddressInformation", { address: ALICE_TEXT });
    const { block_id, sync_utime } = told as { block_id: { seqno: number }; sync_utime: number };
    const { timeMs } = api.backend.blockAt(0, block_id.seqno).header;
    expect(sync_utime).toBe(Math.floor(timeMs / 1_000));
  });

  it("calls a contract that it does not know no wallet", async () => {
    const api = await openTon();
    api.backend.account0 = ALICE.hash.toString("hex") as AccountId;
    const account = {
      addr: ALICE,
      storageStats: { used: { cells: 1n, bits: 1n }, storageExtra: null, lastPaid: 0, duePayment: null },
      storage: {
        lastTransLt: 9n,
        balance: { coins: 77n },
        state: { type: "active" as const, state: { code: Cell.EMPTY, data: Cell.EMPTY } },
      },
    };
    const shard = { account, lastTransactionHash: 1n, lastTransactionLt: 9n };
    api.backend.accountValue = new Uint8Array(beginCell().store(storeShardAccount(shard)).endCell().toBoc());
    const params = { address: ALICE.toString() };
    const result = await resultOf(api, "getWalletInformation", params);
    const last_transaction_id = { lt: "9" };
    expect(result).toMatchObject({ wallet: false, balance: "77", account_state: "active", last_transaction_id });
    expect(result).not.toHaveProperty("seqno");
    expect(await resultOf(api, "getAddressBalance", params)).toBe("77");
    expect(await resultOf(api, "getAddressState", params)).toBe("active");
  });

  it("tells a frozen account with the hash of what it was, and neither code nor data", async () => {
    const api = await openTon();
    api.backend.account0 = ALICE.hash.toString("hex") as AccountId;
    const account = {
      addr: ALICE,
      storageStats: { used: { cells: 1n, bits: 1n }, storageExtra: null, lastPaid: 5, duePayment: 200_000_000n },
      storage: { lastTransLt: 9n, balance: { coins: 0n }, state: { type: "frozen" as const, stateHash: 0x1234n } },
    };
    const shard = { account, lastTransactionHash: 1n, lastTransactionLt: 8n };
    api.backend.accountValue = new Uint8Array(beginCell().store(storeShardAccount(shard)).endCell().toBoc());
    const params = { address: ALICE_TEXT };
    const told = await resultOf(api, "getAddressInformation", params);
    const frozen_hash = Buffer.from("1234".padStart(64, "0"), "hex").toString("base64");
    expect(told).toMatchObject({ state: "frozen", frozen_hash, balance: "0", code: "", data: "" });
    expect(await resultOf(api, "getAddressState", params)).toBe("frozen");
    expect(await resultOf(api, "getWalletInformation", params)).toMatchObject({
      wallet: false,
      account_state: "frozen",
    });
  });

  it("calls an account without code no wallet", async () => {
    const api = await openTon();
    const result = await resultOf(api, "getWalletInformation", { address: ALICE_TEXT });
    expect(result).toMatchObject({ wallet: false, balance: "0", account_state: "uninitialized" });
    expect(await resultOf(api, "getAddressState", { address: ALICE_TEXT })).toBe("uninitialized");
  });

  it("tells a sent message's hash, and one that stays the same however the message was written", async () => {
    const body = beginCell().storeUint(5, 32).endCell();
    const init = { code: Cell.EMPTY, data: Cell.EMPTY };
    const written = [external({ to: ALICE, body }), external({ to: ALICE, body, init })].map((message) =>
      beginCell().store(storeMessage(message)).endCell(),
    );
    const api = await openTon();
    const answers = await Promise.all(
      written.map((cell) => resultOf(api, "sendBocReturnHash", { boc: cell.toBoc().toString("base64") })),
    );
    const hashes = answers as { hash: string; hash_norm: string; message_hash: string }[];
    expect(hashes.map(({ hash }) => hash)).toEqual(written.map((cell) => cell.hash().toString("base64")));
    expect(hashes[0]!.hash_norm).toBe(hashes[1]!.hash_norm);
    expect(hashes[0]!.message_hash).not.toBe(hashes[1]!.message_hash);
  });
});

describe("parameters as clients write them", () => {
  it("a method of no parameters is asked with none, with null, by GET, and by POST with and without a body", async () => {
    const api = await openTon();
    const method = "getMasterchainInfo";
    const answers = [
      await postJson(`${api.url}/api/v2/jsonRPC`, { id: 1, method }),
      await postJson(`${api.url}/api/v2/jsonRPC`, { id: 1, method, params: null }),
      await call(`${api.url}/api/v2/${method}`),
      await postJson(`${api.url}/api/v2/${method}`, {}),
      await call(`${api.url}/api/v2/${method}`, { method: "POST" }),
    ];
    for (const { status, json } of answers) expect([status, json["ok"]]).toEqual([200, true]);
  });

  it("every method is there by GET and by POST, and says what it misses instead of failing", async () => {
    const api = await openTon();
    for (const method of Object.keys(TON_METHODS)) {
      const answers = [await call(`${api.url}/api/v2/${method}`), await postJson(`${api.url}/api/v2/${method}`, {})];
      for (const { status } of answers) expect([method, [200, 422].includes(status)]).toEqual([method, true]);
    }
  });

  it.each([
    ["a number", ["num", 300], 300n],
    ["a negative number", ["num", -1], -1n],
    ["decimal text", ["num", "300"], 300n],
    ["hexadecimal text", ["num", "0x12C"], 300n],
  ])("a stack has numbers written as %s", async (_what, item, value) => {
    const ton = new FakeTon();
    let asked: bigint[] = [];
    ton.runGetMethod = (call) => {
      const items = parseTuple(Cell.fromBoc(Buffer.from(call.stack))[0]!);
      asked = items.map((one) => (one.type === "int" ? one.value : -7n));
      return Promise.resolve({ type: "done", exitCode: 0, gasUsed: 1n, stack: serializeTuple([]).toBoc() });
    };
    await resultOf(await openTon(ton), "runGetMethod", { address: ALICE_TEXT, method: "get", stack: [item] });
    expect(asked).toEqual([value]);
  });

  it("a stack is taken as JSON text in a query, and as answers write it", async () => {
    const ton = new FakeTon();
    const cell = beginCell().storeUint(5, 8).storeRef(Cell.EMPTY).endCell();
    const stack = serializeTuple([
      { type: "null" },
      { type: "int", value: -5n },
      { type: "int", value: 2n ** 255n },
      { type: "nan" },
      { type: "cell", cell },
      { type: "slice", cell },
      { type: "builder", cell },
      { type: "tuple", items: [] },
      { type: "tuple", items: [{ type: "int", value: 1n }] },
      {
        type: "tuple",
        items: [
          { type: "int", value: 1n },
          { type: "null" },
          { type: "cell", cell },
          { type: "slice", cell },
          { type: "tuple", items: [{ type: "null" }, { type: "int", value: -(2n ** 256n) }] },
        ],
      },
    ]);
    let asked = Cell.EMPTY;
    ton.runGetMethod = (call) => {
      asked = Cell.fromBoc(Buffer.from(call.stack))[0]!;
      return Promise.resolve({ type: "done", exitCode: 0, gasUsed: 1n, stack: stack.toBoc() });
    };
    const api = await openTon(ton);
    const told = (await resultOf(api, "runGetMethod", { address: ALICE_TEXT, method: "get" })) as { stack: unknown[] };
    expect(asked.equals(serializeTuple([]))).toBe(true);
    expect(told.stack.slice(0, 4)).toEqual([
      ["null"],
      ["num", "-0x5"],
      ["num", `0x8${"0".repeat(63)}`],
      ["num", "NaN"],
    ]);
    await resultOf(api, "runGetMethod", { address: ALICE_TEXT, method: "get", stack: told.stack });
    expect(asked.equals(stack)).toBe(true);
    const query = new URLSearchParams({ address: ALICE_TEXT, method: "get", stack: JSON.stringify(told.stack) });
    for (const [text, expected] of [
      [String(query), stack],
      [`address=${ALICE_TEXT}&method=get&stack=[]`, serializeTuple([])],
      [`address=${ALICE_TEXT}&method=get&stack=`, serializeTuple([])],
    ] as const) {
      asked = Cell.EMPTY;
      expect((await call(`${api.url}/api/v2/runGetMethod?${text}`)).status).toBe(200);
      expect(asked.equals(expected)).toBe(true);
    }
  });

  it.each([
    ["tuple", []],
    ["tuple", { elements: [5] }],
    ["list", { elements: [1] }],
    ["num", 1.5],
    ["num", 2 ** 60],
    ["num", null],
    ["num"],
    "num",
    ["tvm.Cell", 5],
  ])("refuses the stack item %j", async (...item) => {
    const stack = [item.length === 1 ? item[0] : item];
    const answer = await ask(await openTon(), "runGetMethod", { address: ALICE_TEXT, method: "get", stack });
    expect(answer.status).toBe(422);
  });

  it.each([
    ["getAddressInformation", { address: 5 }],
    ["getAddressInformation", { address: ["a"] }],
    ["runGetMethod", { address: ALICE_TEXT, method: {} }],
    ["runGetMethod", { address: ALICE_TEXT, method: 0.5 }],
    ["runGetMethod", { address: ALICE_TEXT, method: "" }],
    ["runGetMethod", { address: ALICE_TEXT, method: "x".repeat(257) }],
    ["runGetMethod", { address: ALICE_TEXT, method: "get", stack: "[" }],
    ["runGetMethod", { address: ALICE_TEXT, method: "get", stack: "5" }],
    ["runGetMethod", { address: ALICE_TEXT, method: "get", stack: {} }],
    ["getTransactions", { address: ALICE_TEXT, limit: 0 }],
    ["getTransactions", { address: ALICE_TEXT, limit: 102 }],
    ["getTransactions", { address: ALICE_TEXT, limit: true }],
    ["getTransactions", { address: ALICE_TEXT, lt: "-1" }],
    ["getTransactions", { address: ALICE_TEXT, hash: "ab" }],
    ["getTransactions", { address: ALICE_TEXT, hash: "ab".repeat(32) }],
    ["tryLocateTx", { source: ALICE_TEXT, destination: ALICE_TEXT }],
    ["tryLocateSourceTx", { source: ALICE_TEXT, destination: ALICE_TEXT, created_lt: 1e30 }],
    ["estimateFee", { address: ALICE_TEXT, body: 5 }],
    ["estimateFee", { address: ALICE_TEXT, body: "AAAA" }],
    ["sendBoc", {}],
    ["sendBoc", { boc: { data: 1 } }],
    ["getBlockTransactions", { ...MASTER, seqno: "x" }],
    ["getBlockTransactions", { ...MASTER, shard: "1", seqno: 1 }],
  ])("%s refuses %j, and says which parameter", async (method, params) => {
    const answer = await ask(await openTon(), method, params);
    expect([answer.status, answer.json["ok"]]).toEqual([422, false]);
    expect(answer.json["error"]).toMatch(/^[a-z_]+: /);
  });

  it("a page of transactions goes on exactly behind the last one, by its logical time and hash in hex or base64", async () => {
    const at = fakeAddress(7);
    const transactions = Array.from({ length: 25 }, (_, i) =>
      fakeTransaction(at, BigInt(10 + 3 * i), { incoming: fakeMessage(ALICE, at, BigInt(i)) }),
    );
    const api = await openTon(new FakeTon(transactions));
    interface Page {
      readonly transaction_id: { readonly lt: string; readonly hash: string };
    }
    for (const encoding of ["base64", "hex"] as const) {
      const seen: string[] = [];
      let next: Record<string, unknown> = {};
      for (;;) {
        const page = (await resultOf(api, "getTransactions", { address: at.toString(), limit: 8, ...next })) as Page[];
        // What a page goes on from comes again, as its first.
        const fresh = seen.length === 0 ? page : page.slice(1);
        seen.push(...fresh.map(({ transaction_id }) => transaction_id.lt));
        if (fresh.length === 0) break;
        const { lt, hash } = page[page.length - 1]!.transaction_id;
        next = { lt, hash: Buffer.from(hash, "base64").toString(encoding) };
      }
      expect(seen).toEqual(transactions.map(({ lt }) => String(lt)).reverse());
    }
    const until = (await resultOf(api, "getTransactions", { address: at.toString(), to_lt: "76" })) as Page[];
    expect(until.map(({ transaction_id }) => transaction_id.lt)).toEqual(["82", "79"]);
  });
});
