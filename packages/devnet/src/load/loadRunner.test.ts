import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeMessageBatch } from "@sealwright/api";
import { parseLedgerMessage } from "@sealwright/execution";
import { systemClock } from "@sealwright/node";
import { type NetworkId, type UnixMs, unixMs, unwrap } from "@sealwright/types";
import { afterEach, describe, expect, it, vi } from "vitest";
import { wakefulClock } from "../wakefulClock.js";
import type { LoadPlan } from "./loadPlan.js";
import { LoadRunner } from "./loadRunner.js";
import type * as MessageSources from "./messageSource.js";

/** What a signature costs, in time that passes for the clocks alone. */
const signing = vi.hoisted(() => ({ costMs: 0, passedMs: 0 }));
vi.mock("./messageSource.js", async (original) => {
  const { createMessageSource } = await original<typeof MessageSources>();
  return {
    createMessageSource: (...args: Parameters<typeof createMessageSource>) => {
      const source = createMessageSource(...args);
      return {
        ...source,
        next: (expiresAtMs: UnixMs) => {
          signing.passedMs += signing.costMs;
          return source.next(expiresAtMs);
        },
      };
    },
  };
});

const NETWORK = "ab".repeat(32) as NetworkId;
const servers: Server[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  Object.assign(signing, { costMs: 0, passedMs: 0 });
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A node that is ready, tells no events, and refuses every message for good. */
async function refusingNode(onBatch: (messages: readonly Uint8Array[]) => void): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url!.startsWith("/v1/events")) {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": open\n\n");
    } else if (request.method === "POST") {
      void bodyOf(request).then((body) => {
        const messages = unwrap(decodeMessageBatch(body));
        onBatch(messages);
        const refusal = { hash: "", error: { code: "badSignature", message: "", retryable: false } };
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ outcomes: messages.map(() => refusal) }));
      });
    } else {
      response.writeHead(200, { "content-type": "application/json" }).end('{"ready":true,"checks":[]}');
    }
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  return Buffer.concat((await request.toArray()) as Buffer[]);
}

function planOf(apiUrl: string, ratePerS: number): LoadPlan {
  return {
    networkId: NETWORK,
    apiUrls: [apiUrl],
    work: { type: "store", payloadBytes: 48 },
    ratePerS,
    burstMs: 5,
    warmUpMs: 0,
    windowMs: null,
    settleMs: 1_000,
  };
}

/** Nothing else of this process runs meanwhile. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe("LoadRunner", () => {
  it("hears that it is to stop also while it is behind its schedule", async () => {
    const stop = new AbortController();
    let sentBefore: number | null = null;
    const url = await refusingNode(() => {
      if (sentBefore !== null) return;
      sentBefore = runner.progress().sent;
      // Due while it stands still, after the next burst.
      setTimeout(() => stop.abort(), 20);
      standStill(500);
    });
    const runner = new LoadRunner(planOf(url, 1_000), { onStarted: () => undefined, stop: stop.signal });
    const { messages } = await runner.run();
    // 500 are due after it stood still.
    expect(messages.sent - sentBefore!).toBeLessThan(250);
    expect(messages.rejected).toBe(messages.sent);
  });

  it("sends messages that have most of a minute left, however long signing takes", async () => {
    vi.spyOn(wakefulClock, "nowMs").mockImplementation(() => unixMs(systemClock.nowMs() + signing.passedMs));
    vi.spyOn(wakefulClock, "monotonicMs").mockImplementation(() => systemClock.monotonicMs() + signing.passedMs);
    signing.costMs = 40;
    const leftMs: number[] = [];
    const url = await refusingNode((messages) => {
      for (const bytes of messages)
        leftMs.push(unwrap(parseLedgerMessage(NETWORK, bytes)).expiresAtMs - wakefulClock.nowMs());
    });
    const plan = { ...planOf(url, 1_000), windowMs: 1_000 };
    await new LoadRunner(plan, { onStarted: () => undefined, stop: new AbortController().signal }).run();
    expect(leftMs).toHaveLength(1_000);
    // Clocks jump by what a burst costs between its signing and its arrival.
    expect(Math.min(...leftMs)).toBeGreaterThan(25_000);
    expect(Math.max(...leftMs)).toBeLessThan(60_000);
  });
});
