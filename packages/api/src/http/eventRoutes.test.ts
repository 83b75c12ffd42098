import { type MessageHash, sha256Hex, unixMs } from "@sealwright/types";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { call, errorCode, openTestApi, type TestApi, until } from "../../test/testApi.js";
import { type SseEvent, SseParser } from "../client/sseParser.js";
import type { NodeEvent } from "../events/nodeEvent.js";
import { FAKE_KEEPERS } from "../testing/index.js";

const [one, two] = ["one", "two"].map((text) => sha256Hex(new TextEncoder().encode(text)) as MessageHash) as [
  MessageHash,
  MessageHash,
];

/** An open event stream, read step by step. */
class Stream {
  readonly #parser = new SseParser();
  readonly #ready: SseEvent[] = [];
  text = "";

  private constructor(
    readonly headers: Headers,
    readonly reader: ReadableStreamDefaultReader<Uint8Array>,
  ) {}

  /** Resolves when the subscription has begun. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<Stream> {
    const response = await fetch(url, { headers });
    expect(response.status).toBe(200);
    const stream = new Stream(response.headers, response.body!.getReader());
    await stream.#pull();
    return stream;
  }

  async next(count: number): Promise<SseEvent[]> {
    while (this.#ready.length < count && (await this.#pull()));
    return this.#ready.splice(0, count);
  }

  /** Reads on until the text has this in it. */
  async until(text: string): Promise<void> {
    while (!this.text.includes(text)) expect(await this.#pull()).toBe(true);
  }

  get lastId(): string {
    return this.#parser.lastId ?? "";
  }

  async #pull(): Promise<boolean> {
    const { done, value } = await this.reader.read();
    if (done || value === undefined) return false;
    this.text += new TextDecoder().decode(value);
    this.#ready.push(...this.#parser.push(value));
    return true;
  }
}

const finalBlock = (
  api: TestApi,
  thread: number,
  height: number,
  messages: readonly MessageHash[] = [],
): NodeEvent => ({
  type: "block.final",
  atMs: unixMs(5),
  block: api.backend.refAt(thread, height),
  producer: FAKE_KEEPERS[0]!,
  messages,
});

describe("GET /v1/events", () => {
  it("tells what happens as server-sent events, with an id each", async () => {
    const api = await openTestApi();
    const stream = await Stream.open(`${api.url}/v1/events`);
    expect(stream.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    api.backend.events.append(finalBlock(api, 0, 1, [one]));
    api.backend.move([one, two], { status: "included", block: api.backend.refAt(0, 8) });
    const events = await stream.next(2);
    expect(events.map(({ id, type }) => [id, type])).toEqual([
      ["1.1", "block.final"],
      ["1.2", "message.status"],
    ]);
    expect(JSON.parse(events[0]!.data)).toEqual({
      type: "block.final",
      atMs: 5,
      block: { ...api.backend.refAt(0, 1), height: "1", term: "0" },
      producer: FAKE_KEEPERS[0],
      messages: [one],
    });
    expect(JSON.parse(events[1]!.data)).toMatchObject({
      messages: [one, two],
      status: "included",
      block: { height: "8" },
    });
  });

  it("filters by type, thread and message", async () => {
    const api = await openTestApi();
    const url = `${api.url}/v1/events`;
    const byType = await Stream.open(`${url}?types=block.final,block.sealed`);
    const byThread = await Stream.open(`${url}?thread=1`);
    const byMessage = await Stream.open(`${url}?messages=${two}`);
    api.backend.move([one, two], { status: "expired", expiresAtMs: unixMs(9) });
    api.backend.events.append(finalBlock(api, 0, 1, [one]));
    api.backend.events.append(finalBlock(api, 1, 2, [two]));
    expect((await byType.next(2)).map(({ id }) => id)).toEqual(["1.2", "1.3"]);
    expect((await byThread.next(1)).map(({ id }) => id)).toEqual(["1.3"]);
    const messages = await byMessage.next(2);
    expect(messages.map(({ id }) => id)).toEqual(["1.1", "1.3"]);
    expect(JSON.parse(messages[0]!.data)).toMatchObject({ messages: [two], status: "expired", expiresAtMs: 9 });
  });

  it.each([
    ["types=block.finished", 400, "badRequest"],
    ["messages=abc", 400, "badRequest"],
    ["thread=5", 404, "unknownThread"],
    ["types=", 400, "badRequest"],
    ["messages=,", 400, "badRequest"],
    ["type=block.sealed", 400, "badRequest"],
    [`after=${"1".repeat(50)}`, 400, "badRequest"],
    ["after=", 400, "badRequest"],
    ["after=garbage", 400, "badRequest"],
    ["after=1.2%0Adata:x", 400, "badRequest"],
  ])("refuses ?%s", async (query, status, code) => {
    const { url } = await openTestApi();
    const answer = await call(`${url}/v1/events?${query}`);
    expect([answer.status, errorCode(answer)]).toEqual([status, code]);
  });

  it("takes as many messages in a filter as it says", async () => {
    const { url } = await openTestApi();
    const hashes = Array.from({ length: 201 }, (_, i) => i.toString(16).padStart(64, "0"));
    await Stream.open(`${url}/v1/events?messages=${hashes.slice(1).join()}`);
    const answer = await call(`${url}/v1/events?messages=${hashes.join()}`);
    expect([answer.status, errorCode(answer)]).toEqual([400, "badRequest"]);
  });

  it("resumes after Last-Event-ID without loss or repetition, even when nothing was seen before the break", async () => {
    const api = await openTestApi();
    const first = await Stream.open(`${api.url}/v1/events`);
    const cursor = first.lastId;
    await first.reader.cancel();
    for (let height = 1; height <= 3; height++) api.backend.events.append(finalBlock(api, 0, height));
    const second = await Stream.open(`${api.url}/v1/events`, { "last-event-id": cursor });
    expect((await second.next(3)).map(({ id }) => id)).toEqual(["1.1", "1.2", "1.3"]);
    const third = await Stream.open(`${api.url}/v1/events?after=1.2`);
    expect((await third.next(1)).map(({ id }) => id)).toEqual(["1.3"]);
  });

  it("tells a gap when the cursor fell out of the ring", async () => {
    const api = await openTestApi({}, { eventsMax: 2 });
    for (let height = 1; height <= 5; height++) api.backend.events.append(finalBlock(api, 0, height));
    const stream = await Stream.open(`${api.url}/v1/events`, { "last-event-id": "1.1" });
    const [gap, ...rest] = await stream.next(3);
    expect(gap).toEqual({ id: "1.3", type: "gap", data: '{"type":"gap","reason":"tooOld","missed":2}' });
    expect(rest.map(({ id }) => id)).toEqual(["1.4", "1.5"]);
  });

  it("tells a gap to a client of an earlier run, also through a filter", async () => {
    const api = await openTestApi({}, { runId: 2 });
    const stream = await Stream.open(`${api.url}/v1/events?types=block.sealed`, { "last-event-id": "1.77" });
    expect(await stream.next(1)).toEqual([
      { id: "2.0", type: "gap", data: '{"type":"gap","reason":"otherRun","missed":null}' },
    ]);
  });

  it("keeps an idle stream alive, and its cursor fresh where a filter lets nothing through", async () => {
    const api = await openTestApi({ limits: { heartbeatMs: 5 } });
    const stream = await Stream.open(`${api.url}/v1/events?types=block.sealed`);
    api.backend.events.append(finalBlock(api, 0, 1));
    await stream.until(": heartbeat\nid: 1.1\n\n");
    expect(stream.lastId).toBe("1.1");
  });

  it("lets a slow reader delay nobody, and tells it what it missed", async () => {
    const api = await openTestApi({}, { eventsMax: 50 });
    const slow = await openUnread(api.url);
    const fast = await Stream.open(`${api.url}/v1/events`);
    const messages = Array.from({ length: 500 }, () => one);
    let sent = 0;
    // Each event has 33 kB: far more than the sockets between take, and the ring keeps 50 of them.
    for (; sent < 600; sent++) {
      api.backend.events.append(finalBlock(api, 0, 1, messages));
      expect((await fast.next(1)).map(({ id }) => id)).toEqual([`1.${sent + 1}`]);
    }
    const events = await slow.readUntil(`id: 1.${sent}\n`);
    const gaps = events.filter(({ type }) => type === "gap").map(({ data }) => JSON.parse(data) as { missed: number });
    expect(gaps).toHaveLength(1);
    expect(events.length - 1 + (gaps[0]?.missed ?? 0)).toBe(sent);
    slow.close();
  });

  it("cuts off a reader that takes nothing for too long", async () => {
    const api = await openTestApi({ limits: { stallMsMax: 50 } });
    const slow = await openUnread(api.url);
    const messages = Array.from({ length: 5_000 }, () => one);
    for (let i = 0; i < 100; i++) api.backend.events.append(finalBlock(api, 0, 1, messages));
    await until(() => slow.isCutOff());
  });

  it("bounds the number of streams, and gives a place back when a client leaves", async () => {
    const api = await openTestApi({ limits: { subscribersMax: 1 } });
    const first = await Stream.open(`${api.url}/v1/events`);
    const second = await call(`${api.url}/v1/events`);
    expect([second.status, errorCode(second), second.headers.get("retry-after")]).toEqual([
      429,
      "tooManySubscribers",
      "5",
    ]);
    await first.reader.cancel();
    await until(async () => {
      const response = await fetch(`${api.url}/v1/events`);
      await response.body?.cancel();
      return response.status === 200;
    });
  });
});

interface Unread {
  readUntil(text: string): Promise<SseEvent[]>;
  isCutOff(): boolean;
  close(): void;
}

/** A client that asks for events and then does not read. */
function openUnread(url: string): Promise<Unread> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let isClosed = false;
  socket.on("error", () => (isClosed = true));
  socket.on("close", () => (isClosed = true));
  socket.write("GET /v1/events HTTP/1.0\r\nhost: a\r\n\r\n");
  return new Promise((resolve) => {
    socket.once("data", () => {
      socket.pause();
      resolve({
        readUntil: async (text) => {
          const parser = new SseParser();
          const events: SseEvent[] = [];
          let tail = "";
          for await (const chunk of socket as AsyncIterable<Buffer>) {
            events.push(...parser.push(chunk));
            tail = (tail + chunk.toString()).slice(-100_000);
            if (tail.includes(text) && tail.endsWith("\n\n")) break;
          }
          return events;
        },
        // The other side resets the connection: seen by writing, for nothing is read here.
        isCutOff: () => {
          if (!isClosed) socket.write("x");
          return isClosed;
        },
        close: () => socket.destroy(),
      });
    });
  });
}
