import { type MessageHash, sha256Hex, term } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { FakeBackend } from "../testing/index.js";
import { MessageWaits, type WaitOptions } from "./messageWaits.js";

const message = Uint8Array.of(1, 2, 3);
const hash = sha256Hex(message) as MessageHash;

function open(messagesMax = 10) {
  const backend = new FakeBackend();
  const clock = new ManualClock();
  return { backend, clock, waits: new MessageWaits({ messagesMax }, { backend, clock }) };
}

const until = (wanted: WaitOptions["wanted"], signal = new AbortController().signal): WaitOptions => ({
  wanted,
  timeoutMs: 1_000,
  signal,
});

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

describe("MessageWaits", () => {
  it("[M3] answers at once what is reached already", async () => {
    const { backend, waits } = open();
    await backend.submit([message]);
    expect(await waits.wait([hash], until("queued"))).toMatchObject({
      ok: true,
      value: [{ state: { status: "queued" } }],
    });
  });

  it("[M3] ends when a later status than the one asked for arrives", async () => {
    const { backend, waits } = open();
    await backend.submit([message]);
    const waiting = waits.wait([hash], until("included"));
    await settle();
    backend.move([hash], { status: "prefinal", block: backend.refAt(0, 8) });
    expect(await waiting).toMatchObject({ ok: true, value: [{ state: { status: "prefinal" } }] });
  });

  it("[M3] goes on waiting when a block is abandoned and its message is queued again", async () => {
    const { backend, waits } = open();
    await backend.submit([message]);
    const waiting = waits.wait([hash], until("final"));
    await settle();
    backend.move([hash], { status: "included", block: backend.refAt(0, 8) });
    backend.move([hash], { status: "queued", abandonedInTerm: term(1) });
    await settle();
    expect(waits.count).toBe(1);
    backend.move([hash], { status: "final", block: backend.refAt(0, 7) });
    expect(await waiting).toMatchObject({ ok: true, value: [{ state: { status: "final" } }] });
  });

  it("does not trust an event that is out of date by the time it reads", async () => {
    const { backend, waits } = open();
    await backend.submit([message]);
    const waiting = waits.wait([hash], until("included"));
    await settle();
    backend.move([hash], { status: "included", block: backend.refAt(0, 8) });
    // Abandoned before the waiter had a chance to read.
    backend.move([hash], { status: "queued", abandonedInTerm: term(1) });
    await settle();
    expect(waits.count).toBe(1);
    backend.move([hash], { status: "included", block: backend.refAt(0, 9) });
    expect(await waiting).toMatchObject({ ok: true, value: [{ state: { status: "included" } }] });
  });

  it("[M3] ends with every last word", async () => {
    const { backend, clock, waits } = open();
    await backend.submit([message]);
    const waiting = waits.wait([hash], until("final"));
    await settle();
    backend.move([hash], { status: "expired", expiresAtMs: clock.nowMs() });
    expect(await waiting).toMatchObject({ ok: true, value: [{ state: { status: "expired" } }] });
  });

  it("waits for a message that this node has not met yet", async () => {
    const { backend, waits } = open();
    const waiting = waits.wait([hash], until("included"));
    await settle();
    backend.move([hash], { status: "included", block: backend.refAt(0, 8) });
    expect(await waiting).toMatchObject({ ok: true, value: [{ state: { status: "included" } }] });
  });

  it("answers with what is known when the time is over or the client leaves", async () => {
    const { backend, clock, waits } = open();
    await backend.submit([message]);
    const late = waits.wait([hash, "f".repeat(64) as MessageHash], until("final"));
    clock.advance(1_000);
    expect(await late).toMatchObject({ ok: true, value: [{ state: { status: "queued" } }, null] });
    const client = new AbortController();
    const left = waits.wait([hash], until("final", client.signal));
    client.abort();
    expect(await left).toMatchObject({ ok: true, value: [{ state: { status: "queued" } }] });
  });

  it("refuses beyond its limit, counts whole batches, and forgets those that ended", async () => {
    const { backend, clock, waits } = open(2);
    await backend.submit([message]);
    const first = waits.wait([hash], until("final"));
    expect(await waits.wait([hash, hash], until("final"))).toEqual({ ok: false, error: { code: "tooManyWaits" } });
    expect(waits.count).toBe(1);
    clock.advance(1_000);
    await first;
    expect(waits.count).toBe(0);
  });

  it("gives its place back when the backend fails", async () => {
    const { backend, waits } = open();
    backend.failure = new Error("disk");
    await expect(waits.wait([hash], until("final"))).rejects.toThrow("disk");
    expect(waits.count).toBe(0);
  });
});
