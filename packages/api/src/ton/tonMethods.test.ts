import { beginCell, Cell, external, parseTuple, serializeTuple, storeMessage, storeShardAccount } from "@ton/core";
import type { AccountId, MessageHash } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { FakeTon, fakeAddress, fakeMessage, fakeTransaction } from "../../test/fakeTon.js";
import { ApiRefusal } from "../errors/apiRefusal.js";
import { type Answer, call, openTestApi, postJson, type TestApi } from "../../test/testApi.js";
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
    const { url } = await openTestApi({ rateLimit: { requestsPerSecondMax: 1 } }, { ton: new FakeTon() });
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

  it("are not silently missing after a logical time that there is not", async () => {
    const api = await openTon(new FakeTon(others(ALICE, 10n, 3)));
    const answer = await ask(api, "getTransactions", { address: ALICE_TEXT, lt: "99" });
    expect([answer.status, answer.json["ok"]]).toEqual([404, false]);
    const page = (await resultOf(api, "getTransactions", { address: ALICE_TEXT, lt: "11" })) as unknown[];
    expect(page).toHaveLength(2);
    const hash = "ab".repeat(32);
    expect((await ask(api, "getTransactions", { address: ALICE_TEXT, lt: "11", hash })).status).toBe(422);
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

describe("accounts and messages", () => {
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

  it.each([["num", 1.5], ["num", 2 ** 60], ["num", null], ["num"], "num", ["tvm.Cell", 5]])(
    "refuses the stack item %j",
    async (...item) => {
      const stack = [item.length === 1 ? item[0] : item];
      const answer = await ask(await openTon(), "runGetMethod", { address: ALICE_TEXT, method: "get", stack });
      expect(answer.status).toBe(422);
    },
  );

  it.each([
    ["getAddressInformation", { address: 5 }],
    ["getAddressInformation", { address: ["a"] }],
    ["runGetMethod", { address: ALICE_TEXT, method: {} }],
    ["runGetMethod", { address: ALICE_TEXT, method: 0.5 }],
    ["runGetMethod", { address: ALICE_TEXT, method: "" }],
    ["runGetMethod", { address: ALICE_TEXT, method: "x".repeat(257) }],
    ["runGetMethod", { address: ALICE_TEXT, method: "get", stack: "[]" }],
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
