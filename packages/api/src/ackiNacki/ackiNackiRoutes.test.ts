import { Address, beginCell, Cell, external, storeMessage } from "@ton/core";
import { chainBag } from "@sealwright/execution/testing";
import { type AccountId, type MessageHash, silentLogger } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endlessMessage, fakeAddress, fakeMessage, fakeTransaction } from "../../test/fakeTon.js";
import type { ExecutedMessage } from "../backend/ackiNackiBackend.js";
import type { MessageState, SubmitOutcome, SubmitRefusalCode } from "../backend/message.js";
import { ApiRefusal } from "../errors/apiRefusal.js";
import { type ApiPluginOptions, createApiPlugin } from "../server/apiPlugin.js";
import { FakeBackend } from "../testing/fakeBackend.js";

const ACCOUNT = "12".repeat(32);
const cell = beginCell()
  .store(storeMessage(external({ to: Address.parse(`0:${ACCOUNT}`), body: beginCell().storeUint(7, 32).endCell() })))
  .endCell();
const ENTRY = { id: "one", body: cell.toBoc().toString("base64"), account_id: ACCOUNT, dapp_id: "0".repeat(64) };
const HASH = "aa".repeat(32) as MessageHash;
const DONE: ExecutedMessage = {
  blockTimeMs: 5 as ExecutedMessage["blockTimeMs"],
  transaction: { account: ACCOUNT as never, lt: 3n, hash: new Uint8Array(32).fill(1) },
  exitCode: 0,
  actionCode: 0,
  aborted: false,
};

/** What its clients look for in every error. */
const DATA = {
  message_hash: cell.hash().toString("hex"),
  producers: expect.any(Array) as unknown,
  thread_id: expect.any(String) as unknown,
  current_time: expect.any(String) as unknown,
};

let backend: FakeBackend;
let app: FastifyInstance;
let executed: ExecutedMessage | null = DONE;
let outcome: SubmitOutcome;
let logged: string[] = [];

beforeEach(async () => {
  backend = new FakeBackend();
  executed = DONE;
  logged = [];
  taken({ status: "final", block: backend.refAt(0, 5), result: { code: 0, gasUsed: 1 } });
  backend.ton = {
    submitBoc: () => Promise.resolve(outcome),
    transactions: () => Promise.resolve([]),
    turn: () => Promise.resolve(),
  } as never;
  backend.ackiNacki = { executed: () => Promise.resolve(executed) };
  backend.message = () => Promise.resolve(outcome.type === "accepted" ? outcome.record : null);
  app = await open();
});

afterEach(() => app.close());

/** With the backend as it is now. */
async function reopen(options: ApiPluginOptions = {}): Promise<FastifyInstance> {
  await app.close();
  return open(options);
}

async function open(options: ApiPluginOptions = {}): Promise<FastifyInstance> {
  const opened = Fastify({ bodyLimit: 100_000 });
  const logger = { ...silentLogger, log: (_level: string, code: string) => void logged.push(code) };
  await opened.register(createApiPlugin(options, { backend, clock: new ManualClock(), logger }));
  return opened;
}

function taken(state: MessageState): void {
  const [thread] = backend.threads();
  outcome = { type: "accepted", record: { hash: HASH, threadId: thread!.threadId, state }, producer: null };
}

function refused(code: SubmitRefusalCode, exitCode?: number): void {
  const refusal = { type: "refused", hash: HASH, code, reason: `because ${code}`, retryAfterMs: 500 } as const;
  outcome = exitCode === undefined ? refusal : { ...refusal, exitCode };
}

async function send(
  entries: unknown,
  query = "",
): Promise<{ error: { code: string; data: unknown } | null; result: unknown }> {
  const answer = await app.inject({ method: "POST", url: `/v2/messages${query}`, payload: entries as object[] });
  expect(answer.statusCode).toBe(200);
  return answer.json();
}

describe("POST /v2/messages", () => {
  it("answers one entry in the recorded shape", async () => {
    expect(await send([ENTRY])).toEqual({
      id: "one",
      error: null,
      ext_message_token: null,
      result: {
        message_hash: cell.hash().toString("hex"),
        status_hash: HASH,
        status: "final",
        reached: true,
        block_hash: backend.refAt(0, 5).blockId,
        tx_hash: "01".repeat(32),
        state_timestamp: 5,
        ext_out_msgs: [],
        aborted: false,
        exit_code: 0,
        action_code: 0,
        producers: expect.any(Array) as unknown,
        current_time: expect.any(String) as unknown,
        thread_id: backend.refAt(0, 5).threadId,
        account_id: ACCOUNT,
        dapp_id: ENTRY.dapp_id,
      },
    });
  });

  it("says why what a contract wanted to do was not done, where it ended well itself", async () => {
    executed = { ...DONE, actionCode: 37, aborted: true };
    expect((await send([ENTRY])).result).toMatchObject({ aborted: true, exit_code: 0, action_code: 37 });
  });

  it("answers several entries one by one, in order, and a bad one takes no other with it", async () => {
    const answers = (await send([ENTRY, null, ENTRY])) as unknown as { error: { code: string } | null }[];
    expect(answers.map(({ error }) => error?.code ?? "done")).toEqual(["done", "BAD_REQUEST", "done"]);
  });

  it("[I12] reads an entry of a batch only after others had their turn", async () => {
    const seen: string[] = [];
    backend.ton = {
      ...backend.ton!,
      submitBoc: () => {
        seen.push("entry");
        return Promise.resolve(outcome);
      },
      turn: () => {
        seen.push("turn");
        return Promise.resolve();
      },
    };
    app = await reopen();
    await send([ENTRY, ENTRY, ENTRY]);
    expect(seen).toEqual(["entry", "turn", "entry", "turn", "entry"]);
  });

  it("[I12] refuses an entry of too many levels or cells, and says how many there may be", async () => {
    backend.ton = { submitBoc: () => Promise.reject(new Error("nothing may be offered")) } as never;
    for (const bag of [chainBag(16_000), chainBag(2_049, (at) => [2 * at + 1, 2 * at + 2])])
      expect(await send([{ ...ENTRY, body: Buffer.from(bag).toString("base64") }])).toMatchObject({
        error: { code: "BAD_REQUEST", message: expect.stringContaining("512 levels and 2048 cells") as unknown },
      });
  });

  it("tells what a contract said to nobody, as it was said", async () => {
    const at = fakeAddress(0x12);
    const said = beginCell()
      .storeUint(0b11, 2)
      .storeAddress(at)
      .storeUint(0, 2)
      .storeUint(4, 64)
      .storeUint(5, 32)
      .storeUint(0b01, 2)
      .storeRef(Cell.EMPTY)
      .endCell();
    const sent = [endlessMessage(at, at, 4n), said];
    const found = fakeTransaction(at, 3n, { incoming: fakeMessage(fakeAddress(3), at, 1n), sent });
    backend.ton = { ...backend.ton!, transactions: () => Promise.resolve([found]) };
    app = await reopen();
    const { result } = (await send([ENTRY])) as { result: { ext_out_msgs: string[] } };
    expect(result.ext_out_msgs.map((text) => Cell.fromBase64(text).hash())).toEqual([said.hash()]);
  });

  it.each([
    ["queueFull", "QUEUE_OVERFLOW"],
    ["accountQueueFull", "TOO_MANY_REQUESTS_IN_QUEUE"],
    ["nonceUsed", "DUPLICATE_MESSAGE"],
    ["messageExpired", "MESSAGE_EXPIRED"],
    ["notAdmissible", "TVM_ERROR"],
    ["computeSkipped", "COMPUTE_SKIPPED"],
    ["insufficientFunds", "COMPUTE_SKIPPED"],
    ["wrongThread", "THREAD_MISMATCH"],
    ["unavailable", "INTERNAL_ERROR"],
  ] as const)("says %s as %s, with the thread and its producers", async (code, said) => {
    refused(code);
    expect((await send([ENTRY])).error).toMatchObject({
      code: said,
      message: `because ${code}`,
      data: {
        ...DATA,
        exit_code: null,
        thread_id: backend.threads()[0]!.threadId,
        status_hash: HASH,
        retry_after_ms: 500,
      },
    });
  });

  it("tells the exit code of a contract that refuses at the door", async () => {
    refused("notAdmissible", 33);
    expect((await send([ENTRY])).error).toMatchObject({ code: "TVM_ERROR", data: { ...DATA, exit_code: 33 } });
  });

  it("says how a message ended that brought no result", async () => {
    executed = { ...DONE, transaction: null, exitCode: 33, aborted: true };
    const data = { ...DATA, status_hash: HASH };
    expect((await send([ENTRY])).error).toMatchObject({ code: "TVM_ERROR", data: { ...data, exit_code: 33 } });
    executed = { ...DONE, transaction: null, exitCode: null, aborted: true };
    expect((await send([ENTRY])).error).toMatchObject({ code: "COMPUTE_SKIPPED", data: { ...data, exit_code: null } });
    executed = null;
    expect((await send([ENTRY])).error).toMatchObject({ code: "INTERNAL_ERROR", data: { ...data, exit_code: null } });
    taken({ status: "expired", expiresAtMs: DONE.blockTimeMs });
    expect((await send([ENTRY])).error).toMatchObject({ code: "MESSAGE_EXPIRED" });
  });

  it("sends a client to the right thread, and one that insists to the producer", async () => {
    const { threadId } = backend.threads()[0]!;
    const data = { ...DATA, thread_id: threadId, exit_code: null };
    expect((await send([{ ...ENTRY, thread_id: "f".repeat(68) }])).error).toMatchObject({
      code: "THREAD_MISMATCH",
      data,
    });
    expect((await send([{ ...ENTRY, thread_id: threadId.toUpperCase() }])).error).toBeNull();
    const threads = backend.threads();
    const producedAt = (apiUrl: string | null): void => {
      backend.threads = () =>
        threads.map((one) => ({ ...one, producer: { keeperId: "cd".repeat(32) as never, apiUrl } }));
    };
    producedAt("http://10.0.0.7:8600");
    expect((await send([ENTRY], "?producer=only")).error).toMatchObject({
      code: "WRONG_PRODUCER",
      data: { ...data, producers: ["http://10.0.0.7:8600"] },
    });
    expect((await send([ENTRY], "?producer=any")).error).toBeNull();
    app = await reopen({ messageWay: "only" });
    expect((await send([ENTRY])).error).toMatchObject({ code: "WRONG_PRODUCER", data });
    expect((await send([ENTRY], "?producer=any")).error).toBeNull();
    producedAt(null);
    expect((await send([ENTRY])).error).toMatchObject({ code: "NOT_BLOCK_PRODUCER", data });
  });

  it.each([
    ["no base64", { ...ENTRY, body: "!!" }],
    ["no bag of cells", { ...ENTRY, body: "AAAA" }],
    ["no body", { id: "x" }],
    ["another account than the message's", { ...ENTRY, account_id: "0".repeat(64) }],
    ["a dapp id that is none", { ...ENTRY, dapp_id: "xyz" }],
    ["a thread id that is none", { ...ENTRY, thread_id: "00" }],
    ["a text", "hello"],
  ])("refuses an entry with %s, and offers nothing to the network", async (_what, entry) => {
    backend.ton = { submitBoc: () => Promise.reject(new Error("nothing may be offered")) } as never;
    expect(await send([entry])).toMatchObject({ result: null, error: { code: "BAD_REQUEST" } });
  });

  it.each([{ body: "!!" }, { thread_id: "00" }, { account_id: 5 }])(
    "names the entry that it refuses for %j, so that a client finds its own again",
    async (wrong) => {
      expect(await send([{ ...ENTRY, ...wrong }])).toMatchObject({ id: "one", error: { code: "BAD_REQUEST" } });
    },
  );

  it.each([{ id: 5 }, { id: "x".repeat(129) }, { id: {} }])("names no entry whose id is none: %j", async (wrong) => {
    expect(await send([{ ...ENTRY, ...wrong }])).toMatchObject({ id: null, error: { code: "BAD_REQUEST" } });
  });

  it("an entry that the node fails to answer takes no other with it, and tells nothing of why", async () => {
    let calls = 0;
    const { ton } = backend;
    backend.ton = {
      ...ton!,
      submitBoc: () => {
        calls++;
        if (calls === 1) return Promise.reject(new Error("secret"));
        if (calls === 2) return Promise.reject(new ApiRefusal("unavailable", "not now", { retryAfterMs: 500 }));
        return Promise.resolve(outcome);
      },
    };
    const other = await open();
    const answer = await other.inject({ method: "POST", url: "/v2/messages", payload: [ENTRY, ENTRY, ENTRY] });
    expect(answer.json()).toMatchObject([
      { id: "one", result: null, error: { code: "INTERNAL_ERROR", data: null } },
      { id: "one", result: null, error: { code: "INTERNAL_ERROR", message: "not now", data: { retry_after_ms: 500 } } },
      { id: "one", result: { tx_hash: "01".repeat(32) }, error: null },
    ]);
    expect(answer.body).not.toContain("secret");
    expect(logged).toEqual(["api.requestFailed"]);
    await other.close();
  });

  it.each([
    ["no JSON", "application/json", "{", "", 400, "BAD_REQUEST"],
    ["one entry that is in no array", "application/json", JSON.stringify(ENTRY), "", 400, "BAD_REQUEST"],
    ["no entry at all", "application/json", "[]", "", 400, "BAD_REQUEST"],
    ["too many entries", "application/json", JSON.stringify(Array(101).fill(1)), "", 400, "BAD_REQUEST"],
    ["a wait that is none", "application/json", "[1]", "?wait=soon", 400, "BAD_REQUEST"],
    ["another type of content", "text/html", "<p>", "", 415, "BAD_REQUEST"],
    ["a body of more than the node takes", "application/json", `"${"x".repeat(200_000)}"`, "", 413, "BAD_REQUEST"],
  ])("refuses %s in the shape that its clients read", async (_what, type, payload, query, status, code) => {
    const headers = { "content-type": type };
    const answer = await app.inject({ method: "POST", url: `/v2/messages${query}`, headers, payload });
    expect([answer.statusCode, answer.json()]).toEqual([
      status,
      {
        id: null,
        result: null,
        error: { code, message: expect.any(String) as unknown, data: null },
        ext_message_token: null,
      },
    ]);
  });

  it("tells a client that comes too fast when to come again, in that shape and in the header", async () => {
    const limited = await open({ rateLimit: { requestsPerSecondMax: 1 } });
    await limited.inject({ method: "POST", url: "/v2/messages", payload: [ENTRY] });
    const answer = await limited.inject({ method: "POST", url: "/v2/messages", payload: [ENTRY] });
    expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([429, "1"]);
    expect(answer.json()).toMatchObject({
      result: null,
      error: { code: "QUEUE_OVERFLOW", data: { retry_after_ms: 1_000 } },
    });
    await limited.close();
  });

  it.each(["/bm/v2/messages", "/bk/v2/messages"])("is also at %s, where older SDKs look", async (url) => {
    const answer = await app.inject({
      method: "POST",
      url,
      payload: [{ ...ENTRY, dapp_id: undefined, dst_dapp_id: ENTRY.dapp_id }],
    });
    expect(answer.json()).toMatchObject({ error: null, result: { dapp_id: ENTRY.dapp_id } });
    expect((await app.inject({ method: "POST", url, payload: "{" })).json()).toMatchObject({ result: null });
  });

  it("is not there where the engine is not the TVM", async () => {
    const other = Fastify();
    await other.register(
      createApiPlugin({}, { backend: new FakeBackend(), clock: new ManualClock(), logger: silentLogger }),
    );
    expect((await other.inject({ method: "POST", url: "/v2/messages", payload: [ENTRY] })).statusCode).toBe(404);
    await other.close();
  });
});

describe("GET /v2/account", () => {
  const get = (query: string) => app.inject({ method: "GET", url: `/v2/account${query}` });

  it.each([
    ["", 400, "badRequest"],
    ["?account_id=nonsense", 400, "badRequest"],
    [`?account_id=${ACCOUNT}&dapp_id=nonsense`, 400, "badRequest"],
    [`?account_id=${ACCOUNT}&account_id=${ACCOUNT}`, 400, "badRequest"],
    [`?account_id=${ACCOUNT}`, 404, "unknownAccount"],
  ])("refuses %s like every other route of this API", async (query, status, code) => {
    const answer = await get(query);
    expect([answer.statusCode, answer.json()]).toMatchObject([status, { error: { code } }]);
  });

  it("says when to come again while the node holds no state", async () => {
    backend.account = () => Promise.resolve(null);
    const answer = await get(`?account_id=${ACCOUNT}`);
    expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([503, "1"]);
  });

  it("answers with ids as they are, however they were written", async () => {
    const account = beginCell().storeUint(0, 1).endCell();
    backend.account0 = ACCOUNT as AccountId;
    backend.accountValue = new Uint8Array(beginCell().storeRef(account).endCell().toBoc());
    for (const written of [ACCOUNT, `0x${ACCOUNT}`, `${"AB".repeat(32)}:${ACCOUNT}`]) {
      const answer = await get(`?account_id=${encodeURIComponent(written)}&dapp_id=0x${"AB".repeat(32)}`);
      expect(answer.json()).toEqual({
        boc: account.toBoc({ crc32: false }).toString("base64"),
        account_id: ACCOUNT,
        dapp_id: "ab".repeat(32),
        state_timestamp: expect.any(Number) as unknown,
      });
    }
  });
});

describe("/graphql", () => {
  const QUERY = "query { info { version time, latency rempEnabled } }";
  const get = (query: string) => app.inject({ method: "GET", url: `/graphql?query=${encodeURIComponent(query)}` });

  it("tells a client that connects of the node, by GET and by POST", async () => {
    const bare = await get("{info{version time latency rempEnabled}}");
    const { info } = bare.json<{ data: { info: Record<string, unknown> } }>().data;
    expect(info["version"]).toMatch(/^\d+\.\d+\.\d+$/);
    expect(info).toMatchObject({
      time: expect.any(Number) as unknown,
      latency: expect.any(Number) as unknown,
      rempEnabled: false,
    });
    const posted = await app.inject({ method: "POST", url: "/graphql", payload: { query: QUERY, variables: {} } });
    expect(posted.json()).toEqual(bare.json());
    expect((await get("{ info { version } }")).json()).toEqual({ data: { info: { version: info["version"] } } });
  });

  it.each([
    "",
    "{",
    "{ blockchain { block { id } } }",
    "{ info { version secret } }",
    "mutation { info { version } }",
    "{ info { } }",
  ])("says that it knows nothing of %j", async (query) => {
    for (const answer of [await get(query), await app.inject({ method: "POST", url: "/graphql", payload: { query } })])
      expect([answer.statusCode, answer.json()]).toMatchObject([
        400,
        { errors: [{ message: expect.any(String) as unknown }] },
      ]);
  });
});
