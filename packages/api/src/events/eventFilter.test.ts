import { DEFAULT_THREAD_ID, type KeeperId, type MessageHash, term, unixMs } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { FakeBackend } from "../testing/index.js";
import { ALL_EVENTS, filterEvent } from "./eventFilter.js";
import type { NodeEvent } from "./nodeEvent.js";

const atMs = unixMs(1);
const keeperId = "0".repeat(64) as KeeperId;
const [a, b, c] = ["a", "b", "c"].map((letter) => letter.repeat(64) as MessageHash) as [
  MessageHash,
  MessageHash,
  MessageHash,
];
const block = new FakeBackend().refAt(0, 1);
const other = new FakeBackend().refAt(1, 1);
const final: NodeEvent = { type: "block.final", atMs, block, producer: keeperId, messages: [a, b] };
const status: NodeEvent = {
  type: "message.status",
  atMs,
  threadId: DEFAULT_THREAD_ID,
  messages: [b, c],
  state: { status: "included", block },
};
const moved: NodeEvent = { type: "thread.term", atMs, threadId: other.threadId, term: term(1), producer: keeperId };
const connected: NodeEvent = { type: "keeper.connected", atMs, keeperId };

describe("filterEvent", () => {
  it("lets everything through without a filter", () => {
    for (const event of [final, status, moved, connected]) expect(filterEvent(ALL_EVENTS, event)).toBe(event);
  });

  it("picks types", () => {
    const filter = { ...ALL_EVENTS, types: new Set(["block.final"] as const) };
    expect(filterEvent(filter, final)).toBe(final);
    expect(filterEvent(filter, status)).toBeNull();
  });

  it("picks a thread, and leaves out what belongs to none", () => {
    const filter = { ...ALL_EVENTS, threadId: DEFAULT_THREAD_ID };
    expect([final, status].map((event) => filterEvent(filter, event))).toEqual([final, status]);
    expect([moved, connected].map((event) => filterEvent(filter, event))).toEqual([null, null]);
  });

  it("narrows an event to the messages that were asked for, so that a full block costs a client only its own", () => {
    const filter = { ...ALL_EVENTS, messages: new Set([b]) };
    expect(filterEvent(filter, final)).toEqual({ ...final, messages: [b] });
    expect(filterEvent(filter, status)).toEqual({ ...status, messages: [b] });
    expect(filterEvent({ ...filter, messages: new Set([c]) }, final)).toBeNull();
    expect(filterEvent(filter, connected)).toBeNull();
  });
});
