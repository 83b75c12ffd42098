import { encodeFinalityProof, type MessageHash, sha256Hex, unixMs } from "@sealwright/types";
import { afterEach, describe, expect, it } from "vitest";
import { realClock } from "../../test/realClock.js";
import { openTestApi, type TestApi, until, untilWaited } from "../../test/testApi.js";
import { createApiServer } from "../server/apiServer.js";
import { FAKE_KEEPERS, FakeBackend, fakeFinalityProof } from "../testing/index.js";
import { ApiClientError } from "./apiClientError.js";
import type { ClientEvent } from "./clientEvents.js";
import { SealwrightClient } from "./sealwrightClient.js";

const message = new TextEncoder().encode("a transfer");
const hash = sha256Hex(message) as MessageHash;
const clients: SealwrightClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function clientOf(baseUrl: string): SealwrightClient {
  const client = new SealwrightClient({ baseUrl }, { clock: realClock });
  clients.push(client);
  return client;
}

async function open(): Promise<TestApi & { client: SealwrightClient }> {
  const api = await openTestApi();
  return { ...api, client: clientOf(api.url) };
}

describe("SealwrightClient", () => {
  it("sends a message and asks for it", async () => {
    const { client, backend } = await open();
    expect(await client.status(hash)).toBeNull();
    expect(await client.submit(message)).toMatchObject({ hash, status: "queued" });
    backend.move([hash], { status: "final", block: backend.refAt(0, 7) });
    expect(await client.status(hash)).toMatchObject({ status: "final" });
    expect(await client.submit(message, { wait: "final", timeoutMs: 1_000 })).toMatchObject({ reached: true });
  });

  it("sends a batch and gets an outcome for each", async () => {
    const { client } = await open();
    const messages = Array.from({ length: 100 }, (_, i) => Uint8Array.of(i));
    const outcomes = await client.submitBatch(messages);
    expect(outcomes.map((outcome) => outcome.hash)).toEqual(messages.map(sha256Hex));
  });

  it("throws the node's refusal with its code, details and time to wait", async () => {
    const { client, backend } = await open();
    backend.refuseWith = "queueFull";
    backend.retryAfterMs = 3_000;
    await expect(client.submit(message)).rejects.toMatchObject({
      name: "ApiClientError",
      code: "queueFull",
      status: 429,
      retryable: true,
      retryAfterMs: 3_000,
      details: { hash },
    });
  });

  it("says when nobody answers, and when its user gave up", async () => {
    const { client, server } = await open();
    const controller = new AbortController();
    const given = client.wait(hash, "final", { timeoutMs: 60_000, signal: controller.signal });
    controller.abort();
    await expect(given).rejects.toMatchObject({ code: "aborted", retryable: false });
    await server.close();
    await expect(client.threads()).rejects.toMatchObject({ code: "unreachable", status: null, retryable: true });
  });

  it("waits for a status, longer than one request if it must, also while the node is away", async () => {
    const first = await openTestApi();
    const { host, port } = first.server.address();
    const client = clientOf(first.url);
    await first.backend.submit([message]);
    const waiting = client.wait(hash, "final", { timeoutMs: 60_000 });
    await untilWaited(first, 1);
    await first.server.close();
    const backend = new FakeBackend({ runId: 2 });
    backend.move([hash], { status: "final", block: backend.refAt(0, 7) });
    const second = await createApiServer(
      { listen: { host, port } },
      { backend, clock: realClock, logger: { log: () => undefined } },
    );
    try {
      expect(await waiting).toMatchObject({ status: "final", reached: true });
    } finally {
      await second.close();
    }
  });

  it("gives up waiting when the time is over", async () => {
    const { client } = await open();
    await client.submit(message);
    expect(await client.wait(hash, "final", { timeoutMs: 20 })).toMatchObject({ status: "queued", reached: false });
    expect(await client.wait("f".repeat(64), "final", { timeoutMs: 20 })).toBeNull();
  });

  it("reads threads, blocks, accounts, keepers, evidence, network, readiness and metrics", async () => {
    const { client, backend } = await open();
    expect(await client.threads()).toHaveLength(2);
    expect(await client.thread(1)).toMatchObject({ index: 1 });
    const { blockId } = backend.refAt(0, 3);
    expect(await client.block({ thread: 0, height: 3n })).toMatchObject({ blockId });
    expect(await client.block({ blockId })).toMatchObject({ header: { height: "3" } });
    expect(await client.block({ thread: 0, height: 99 })).toBeNull();
    expect(await client.block({ thread: 0, height: 0 })).toBeNull();
    backend.oldestHeight = 3n;
    expect(await client.block({ thread: 0, height: 2 })).toBeNull();
    expect((await client.blocks({ thread: 0, from: 2n, limit: 2 })).next).toBe("4");
    expect(await client.account(backend.account0, "head")).toMatchObject({ exists: true, block: { height: "9" } });
    expect(await client.keepers()).toHaveLength(4);
    expect(await client.evidence()).toEqual([]);
    expect(await client.network()).toMatchObject({ name: "fake" });
    backend.checks = [{ name: "peersConnected", ok: false, detail: "0 of 2" }];
    expect(await client.readiness()).toMatchObject({ ready: false, checks: [{ name: "peersConnected" }] });
    expect(await client.metrics()).toContain("sealwright_blocks_total");
  });

  it("[F2] fetches a finality proof in its own encoding, and null while there is none", async () => {
    const { client, backend } = await open();
    const proof = await client.finalityProof({ thread: 0, height: 3 });
    const expected = fakeFinalityProof(backend.blockAt(0, 3), backend.blockAt(0, 4));
    expect(proof === null ? null : encodeFinalityProof(proof)).toEqual(encodeFinalityProof(expected));
    expect(await client.finalityProof({ thread: 0, height: 8 })).toBeNull();
    expect(await client.finalityProof({ blockId: "f".repeat(64) })).toBeNull();
    await expect(client.finalityProof({ thread: 0, height: 0 })).rejects.toMatchObject({ code: "genesisBlock" });
    backend.oldestHeight = 4n;
    await expect(client.finalityProof({ thread: 0, height: 3 })).rejects.toMatchObject({ code: "pruned" });
  });

  it("keeps its connections", async () => {
    const { client, server, metrics } = await open();
    for (let i = 0; i < 20; i++) await client.threads();
    await until(async () => (await metrics.text()).includes('route="/v1/threads",status="200"} 20'));
    const closed = server.close();
    await closed;
  });
});

describe("SealwrightClient.events", () => {
  const connected = { type: "keeper.connected", atMs: unixMs(1), keeperId: FAKE_KEEPERS[1]! } as const;

  it("gives events until its user leaves", async () => {
    const { client, backend } = await open();
    const seen: ClientEvent[] = [];
    const onOpen = (): void => void [1, 2].map(() => backend.events.append(connected));
    for await (const item of client.events({ types: ["keeper.connected"], onOpen })) {
      seen.push(item);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([
      { type: "event", cursor: "1.1", event: connected },
      { type: "event", cursor: "1.2", event: connected },
    ]);
  });

  it("goes on by itself after a break, and passes on the gap when the node started anew", async () => {
    const first = await openTestApi();
    const { host, port } = first.server.address();
    const controller = new AbortController();
    const seen: string[] = [];
    let opened = 0;
    const reading = (async () => {
      const events = clientOf(first.url).events({ signal: controller.signal, onOpen: () => void opened++ });
      for await (const item of events) seen.push(`${item.type} ${item.cursor}`);
    })();
    await until(() => opened === 1);
    first.backend.events.append(connected);
    await until(() => seen.length === 1);
    await first.server.close();
    const backend = new FakeBackend({ runId: 2 });
    backend.events.append(connected);
    const deps = { backend, clock: realClock, logger: { log: () => undefined } };
    const second = await createApiServer({ listen: { host, port } }, deps);
    await until(() => seen.length === 3);
    controller.abort();
    await reading;
    await second.close();
    expect(seen).toEqual(["event 1.1", "gap 2.0", "event 2.1"]);
  });

  it("resumes after a cursor that it is given", async () => {
    const { client, backend } = await open();
    for (let i = 0; i < 3; i++) backend.events.append(connected);
    const events = client.events({ after: "1.2" })[Symbol.asyncIterator]();
    expect(await events.next()).toMatchObject({ value: { cursor: "1.3" } });
    await events.return?.();
  });

  it("throws what no new try can mend", async () => {
    const { client } = await open();
    const events = client.events({ thread: 9 })[Symbol.asyncIterator]();
    const failure = await events.next().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApiClientError);
    expect(failure).toMatchObject({ code: "unknownThread" });
  });
});
