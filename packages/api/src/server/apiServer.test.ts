import { HEADER_LEAF, limits, sha256Hex, toHex, verifyInclusion, fromHex, type MessageHash } from "@sealwright/types";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { realClock } from "../../test/realClock.js";
import {
  call,
  errorCode,
  expectDocumented,
  openApiOf,
  openTestApi,
  post,
  postJson,
  sendRaw,
  stoppedClock,
  until,
  untilWaited,
} from "../../test/testApi.js";
import {
  ApiListenError,
  createApiServer,
  encodeMessageBatch,
  MESSAGE_BATCH_TYPE,
  MESSAGES_PER_BATCH_MAX,
  SUBMIT_REFUSAL_CODES,
  API_ERRORS,
} from "../index.js";
import { FAKE_KEEPERS } from "../testing/index.js";

const message = new TextEncoder().encode("a transfer");
const hash = sha256Hex(message) as MessageHash;
const BINARY = "application/octet-stream";
const UNKNOWN = "f".repeat(64);

describe("GET /v1/blocks/{thread}/{height}/timeline", () => {
  it("tells the life of a block, who attested it, and why it was late", async () => {
    const { url, backend } = await openTestApi();
    const answer = await call(`${url}/v1/blocks/0/3/timeline`);
    expect(answer.json).toMatchObject({
      height: "3",
      keeperId: FAKE_KEEPERS[0],
      missing: null,
      blocks: [
        {
          block: { blockId: backend.refAt(0, 3).blockId },
          status: "final",
          timeline: [{ stage: "sealed" }],
          delay: { reason: "attestationsLate", lateMs: 700 },
        },
      ],
    });
    await expectDocumented(url, "get", "/v1/blocks/{thread}/{height}/timeline", answer);
  });

  it("says why there is no block, which is an answer and no error", async () => {
    const { url } = await openTestApi();
    const answer = await call(`${url}/v1/blocks/1/99/timeline`);
    expect([answer.status, answer.json["blocks"], answer.json["missing"]]).toEqual([
      200,
      [],
      { reason: "notYet", lateMs: 0 },
    ]);
    expect(errorCode(await call(`${url}/v1/blocks/9/1/timeline`))).toBe("unknownThread");
  });
});

describe("POST /v1/messages", () => {
  it.each([
    ["hex", Buffer.from(message).toString("hex")],
    ["base64", Buffer.from(message).toString("base64")],
  ])("takes one message in %s and answers 202 with its hash, thread, status and producer", async (_name, text) => {
    const { url } = await openTestApi();
    const answer = await postJson(`${url}/v1/messages`, { message: text });
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({ hash, threadId: "0".repeat(68), status: "queued", done: false });
    expect(answer.json["producer"]).toMatchObject({ keeperId: FAKE_KEEPERS[0] });
    await expectDocumented(url, "post", "/v1/messages", answer);
  });

  it("takes one message as bytes", async () => {
    const { url } = await openTestApi();
    const answer = await post(`${url}/v1/messages`, BINARY, message);
    expect([answer.status, answer.json["hash"]]).toEqual([202, hash]);
  });

  it("[M3] gives the identical message the same answer, with its present status", async () => {
    const { url, backend } = await openTestApi();
    const first = await post(`${url}/v1/messages`, BINARY, message);
    expect((await post(`${url}/v1/messages`, BINARY, message)).json).toEqual(first.json);
    backend.move([hash], { status: "included", block: backend.refAt(0, 8) });
    expect((await post(`${url}/v1/messages`, BINARY, message)).json).toMatchObject({ hash, status: "included" });
  });

  it("handles a whole batch, one outcome per message in order, whatever becomes of its neighbours", async () => {
    const { url, backend } = await openTestApi();
    const large = "00".repeat(limits.EXTERNAL_MESSAGE_BYTES_MAX + 1);
    const messages = [toHex(message), "not a message!", "", "0x", large, toHex(Uint8Array.of(9))];
    const answer = await postJson(`${url}/v1/messages`, { messages });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      accepted: 2,
      refused: 4,
      outcomes: [
        { hash, status: "queued" },
        { hash: null, error: { code: "malformedMessage" } },
        { error: { code: "malformedMessage", message: "the message is empty" } },
        { error: { code: "malformedMessage", message: "the message is empty" } },
        { error: { code: "messageTooLarge" } },
        { hash: sha256Hex(Uint8Array.of(9)) },
      ],
    });
    expect(backend.batchSizes).toEqual([2]);
    await expectDocumented(url, "post", "/v1/messages", answer);
  });

  it("takes a batch in the binary form", async () => {
    const { url } = await openTestApi();
    const messages = Array.from({ length: 300 }, (_, i) => Uint8Array.of(i & 255, i >> 8, 7));
    const answer = await post(`${url}/v1/messages`, MESSAGE_BATCH_TYPE, encodeMessageBatch(messages));
    const outcomes = answer.json["outcomes"] as { hash: string }[];
    expect(outcomes.map((outcome) => outcome.hash)).toEqual(messages.map(sha256Hex));
  });

  it("tells a refusal inside a batch with the same code as alone", async () => {
    const { url, backend } = await openTestApi();
    backend.refuseWith = "queueFull";
    backend.retryAfterMs = 1_500;
    const answer = await postJson(`${url}/v1/messages`, { messages: [toHex(message)] });
    expect(answer.json["outcomes"]).toEqual([
      {
        hash,
        error: {
          code: "queueFull",
          message: "told to refuse: queueFull",
          retryable: true,
          details: { retryAfterMs: 1_500 },
        },
      },
    ]);
  });

  it.each(SUBMIT_REFUSAL_CODES)("refuses a single message with %s and its HTTP status", async (code) => {
    const { url, backend } = await openTestApi();
    backend.refuseWith = code;
    const answer = await post(`${url}/v1/messages`, BINARY, message);
    expect(answer.status).toBe(API_ERRORS[code].status);
    expect(answer.json).toEqual({
      error: { code, message: `told to refuse: ${code}`, retryable: API_ERRORS[code].retryable, details: { hash } },
    });
    await expectDocumented(url, "post", "/v1/messages", answer);
  });

  it("says in Retry-After when a full queue is worth another try", async () => {
    const { url, backend } = await openTestApi();
    backend.refuseWith = "queueFull";
    backend.retryAfterMs = 2_100;
    const answer = await post(`${url}/v1/messages`, BINARY, message);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "3"]);
  });

  it("refuses a message above the limit before the node sees it", async () => {
    const { url, backend } = await openTestApi();
    const answer = await post(`${url}/v1/messages`, BINARY, new Uint8Array(limits.EXTERNAL_MESSAGE_BYTES_MAX + 1));
    expect([answer.status, errorCode(answer), backend.batchSizes]).toEqual([413, "messageTooLarge", []]);
  });

  it.each([
    ["broken JSON", "application/json", "{", 400, "badRequest"],
    ["an empty body", "application/json", "", 400, "badRequest"],
    ["JSON of another shape", "application/json", '"text"', 400, "badRequest"],
    ["no message", "application/json", "{}", 400, "badRequest"],
    ["both forms at once", "application/json", '{"message":"00","messages":["00"]}', 400, "badRequest"],
    ["an unknown field", "application/json", '{"message":"00","hello":1}', 400, "badRequest"],
    ["a number for a message", "application/json", '{"message":5}', 400, "badRequest"],
    ["an empty batch", "application/json", '{"messages":[]}', 400, "badRequest"],
    ["a batch that holds what is no text", "application/json", '{"messages":["00",null]}', 400, "badRequest"],
    ["poisoned keys", "application/json", '{"__proto__":{"message":"00"}}', 400, "badRequest"],
    ["text that is neither hex nor base64", "application/json", '{"message":"%%"}', 400, "malformedMessage"],
    ["an empty text", "application/json", '{"message":""}', 400, "malformedMessage"],
    ["no bytes", BINARY, "", 400, "malformedMessage"],
    ["an empty binary batch", MESSAGE_BATCH_TYPE, "", 400, "badRequest"],
    ["a cut binary batch", MESSAGE_BATCH_TYPE, "\0\0\0\u0009abc", 400, "badRequest"],
    ["another content type", "text/plain", "hello", 415, "unsupportedMediaType"],
  ])("refuses %s", async (_name, type, body, status, code) => {
    const { url, backend } = await openTestApi();
    const answer = await post(`${url}/v1/messages`, type, body);
    expect([answer.status, errorCode(answer)]).toEqual([status, code]);
    expect(backend.batchSizes).toEqual([]);
    await expectDocumented(url, "post", "/v1/messages", answer);
  });

  it("names the field and what is allowed", async () => {
    const { url } = await openTestApi();
    const answer = await post(`${url}/v1/messages?wait=soon`, BINARY, message);
    expect(answer.json["error"]).toMatchObject({
      message: "querystring/wait must be one of queued, included, prefinal, final, rejected, expired",
      details: { field: "querystring/wait" },
    });
  });

  it("refuses too many messages and too many bytes", async () => {
    const { url } = await openTestApi({ limits: { bodyBytesMax: 200_000 } });
    const many = Array.from({ length: MESSAGES_PER_BATCH_MAX + 1 }, () => Uint8Array.of(1));
    const batch = await post(`${url}/v1/messages`, MESSAGE_BATCH_TYPE, encodeMessageBatch(many));
    expect([batch.status, errorCode(batch)]).toEqual([413, "batchTooLarge"]);
    const texts = await post(
      `${url}/v1/messages`,
      "application/json",
      JSON.stringify({ messages: many.map(() => "01") }),
    );
    expect([texts.status, texts.json]).toEqual([413, batch.json]);
    for (const type of ["application/json", BINARY, MESSAGE_BATCH_TYPE]) {
      const body = await post(`${url}/v1/messages`, type, new Uint8Array(200_001));
      expect([body.status, errorCode(body)]).toEqual([413, "bodyTooLarge"]);
    }
  });

  it.each([
    ["a length that is told", "content-length: 10485760", (piece: string) => piece],
    ["chunks", "transfer-encoding: chunked", (piece: string) => `${piece.length.toString(16)}\r\n${piece}\r\n`],
  ])("lets who sends 10 MB with %s before it reads read why not", async (_name, header, framed) => {
    const { url } = await openTestApi();
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const send = (text: string): Promise<void> =>
      new Promise((resolve, reject) => socket.write(text, (error) => (error == null ? resolve() : reject(error))));
    await send(`POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-type: ${BINARY}\r\n${header}\r\n\r\n`);
    for (const piece of Array<string>(160).fill("1".repeat(65_536))) await send(framed(piece));
    if (header.endsWith("chunked")) await send("0\r\n\r\n");
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1.1 413 [^]+"code":"bodyTooLarge"/);
  });

  it("waits until every message of a request got as far as was asked", async () => {
    const { url, backend } = await openTestApi();
    const other = Uint8Array.of(4);
    const asked = postJson(`${url}/v1/messages?wait=included&timeoutMs=30000`, {
      messages: [toHex(message), toHex(other)],
    });
    await until(() => backend.batchSizes.length === 1);
    backend.move([hash], { status: "included", block: backend.refAt(0, 8) });
    backend.move([sha256Hex(other) as MessageHash], { status: "expired", expiresAtMs: realClock.nowMs() });
    expect((await asked).json["outcomes"]).toMatchObject([
      { status: "included", reached: true, block: { height: "8" }, result: { code: 0, gasUsed: 21 } },
      { status: "expired", reached: false, done: true },
    ]);
  });

  it("answers a single waited message with 200 when reached and with 202 when the time is over first", async () => {
    const { url, backend } = await openTestApi();
    const late = await post(`${url}/v1/messages?wait=final&timeoutMs=20`, BINARY, message);
    expect([late.status, late.json["status"], late.json["reached"]]).toEqual([202, "queued", false]);
    const block = backend.refAt(0, 7);
    backend.move([hash], { status: "rejected", block, code: "insufficientFunds", reason: "0 of 5" });
    const rejected = await post(`${url}/v1/messages?wait=final`, BINARY, message);
    expect([rejected.status, rejected.json["reached"], rejected.json["rejection"]]).toEqual([
      200,
      false,
      { code: "insufficientFunds", reason: "0 of 5" },
    ]);
    await expectDocumented(url, "post", "/v1/messages", rejected);
  });
});

describe("GET /v1/messages", () => {
  it("tells where a message stands, and where it fell back to", async () => {
    const { url, backend } = await openTestApi();
    await backend.submit([message]);
    expect((await call(`${url}/v1/messages/${hash.toUpperCase()}`)).json).toMatchObject({ hash, status: "queued" });
    backend.move([hash], { status: "final", block: backend.refAt(0, 7) });
    const final = await call(`${url}/v1/messages/${hash}`);
    expect(final.json).toMatchObject({ status: "final", done: true, block: { blockId: backend.refAt(0, 7).blockId } });
    await expectDocumented(url, "get", "/v1/messages/{hash}", final);
    backend.move([hash], { status: "queued", abandonedInTerm: 3n as never });
    expect((await call(`${url}/v1/messages/${hash}`)).json).toMatchObject({ status: "queued", abandonedInTerm: "3" });
  });

  it("refuses unknown and malformed hashes", async () => {
    const { url } = await openTestApi();
    const unknown = await call(`${url}/v1/messages/${UNKNOWN}`);
    expect([unknown.status, errorCode(unknown)]).toEqual([404, "unknownMessage"]);
    await expectDocumented(url, "get", "/v1/messages/{hash}", unknown);
    const malformed = await call(`${url}/v1/messages/abc`);
    expect([malformed.status, errorCode(malformed)]).toEqual([400, "badRequest"]);
    const late = await call(`${url}/v1/messages/${UNKNOWN}/wait?timeoutMs=10`);
    expect([late.status, errorCode(late)]).toEqual([404, "unknownMessage"]);
  });

  it("waits for a refusal as well, and says whether it came", async () => {
    const api = await openTestApi();
    const { url, backend } = api;
    await backend.submit([message]);
    const [refused, over] = ["rejected", "expired"].map((status) =>
      call(`${url}/v1/messages/${hash}/wait?status=${status}&timeoutMs=30000`),
    );
    await untilWaited(api, 2);
    backend.move([hash], { status: "rejected", block: backend.refAt(0, 7), code: "nonceUsed", reason: "it is used" });
    for (const [answer, reached] of [
      [await refused!, true],
      [await over!, false],
    ] as const)
      expect([answer.status, answer.json["reached"], answer.json["status"]]).toEqual([200, reached, "rejected"]);
  });

  it("refuses a parameter that it does not know, so that a misspelt one is noticed", async () => {
    const { url } = await openTestApi();
    const answer = await post(`${url}/v1/messages?wiat=final`, BINARY, message);
    expect([answer.status, errorCode(answer)]).toEqual([400, "badRequest"]);
    // No route passes one over, those that take none at all neither.
    const { paths } = await openApiOf(url);
    const gets = Object.keys(paths).filter((path) => path.startsWith("/v1/") && paths[path]?.["get"] !== undefined);
    expect(gets.length).toBeGreaterThan(10);
    for (const path of gets) {
      const asked = await call(`${url}${path.replaceAll(/\{\w+\}/g, "0")}?unheardOf=1`);
      expect([path, asked.status]).toEqual([path, 400]);
      await expectDocumented(url, "get", path, asked);
    }
  });

  it("waits for a status and answers 200, or 202 when the time is over", async () => {
    const api = await openTestApi();
    const { url, backend } = api;
    await backend.submit([message]);
    const late = await call(`${url}/v1/messages/${hash}/wait?status=included&timeoutMs=10`);
    expect([late.status, late.json["reached"]]).toEqual([202, false]);
    const waiting = call(`${url}/v1/messages/${hash}/wait?timeoutMs=30000`);
    await untilWaited(api, 1);
    backend.move([hash], { status: "final", block: backend.refAt(0, 7) });
    const reached = await waiting;
    expect([reached.status, reached.json["reached"], reached.json["status"]]).toEqual([200, true, "final"]);
    await expectDocumented(url, "get", "/v1/messages/{hash}/wait", reached);
  });

  it("bounds the time and the number of waits", async () => {
    const api = await openTestApi({ limits: { waitMsMax: 30_000, waitedMessagesMax: 2_000 } });
    const { url, backend } = api;
    const long = await call(`${url}/v1/messages/${hash}/wait?timeoutMs=30001`);
    expect([long.status, errorCode(long)]).toEqual([400, "badRequest"]);
    const messages = Array.from({ length: 2_000 }, (_, i) => Uint8Array.of(i & 255, i >> 8));
    const full = post(`${url}/v1/messages?wait=final`, MESSAGE_BATCH_TYPE, encodeMessageBatch(messages));
    await untilWaited(api, 2_000);
    const more = await call(`${url}/v1/messages/${hash}/wait`);
    expect([more.status, errorCode(more), more.headers.get("retry-after")]).toEqual([429, "tooManyWaits", "1"]);
    backend.move(
      messages.map((one) => sha256Hex(one) as MessageHash),
      { status: "final", block: backend.refAt(0, 7) },
    );
    expect((await full).status).toBe(200);
    await untilWaited(api, 0);
  });

  it("stops waiting for a client that left", async () => {
    const api = await openTestApi();
    const { url, backend } = api;
    await backend.submit([message]);
    const client = new AbortController();
    const waiting = fetch(`${url}/v1/messages/${hash}/wait`, { signal: client.signal });
    await untilWaited(api, 1);
    client.abort();
    await expect(waiting).rejects.toThrow();
    await untilWaited(api, 0);
  });
});

describe("threads, blocks, accounts and proofs", () => {
  it("lists threads, and finds one by index or id", async () => {
    const { url, backend } = await openTestApi();
    const list = await call(`${url}/v1/threads`);
    const threads = list.json["threads"] as { threadId: string }[];
    expect(threads).toMatchObject([{ index: 0, head: { height: "9" }, final: { height: "7" } }, { index: 1 }]);
    await expectDocumented(url, "get", "/v1/threads", list);
    for (const name of ["1", backend.refAt(1, 0).threadId]) {
      const one = await call(`${url}/v1/threads/${name}`);
      expect(one.json).toEqual(threads[1]);
      await expectDocumented(url, "get", "/v1/threads/{thread}", one);
    }
  });

  it("shows a block by height and by id, with messages, attestations carried, finality and timeline", async () => {
    const { url, backend } = await openTestApi();
    const byHeight = await call(`${url}/v1/blocks/0/8`);
    expect(byHeight.json).toMatchObject({
      blockId: backend.refAt(0, 8).blockId,
      status: "prefinal",
      header: { height: "8", parentId: backend.refAt(0, 7).blockId },
      counts: { messages: 1, outbound: 1, attestations: 1 },
      messages: [{ hash: sha256Hex(new TextEncoder().encode("message 8")), sizeBytes: 9 }],
      attestations: [{ height: "7", signers: [0, 1, 2] }],
      timeline: [{ stage: "received" }],
    });
    await expectDocumented(url, "get", "/v1/blocks/{thread}/{height}", byHeight);
    const byId = await call(`${url}/v1/blocks/${backend.refAt(0, 8).blockId}`);
    expect(byId.json).toEqual(byHeight.json);
    await expectDocumented(url, "get", "/v1/blocks/{blockId}", byId);
  });

  it("gives a block's and a finality proof's bytes to a client that accepts them", async () => {
    const { url, backend } = await openTestApi();
    const accept = { headers: { accept: BINARY } };
    const block = new Uint8Array(await (await fetch(`${url}/v1/blocks/0/8`, accept)).arrayBuffer());
    expect(block).toEqual(new Uint8Array(backend.blockAt(0, 8).bytes));
    const proof = await fetch(`${url}/v1/finality-proof/0/3`, accept);
    const json = (await call(`${url}/v1/finality-proof/0/3`)).json;
    expect(toHex(new Uint8Array(await proof.arrayBuffer()))).toBe(json["encoded"]);
  });

  it("pages through blocks", async () => {
    const { url } = await openTestApi();
    const heights = (answer: Record<string, unknown>): string[] =>
      (answer["blocks"] as { height: string }[]).map((block) => block.height);
    const newest = await call(`${url}/v1/blocks?limit=2`);
    expect([heights(newest.json), newest.json["next"]]).toEqual([["8", "9"], null]);
    await expectDocumented(url, "get", "/v1/blocks", newest);
    const first = await call(`${url}/v1/blocks?thread=1&from=4&limit=3`);
    expect([heights(first.json), first.json["next"]]).toEqual([["4", "5", "6"], "7"]);
    const last = await call(`${url}/v1/blocks?thread=1&from=8&limit=3`);
    expect([heights(last.json), last.json["next"]]).toEqual([["8", "9"], null]);
  });

  it("shows an account with a proof up to the block's id, and an absent account with a proof of absence", async () => {
    const { url, backend } = await openTestApi();
    const there = await call(`${url}/v1/accounts/${backend.account0}`);
    expect(there.json).toMatchObject({ exists: true, balance: String(2n ** 70n), nonce: "5", block: { height: "7" } });
    await expectDocumented(url, "get", "/v1/accounts/{accountId}", there);
    const path = there.json["stateRootPath"] as { index: number; count: number; siblings: string[] };
    const siblings = path.siblings.map((text) => fromHex(text) ?? new Uint8Array());
    const id = fromHex((there.json["block"] as { blockId: string }).blockId) ?? new Uint8Array();
    const root = fromHex(String(there.json["stateRoot"])) ?? new Uint8Array();
    expect(path.index).toBe(HEADER_LEAF.stateRoot);
    expect(verifyInclusion(id, root, { ...path, siblings })).toBe(true);
    const absent = await call(`${url}/v1/accounts/${UNKNOWN}?view=head`);
    expect(absent.json).toMatchObject({
      exists: false,
      balance: null,
      value: null,
      proof: "0102",
      block: { height: "9" },
    });
    await expectDocumented(url, "get", "/v1/accounts/{accountId}", absent);
  });

  it("[F2] serves finality proofs by height and by id", async () => {
    const { url, backend } = await openTestApi();
    const byHeight = await call(`${url}/v1/finality-proof/0/3`);
    expect(byHeight.json).toMatchObject({
      blockId: backend.refAt(0, 3).blockId,
      carrierIndex: 1,
      carried: { height: "3" },
    });
    await expectDocumented(url, "get", "/v1/finality-proof/{thread}/{height}", byHeight);
    const byId = await call(`${url}/v1/finality-proof/${backend.refAt(0, 3).blockId}`);
    expect(byId.json).toEqual(byHeight.json);
    await expectDocumented(url, "get", "/v1/finality-proof/{blockId}", byId);
  });

  it.each([
    ["/v1/threads/2", "/v1/threads/{thread}", 404, "unknownThread"],
    ["/v1/threads/2/totals", "/v1/threads/{thread}/totals", 404, "unknownThread"],
    [`/v1/threads/${"1".repeat(68)}`, "/v1/threads/{thread}", 404, "unknownThread"],
    ["/v1/threads/x", "/v1/threads/{thread}", 400, "badRequest"],
    ["/v1/blocks?thread=9", "/v1/blocks", 404, "unknownThread"],
    ["/v1/blocks?limit=0", "/v1/blocks", 400, "badRequest"],
    ["/v1/blocks?limit=201", "/v1/blocks", 400, "badRequest"],
    ["/v1/blocks?from=-1", "/v1/blocks", 400, "badRequest"],
    ["/v1/blocks/0/100", "/v1/blocks/{thread}/{height}", 404, "unknownBlock"],
    ["/v1/blocks/7/1", "/v1/blocks/{thread}/{height}", 404, "unknownThread"],
    ["/v1/blocks/0/99999999999999999999", "/v1/blocks/{thread}/{height}", 400, "badRequest"],
    [`/v1/blocks/${UNKNOWN}`, "/v1/blocks/{blockId}", 404, "unknownBlock"],
    ["/v1/blocks/zz", "/v1/blocks/{blockId}", 400, "badRequest"],
    ["/v1/finality-proof/0/8", "/v1/finality-proof/{thread}/{height}", 409, "notFinal"],
    ["/v1/blocks/0/0", "/v1/blocks/{thread}/{height}", 404, "genesisBlock"],
    ["/v1/finality-proof/0/0", "/v1/finality-proof/{thread}/{height}", 404, "genesisBlock"],
    ["/v1/blocks/1/1", "/v1/blocks/{thread}/{height}", 410, "pruned"],
    ["/v1/finality-proof/1/1", "/v1/finality-proof/{thread}/{height}", 410, "pruned"],
    [`/v1/finality-proof/${UNKNOWN}`, "/v1/finality-proof/{blockId}", 404, "unknownBlock"],
    ["/v1/accounts/12", "/v1/accounts/{accountId}", 400, "badRequest"],
    [`/v1/accounts/${UNKNOWN}?view=past`, "/v1/accounts/{accountId}", 400, "badRequest"],
    ["/v1/evidence?limit=x", "/v1/evidence", 400, "badRequest"],
    ["/v1/evidence?limits=1", "/v1/evidence", 400, "badRequest"],
    [`/v1/accounts/${UNKNOWN}?at=head`, "/v1/accounts/{accountId}", 400, "badRequest"],
  ])("refuses %s", async (path, pattern, status, code) => {
    const { url, backend } = await openTestApi();
    backend.oldestHeight = 2n;
    const answer = await call(url + path);
    expect([answer.status, errorCode(answer)]).toEqual([status, code]);
    await expectDocumented(url, "get", pattern, answer);
  });

  it("tells a genesis by its height and by its id, with the other, and as nothing to wait for", async () => {
    const { url, backend } = await openTestApi();
    const { threadId, blockId } = backend.refAt(1, 0);
    for (const path of ["blocks/1/0", `blocks/${blockId}`, "finality-proof/1/0", `finality-proof/${blockId}`]) {
      const { json } = await call(`${url}/v1/${path}`);
      expect(json["error"]).toMatchObject({
        code: "genesisBlock",
        retryable: false,
        details: { threadId, blockId, height: "0" },
      });
    }
  });

  it("says when it holds no state of an account's thread", async () => {
    const { url, backend } = await openTestApi();
    backend.holdsState = false;
    const answer = await call(`${url}/v1/accounts/${UNKNOWN}`);
    expect([answer.status, errorCode(answer)]).toEqual([404, "unknownAccount"]);
  });
});

describe("network, health and metrics", () => {
  it("tells the network, its keepers, and evidence", async () => {
    const { url, backend } = await openTestApi();
    const network = await call(`${url}/v1/network`);
    expect(network.json).toMatchObject({
      name: "fake",
      quorum: 3,
      clockSkewMs: 0.5,
      limits: { messageBytesMax: 65_536, transferFee: "18446744073709551615" },
    });
    await expectDocumented(url, "get", "/v1/network", network);
    const keepers = await call(`${url}/v1/keepers`);
    expect(keepers.json["keepers"]).toHaveLength(4);
    await expectDocumented(url, "get", "/v1/keepers", keepers);
    expect((await call(`${url}/v1/evidence`)).json).toEqual({ evidence: [] });
    const { threadId, term, height } = backend.refAt(0, 3);
    const accused = backend.keepers()[2]!.keeperId;
    const bytes = Uint8Array.of(1);
    backend.evidenceKept = [
      { id: UNKNOWN, kind: "doubleBlock", accused, threadId, term, height, seenAtMs: realClock.nowMs(), bytes },
    ];
    const evidence = await call(`${url}/v1/evidence`);
    expect(evidence.json).toMatchObject({ evidence: [{ kind: "doubleBlock", accused, height: "3", encoded: "01" }] });
    await expectDocumented(url, "get", "/v1/evidence", evidence);
  });

  it("is alive, and ready only when every check says so", async () => {
    const { url, backend } = await openTestApi();
    expect((await call(`${url}/livez`)).json).toEqual({ live: true });
    expect(await call(`${url}/readyz`)).toMatchObject({ status: 200, json: { ready: true } });
    backend.checks = [...backend.checks, { name: "peersConnected", ok: false, detail: "1 of 2 peers" }];
    const not = await call(`${url}/readyz`);
    expect([not.status, not.json["ready"]]).toEqual([503, false]);
    expect(not.json["checks"]).toMatchObject([
      { name: "storeWritable", ok: true },
      { name: "peersConnected", ok: false },
    ]);
    await expectDocumented(url, "get", "/readyz", not);
  });

  it("is not ready when its checks fail or hang, and says that too", async () => {
    const { url, backend } = await openTestApi();
    backend.failure = new Error("secret path /root");
    const failed = await call(`${url}/readyz`);
    expect([failed.status, JSON.stringify(failed.json)]).toEqual([503, expect.not.stringContaining("secret")]);
    backend.readiness = () => new Promise(() => undefined);
    expect(await call(`${url}/readyz`)).toMatchObject({ status: 503, json: { checks: [{ name: "checksInTime" }] } });
  });

  it("gives metrics in the text format, and as OpenMetrics to who accepts that", async () => {
    const { url } = await openTestApi();
    const text = await fetch(`${url}/metrics`);
    expect(text.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await text.text()).toContain("sealwright_blocks_total 3");
    const open = await fetch(`${url}/metrics`, { headers: { accept: "application/openmetrics-text;version=1.0.0" } });
    expect(open.headers.get("content-type")).toContain("application/openmetrics-text");
    expect((await open.text()).endsWith("# EOF\n")).toBe(true);
  });

  it("counts its own requests by route pattern, never by path", async () => {
    const { url, metrics } = await openTestApi();
    await call(`${url}/v1/blocks/0/1`);
    await call(`${url}/v1/blocks/0/2`);
    await call(`${url}/nowhere`);
    await until(async () => {
      const text = await metrics.text();
      return text.includes('{method="GET",route="/v1/blocks/:thread/:height",status="200"} 2');
    });
    expect(await metrics.text()).not.toContain("nowhere");
  });
});

describe("the server", () => {
  it("has these routes, and documents them", async () => {
    const { url } = await openTestApi();
    const doc = await openApiOf(url);
    expect(doc.openapi).toBe("3.1.0");
    expect(
      Object.entries(doc.paths)
        .flatMap(([path, methods]) => Object.keys(methods).map((one) => `${one} ${path}`))
        .sort(),
    ).toEqual([
      "get /",
      "get /livez",
      "get /metrics",
      "get /openapi.json",
      "get /readyz",
      "get /v1/accounts/{accountId}",
      "get /v1/blocks",
      "get /v1/blocks/{blockId}",
      "get /v1/blocks/{thread}/{height}",
      "get /v1/blocks/{thread}/{height}/timeline",
      "get /v1/events",
      "get /v1/evidence",
      "get /v1/finality-proof/{blockId}",
      "get /v1/finality-proof/{thread}/{height}",
      "get /v1/keepers",
      "get /v1/messages/{hash}",
      "get /v1/messages/{hash}/wait",
      "get /v1/network",
      "get /v1/threads",
      "get /v1/threads/{thread}",
      "get /v1/threads/{thread}/totals",
      "post /v1/messages",
    ]);
  });

  it("points a person to the rest", async () => {
    const { url } = await openTestApi();
    const text = await (await fetch(url)).text();
    expect(text).toContain("/openapi.json");
    expect(text).toContain('"fake"');
  });

  it("answers unknown routes and methods with 404 in JSON", async () => {
    const { url } = await openTestApi();
    for (const init of [{}, { method: "DELETE" }, { method: "OPTIONS" }]) {
      const answer = await call(`${url}/v1/nothing`, init);
      expect([answer.status, errorCode(answer)]).toEqual([404, "unknownRoute"]);
    }
    expect((await call(`${url}/v1/messages`, { method: "PUT" })).status).toBe(404);
  });

  it("tells clients nothing of its own failures, and the log everything", async () => {
    const { url, backend, logged } = await openTestApi();
    backend.failure = new Error("secret path /root");
    for (const path of [`/v1/messages/${hash}`, "/v1/blocks/0/1", "/metrics", `/v1/accounts/${UNKNOWN}`]) {
      const answer = await call(url + path);
      expect([answer.status, errorCode(answer)]).toEqual([500, "internal"]);
      expect(JSON.stringify(answer.json)).not.toMatch(/secret|stack|\.ts|\.js/);
    }
    expect(logged).toHaveLength(4);
    expect(logged[0]).toMatchObject({
      code: "api.requestFailed",
      fields: { route: "/v1/messages/:hash", error: backend.failure },
    });
  });

  it("answers bytes that are not HTTP with 400 in JSON, and malformed URLs too", async () => {
    const { url } = await openTestApi();
    const garbage = await sendRaw(url, "\u0016\u0003\u0001garbage\r\n\r\n");
    expect(garbage).toMatch(/^HTTP\/1.1 400 .*"badRequest"/s);
    const header = await sendRaw(url, `GET / HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(100_000)}\r\n\r\n`);
    expect(header).toMatch(/^HTTP\/1.1 431 /);
    const badUrl = await call(`${url}/v1/messages/%zz`);
    expect([badUrl.status, errorCode(badUrl)]).toEqual([400, "badRequest"]);
  });

  it("answers pipelined requests on one connection", async () => {
    const { url } = await openTestApi();
    const request = (connection: string): string =>
      `GET /livez HTTP/1.1\r\nhost: a\r\nconnection: ${connection}\r\n\r\n`;
    const answer = await sendRaw(url, request("keep-alive") + request("keep-alive") + request("close"));
    expect(answer.match(/\{"live":true\}/g)).toHaveLength(3);
  });

  it("adds no CORS headers unless told, and then for the named origins only", async () => {
    const closed = await openTestApi();
    const headers = { origin: "http://page.test" };
    expect((await call(`${closed.url}/livez`, { headers })).headers.get("access-control-allow-origin")).toBeNull();
    const { url } = await openTestApi({ corsOrigins: ["http://page.test"] });
    expect((await call(`${url}/livez`, { headers })).headers.get("access-control-allow-origin")).toBe(
      "http://page.test",
    );
    const other = await call(`${url}/livez`, { headers: { origin: "http://evil.test" } });
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
    const preflight = await fetch(`${url}/v1/messages`, { method: "OPTIONS", headers });
    expect(preflight.status).toBe(204);
    // What TonClient and Acki Nacki's SDK send with each request: a browser asks first whether it may.
    const sent = ["content-type", "x-ton-client-version", "x-api-key", "authorization", "tonclient-core-version"];
    const allowed = preflight.headers.get("access-control-allow-headers")!.split(", ");
    for (const name of [...sent, "x-evernode-expected-account-boc-version"]) expect(allowed).toContain(name);
  });

  it("limits requests of one address when told, but never health and metrics", async () => {
    const clock = stoppedClock();
    const { url } = await openTestApi({ rateLimit: { requestsPerSecondMax: 2 } }, {}, clock);
    const answers = await Promise.all(Array.from({ length: 5 }, () => call(`${url}/v1/threads`)));
    const refused = answers.filter((answer) => answer.status === 429);
    expect(refused).toHaveLength(3);
    expect(errorCode(refused[0]!)).toBe("rateLimited");
    expect(refused[0]!.headers.get("retry-after")).toBe("1");
    const health = await Promise.all(Array.from({ length: 5 }, () => call(`${url}/livez`)));
    expect(health.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200]);
    clock.pass(1_000);
    expect((await call(`${url}/v1/threads`)).status).toBe(200);
  });

  it("an answer that nobody reads is cut off, and its place is free again", async () => {
    const large = { type: "text/plain", bytes: new Uint8Array(32 * 1024 * 1024) };
    const page = new Map([["large", large]]);
    const { url } = await openTestApi({ page, limits: { stallMsMax: 50, connectionsMax: 1 } });
    const { hostname, port } = new URL(url);
    const unread = connect(Number(port), hostname).on("error", () => undefined);
    await once(unread, "connect");
    unread.pause().write("GET /page/large HTTP/1.1\r\nhost: a\r\n\r\n");
    // Not `fetch`: that waits on for a server that hangs up at once.
    const ask = "GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    await until(async () => (await sendRaw(url, ask).catch(() => "")).startsWith("HTTP/1.1 200"));
    unread.destroy();
  });

  it("a wait longer than clients may stall is no stall", async () => {
    const { url, backend } = await openTestApi({ limits: { stallMsMax: 20 } });
    await backend.submit([message]);
    const answer = await call(`${url}/v1/messages/${hash}/wait?timeoutMs=300`);
    expect([answer.status, answer.json["status"]]).toEqual([202, "queued"]);
  });

  it("says what is wrong when the port is taken", async () => {
    const { server, backend } = await openTestApi();
    const { host, port } = server.address();
    const second = createApiServer(
      { listen: { host, port } },
      { backend, clock: realClock, logger: { log: () => undefined } },
    );
    await expect(second).rejects.toThrow(ApiListenError);
    await expect(second).rejects.toMatchObject({
      code: "portTaken",
      message: `the API cannot listen on ${host}:${port}: another process has that port`,
    });
  });

  it("a client that left during the submission is waited for no more", async () => {
    const api = await openTestApi();
    const { backend } = api;
    const submit = backend.submit.bind(backend);
    let asked = false;
    let take = (): void => undefined;
    backend.submit = async (messages) => {
      asked = true;
      await new Promise<void>((resolve) => (take = resolve));
      return submit(messages);
    };
    let isWaited = false;
    const read = backend.message.bind(backend);
    backend.message = (of) => {
      isWaited = true;
      return read(of);
    };
    const leaving = new AbortController();
    const url = `${api.url}/v1/messages?wait=final&timeoutMs=60000`;
    const left = fetch(url, {
      method: "POST",
      headers: { "content-type": BINARY },
      body: message,
      signal: leaving.signal,
    });
    const gone = expect(left).rejects.toThrow();
    await until(() => asked);
    leaving.abort();
    await gone;
    // On another connection: the server has seen the first one close by then.
    await sendRaw(api.url, "GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    take();
    await until(() => isWaited);
    await untilWaited(api, 0);
  });

  it("closes at once: waits are told, streams end, the port is free", async () => {
    const api = await openTestApi();
    const { url, server, backend } = api;
    await backend.submit([message]);
    const waiting = call(`${url}/v1/messages/${hash}/wait?timeoutMs=60000`);
    const stream = await fetch(`${url}/v1/events`);
    await untilWaited(api, 1);
    const closed = server.close();
    const told = await waiting;
    expect([told.status, errorCode(told)]).toEqual([503, "shuttingDown"]);
    await stream.text();
    await closed;
    await server.close();
    await expect(fetch(url)).rejects.toThrow();
  });

  it("does not wait for connections that were opened ahead and never used, nor for the kept ones of clients", async () => {
    const { url, server } = await openTestApi({ limits: { closeGraceMs: 3_600_000 } });
    const ahead = sendRaw(url, "");
    await call(`${url}/livez`);
    await server.close();
    expect(await ahead).toBe("");
  });

  it("lets a running answer finish, and cuts it off when its grace is over", async () => {
    const patient = await openTestApi({ limits: { closeGraceMs: 3_600_000 } });
    let answer = (): void => undefined;
    patient.backend.evidence = () => new Promise((resolve) => (answer = () => resolve([])));
    const running = call(`${patient.url}/v1/evidence`);
    const asked = answer;
    await until(() => answer !== asked);
    const closed = patient.server.close();
    answer();
    expect((await running).json).toEqual({ evidence: [] });
    await closed;
    const strict = await openTestApi({ limits: { closeGraceMs: 10 } });
    let isAsked = false;
    strict.backend.evidence = () => new Promise(() => (isAsked = true));
    const cut = expect(call(`${strict.url}/v1/evidence`)).rejects.toThrow();
    await until(() => isAsked);
    await strict.server.close();
    await cut;
  });
});
