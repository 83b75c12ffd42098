import { Address, beginCell, external, storeMessage } from "@ton/core";
import { type MessageHash, silentLogger } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ExecutedMessage } from "../backend/ackiNackiBackend.js";
import type { MessageState, SubmitOutcome, SubmitRefusalCode } from "../backend/message.js";
import { createApiPlugin } from "../server/apiPlugin.js";
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
  aborted: false,
};

let backend: FakeBackend;
let app: FastifyInstance;
let executed: ExecutedMessage | null = DONE;
let outcome: SubmitOutcome;

beforeEach(async () => {
  backend = new FakeBackend();
  executed = DONE;
  taken({ status: "final", block: backend.refAt(0, 5), result: { code: 0, gasUsed: 1 } });
  backend.ton = {
    submitBoc: () => Promise.resolve(outcome),
    transactions: () => Promise.resolve([]),
  } as never;
  backend.ackiNacki = { executed: () => Promise.resolve(executed) };
  backend.message = () => Promise.resolve(outcome.type === "accepted" ? outcome.record : null);
  app = Fastify();
  await app.register(createApiPlugin({}, { backend, clock: new ManualClock(), logger: silentLogger }));
});

afterEach(() => app.close());

function taken(state: MessageState): void {
  const [thread] = backend.threads();
  outcome = { type: "accepted", record: { hash: HASH, threadId: thread!.threadId, state }, producer: null };
}

function refused(code: SubmitRefusalCode): void {
  outcome = { type: "refused", hash: HASH, code, reason: `because ${code}`, retryAfterMs: 500 };
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
        producers: expect.any(Array) as unknown,
        current_time: expect.any(String) as unknown,
        thread_id: backend.refAt(0, 5).threadId,
        account_id: ACCOUNT,
        dapp_id: ENTRY.dapp_id,
      },
    });
  });

  it("answers several entries one by one, in order, and a bad one takes no other with it", async () => {
    const answers = (await send([ENTRY, null, ENTRY])) as unknown as { error: { code: string } | null }[];
    expect(answers.map(({ error }) => error?.code ?? "done")).toEqual(["done", "BAD_REQUEST", "done"]);
  });

  it.each([
    ["queueFull", "QUEUE_OVERFLOW"],
    ["accountQueueFull", "TOO_MANY_REQUESTS_IN_QUEUE"],
    ["nonceUsed", "DUPLICATE_MESSAGE"],
    ["messageExpired", "MESSAGE_EXPIRED"],
    ["notAdmissible", "TVM_ERROR"],
    ["insufficientFunds", "COMPUTE_SKIPPED"],
    ["wrongThread", "THREAD_MISMATCH"],
    ["unavailable", "INTERNAL_ERROR"],
  ] as const)("says %s as %s, with the thread and its producers", async (code, said) => {
    refused(code);
    expect((await send([ENTRY])).error).toMatchObject({
      code: said,
      message: `because ${code}`,
      data: { thread_id: backend.threads()[0]!.threadId, producers: expect.any(Array) as unknown, retry_after_ms: 500 },
    });
  });

  it("says how a message ended that brought no result", async () => {
    executed = { ...DONE, transaction: null, exitCode: 33, aborted: true };
    expect((await send([ENTRY])).error).toMatchObject({ code: "TVM_ERROR", data: { exit_code: 33 } });
    executed = { ...DONE, exitCode: null, aborted: true };
    expect((await send([ENTRY])).error).toMatchObject({ code: "COMPUTE_SKIPPED" });
    executed = null;
    expect((await send([ENTRY])).error).toMatchObject({ code: "INTERNAL_ERROR" });
    taken({ status: "expired", expiresAtMs: DONE.blockTimeMs });
    expect((await send([ENTRY])).error).toMatchObject({ code: "MESSAGE_EXPIRED" });
  });

  it("sends a client to the right thread, and one that insists to the producer", async () => {
    const { threadId } = backend.threads()[0]!;
    const data = { thread_id: threadId };
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
    producedAt(null);
    expect((await send([ENTRY], "?producer=only")).error).toMatchObject({ code: "NOT_BLOCK_PRODUCER", data });
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

  it("is not there where the engine is not the TVM", async () => {
    const other = Fastify();
    await other.register(
      createApiPlugin({}, { backend: new FakeBackend(), clock: new ManualClock(), logger: silentLogger }),
    );
    expect((await other.inject({ method: "POST", url: "/v2/messages", payload: [ENTRY] })).statusCode).toBe(404);
    await other.close();
  });
});
