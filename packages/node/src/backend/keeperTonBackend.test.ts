import type { MessageRecord, MessageState, SubmitOutcome } from "@sealwright/api";
import { createTestNetwork } from "@sealwright/consensus/testing";
import {
  createThreadsTable,
  type MessageHash,
  messageHashFromBytes,
  sha256,
  unixMs,
  ZERO_BLOCK_ID,
} from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { KeeperTonBackend } from "./keeperTonBackend.js";

const { networkId, threadId } = createTestNetwork(4).rules;
/** An external message of TON. */
const BOC = Buffer.from("te6ccgEBAQEAJgAAR4gBV1dXV1dXV1dXV1dXV1dXV1dXV1dXV1dXV1dXV1dXV1YADA==", "base64");
/** Expiries lie on a grid of so much: a message is in time for one to two of them. */
const STEP_MS = 30_000;
const QUEUED: MessageState = { status: "queued", abandonedInTerm: null };

/** Takes everything, once. */
class FakeDesk {
  readonly records = new Map<MessageHash, MessageRecord>();

  message(hash: MessageHash): Promise<MessageRecord | null> {
    return Promise.resolve(this.records.get(hash) ?? null);
  }

  submit(messages: readonly Uint8Array[]): Promise<SubmitOutcome[]> {
    const outcomes = messages.map((bytes): SubmitOutcome => {
      const hash = messageHashFromBytes(sha256(bytes));
      const record = this.records.get(hash) ?? { hash, threadId, state: QUEUED };
      this.records.set(hash, record);
      return { type: "accepted", record, producer: null };
    });
    return Promise.resolve(outcomes);
  }
}

let clock: ManualClock;
let desk: FakeDesk;
let backend: KeeperTonBackend;
beforeEach(() => {
  clock = new ManualClock(unixMs(1_800_000_000_000 + 20_000));
  desk = new FakeDesk();
  backend = new KeeperTonBackend({
    ...{ networkId, desk, clock, table: createThreadsTable(1, ZERO_BLOCK_ID), threads: new Map() },
    ...{ repository: null as never, blockOf: () => Promise.resolve(null) },
  });
});

/** @returns the message that the bag of cells stands for at this node, now */
async function send(): Promise<MessageRecord> {
  const outcome = await backend.submitBoc(BOC);
  if (outcome.type === "refused") throw new Error(outcome.reason);
  return outcome.record;
}

describe("a message in TON's form, which has no expiry", () => {
  it("[M3] a BOC sent again in the next step gets its first answer", async () => {
    const first = await send();
    clock.advance(STEP_MS - 15_000);
    expect((await send()).hash).toBe(first.hash);
    desk.records.set(first.hash, { ...first, state: { status: "final" } as MessageState });
    clock.advance(STEP_MS - 10_000);
    expect(await send()).toMatchObject({ hash: first.hash, state: { status: "final" } });
    expect(desk.records.size).toBe(1);
  });

  it("is another one after its first expiry, and when it expired unexecuted", async () => {
    const first = await send();
    desk.records.set(first.hash, { ...first, state: { status: "expired", expiresAtMs: unixMs(0) } });
    clock.advance(STEP_MS);
    const second = await send();
    expect(second.hash).not.toBe(first.hash);
    clock.advance(2 * STEP_MS);
    expect((await send()).hash).not.toBe(second.hash);
  });
});
