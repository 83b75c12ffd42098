import { describe, expect, it } from "vitest";
import type { ForgeEvent, ForgeOutcome } from "../forgeEvent.js";
import { blockRequest, testKey } from "../testing/requests.js";
import { EventHub } from "./eventHub.js";

function outcome(requestId: number, origin: string | null = null): ForgeOutcome {
  const request = blockRequest(testKey(0), { term: 0, height: requestId, block: "a" });
  return { kind: "blockReady", requestId, origin, request, signature: new Uint8Array(96), repeated: false };
}

async function readAll(events: AsyncIterable<ForgeEvent>): Promise<(number | string)[]> {
  const seen: (number | string)[] = [];
  for await (const event of events)
    seen.push(event.kind === "gap" ? `gap of ${event.missed} to ${event.cursor}` : event.requestId);
  return seen;
}

describe("EventHub", () => {
  it("gives every subscriber every outcome, from its subscription on", async () => {
    const hub = new EventHub();
    const early = hub.subscribe();
    hub.publish(outcome(1));
    const late = hub.subscribe();
    hub.publish(outcome(2));
    hub.end();
    expect(await readAll(early)).toEqual([1, 2]);
    expect(await readAll(late)).toEqual([2]);
  });

  it("keeps origins apart: no automaton reads another's outcomes", async () => {
    const hub = new EventHub();
    const [fast, slow, all] = [hub.subscribe({ origin: "fast" }), hub.subscribe({ origin: "slow" }), hub.subscribe()];
    hub.publish(outcome(1, "slow"));
    hub.publish(outcome(2, "fast"));
    hub.publish(outcome(3));
    hub.end();
    expect([await readAll(fast), await readAll(slow), await readAll(all)]).toEqual([[2], [1], [1, 2, 3]]);
  });

  it("tells a slow reader how much it missed instead of losing it silently", async () => {
    const hub = new EventHub();
    const slow = hub.subscribe({ bufferMax: 3 });
    for (let id = 1; id <= 8; id++) hub.publish(outcome(id));
    hub.end();
    expect(await readAll(slow)).toEqual(["gap of 5 to 5", 6, 7, 8]);
  });

  it("resumes after a cursor, with a gap for what is no longer known", async () => {
    const hub = new EventHub();
    for (let id = 1; id <= 3_000; id++) hub.publish(outcome(id));
    const resumed = hub.subscribe({ after: 2_998 });
    const veryLate = hub.subscribe({ after: 10 });
    hub.end();
    expect(await readAll(resumed)).toEqual([2_999, 3_000]);
    expect((await readAll(veryLate))[0]).toMatch(/^gap of/);
  });

  it("ends a stream with its signal, also one that waits", async () => {
    const hub = new EventHub();
    const abort = new AbortController();
    const events = readAll(hub.subscribe({ signal: abort.signal }));
    await Promise.resolve();
    abort.abort();
    expect(await events).toEqual([]);
    hub.publish(outcome(1));
  });

  it("answers reads that were asked for together in their order, and all that still wait at the end", async () => {
    const hub = new EventHub();
    const events = hub.subscribe();
    const reads = [1, 2, 3, 4].map(() => events.next());
    for (let id = 1; id <= 2; id++) hub.publish(outcome(id));
    hub.end();
    const results = await Promise.all(reads);
    expect(results.map(({ value }) => (value as ForgeOutcome | undefined)?.requestId)).toEqual([
      1,
      2,
      undefined,
      undefined,
    ]);
    expect(results.map(({ done }) => done)).toEqual([false, false, true, true]);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it("ends at once for whoever comes after the end, or with an aborted signal", async () => {
    const hub = new EventHub();
    expect(await readAll(hub.subscribe({ signal: AbortSignal.abort() }))).toEqual([]);
    hub.end();
    expect(await readAll(hub.subscribe())).toEqual([]);
  });
});
