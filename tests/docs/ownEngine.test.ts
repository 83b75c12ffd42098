import { createExecutor, genesisEntries } from "@sealwright/execution";
import { GENESIS_TIME_MS, LedgerWorld, TEST_NETWORK, WIDE_LIMITS } from "@sealwright/execution/testing";
import { describeExecutor } from "@sealwright/execution/testing/contracts";
import { type AccountId, height, sha256Hex, type ThreadId, threadOf, unixMs } from "@sealwright/types";
import {
  type CounterMessage,
  COUNT_MAX,
  COUNTER_FULL,
  counterEngine,
  encodeCounter,
  encodeCounterMessage,
} from "../../examples/own-engine/counterEngine.js";
import { describe, expect, it } from "vitest";

const world = new LedgerWorld({ threads: 2, users: 24 });
const [threadId, otherId] = world.threadIds as [ThreadId, ThreadId];
const table = world.context(threadId, 0).threadsTable;
const accountsOf = (thread: ThreadId): AccountId[] =>
  Array.from({ length: 16 }, (_, i) => sha256Hex(Buffer.from(`counter ${i}`)) as AccountId).filter(
    (id) => threadOf(table, id) === thread,
  );
const [own, others] = [accountsOf(threadId), accountsOf(otherId)];

describeExecutor("the counters of the examples", () => {
  let salt = 0n;
  const message = (content: CounterMessage, expiresAtMs = GENESIS_TIME_MS + 30_000): Uint8Array =>
    encodeCounterMessage(TEST_NETWORK, content, { salt: salt++, expiresAtMs: unixMs(expiresAtMs) });
  return {
    executor: createExecutor(counterEngine(TEST_NETWORK)),
    threadId,
    genesis: genesisEntries(
      threadId,
      table,
      [...own, ...others].map((id) => ({ id, value: encodeCounter(0n), balance: 0n })),
    ),
    limits: WIDE_LIMITS,
    known: own[0]!,
    unknown: sha256Hex(Buffer.from("nobody")) as AccountId,
    context: (at, timeMs) => world.context(threadId, at, timeMs),
    messages: (count, expiresAtMs) =>
      Array.from({ length: count }, (_, i) =>
        message({ account: own[i % own.length]!, add: i + 1, tell: others[i % others.length]! }, expiresAtMs),
      ),
    foreign: () => message({ account: others[0]!, add: 1, tell: own[0]! }),
    inbound: (count) => {
      const body = Uint8Array.of(0, 0, 0, 7);
      const messages = Array.from({ length: count }, (_, i) => ({
        at: { height: height(1n), position: i },
        message: { source: others[0]!, destination: own[i % own.length]!, body },
      }));
      const from = { height: height(0n), position: 0 };
      return { source: otherId, from, to: { height: height(1n), position: count }, messages };
    },
  };
});

describe("the counters of the examples", () => {
  it("stand still rather than overflow", () => {
    const engine = counterEngine(TEST_NETWORK);
    const [account] = own as [AccountId];
    const message = { account, add: 2, tell: account };
    const context = { ...world.context(threadId, 1), lt: 0n };
    const executed = (count: bigint): number =>
      engine.execute(message, sha256Hex(new Uint8Array(0)) as never, { get: () => count }, context).code;
    expect([executed(COUNT_MAX - 2n), executed(COUNT_MAX - 1n)]).toEqual([0, COUNTER_FULL]);
  });
});
