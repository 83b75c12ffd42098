import { createNodeEventLog, type EventLog, type NodeEvent } from "@sealwright/api";
import { createTestNetwork, sealTestBlock } from "@sealwright/consensus/testing";
import {
  createInlineExecution,
  createStoreMessage,
  ExecutionError,
  type Executor,
  ledgerExecutor,
  ledgerGenesisEntries,
} from "@sealwright/execution";
import { WIDE_LIMITS } from "@sealwright/execution/testing";
import { MessageQueue } from "@sealwright/producer";
import { memoryNodeStore, type NodeStore } from "@sealwright/store";
import {
  type AccountId,
  bodyRootsOf,
  createThreadsTable,
  height,
  type MessageHash,
  sealBlock,
  type SealedBlock,
  sha256,
  sha256Hex,
  signerIndex,
  term,
  toHex,
  type UnixMs,
  unixMs,
  ZERO_BLOCK_ID,
} from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { BlockTally } from "./blockTally.js";
import { CensorshipWatch } from "./censorshipWatch.js";
import type { CustodyLimits } from "./custodyRoom.js";
import { type FollowedFrom, MessageDesk } from "./messageDesk.js";
import type { MessageRoute } from "./messageRoute.js";

const { rules, root } = createTestNetwork(4);
const { threadId, networkId } = rules;
const threadsTable = createThreadsTable(1, ZERO_BLOCK_ID);
const LIMITS = { messagesMax: 4, bytesMax: 4_000, messagesPerAccountMax: 2 };
const PRODUCER = { keeperId: rules.keepers.at(signerIndex(1)).id, apiUrl: null };

/** For the account of that name. */
function messageTo(name: string, expiresAtMs: UnixMs, payload = name): Uint8Array {
  const account = toHex(sha256(Buffer.from(name))) as AccountId;
  return createStoreMessage({ networkId, account, payload: Buffer.from(payload), expiresAtMs });
}

const hashOf = (bytes: Uint8Array): MessageHash => sha256Hex(bytes) as MessageHash;

function blockWith(messages: readonly Uint8Array[]): SealedBlock {
  const { block } = sealTestBlock(rules, root, { externals: messages });
  const receipts = messages.map((bytes) => ({
    messageHash: hashOf(bytes),
    code: 0,
    gasUsed: 1_234,
    detail: new Uint8Array(),
  }));
  const body = { ...block.body, receipts };
  return sealBlock({ ...block.header, roots: bodyRootsOf(body, rules.threadsTableHash) }, body, block.signature);
}

/** A keeper's desk on a disk that outlives it. */
class DeskWorld {
  readonly clock = new ManualClock();
  readonly forwarded: string[] = [];
  /** Something of it was for every keeper. */
  toAll = false;
  readonly executor: Executor = ledgerExecutor({ networkId, transferFee: 1n });
  readonly execution = createInlineExecution({ threadId, threadsTable }, this);
  readonly events: EventLog<NodeEvent> = createNodeEventLog(this.clock.nowMs());
  queue = new MessageQueue();
  /** The node seals, and so it is its turn. */
  produces = false;
  /** It is its turn, and it does not seal (yet). */
  isNext = false;
  suspicions = 0;
  readonly tally = new BlockTally(WIDE_LIMITS);
  readonly censorship = new CensorshipWatch({ complaintsMax: 2, tally: this.tally });
  /** In blocks that nobody certified yet. */
  readonly open = new Set<MessageHash>();
  desk: MessageDesk;

  private constructor(
    readonly store: NodeStore,
    private readonly limits: CustodyLimits,
  ) {
    this.desk = this.#open();
  }

  static async create(limits: CustodyLimits = LIMITS): Promise<DeskWorld> {
    const store = await memoryNodeStore({ networkId, keeperId: rules.keepers.at(signerIndex(0)).id });
    const world = new DeskWorld(store, limits);
    await world.execution.load(ledgerGenesisEntries(threadId, threadsTable, []), root.id);
    return world;
  }

  /** Sends messages as one request; @returns their codes, "accepted" for those that were let in */
  async submit(...messages: readonly Uint8Array[]): Promise<string[]> {
    const outcomes = await this.desk.submit(messages);
    return outcomes.map((outcome) => (outcome.type === "refused" ? outcome.code : outcome.type));
  }

  /** The process ends and starts again. */
  async restart(followed: FollowedFrom = { fromMs: unixMs(0), finalMs: unixMs(0) }): Promise<void> {
    this.queue = new MessageQueue();
    this.forwarded.length = 0;
    this.desk = this.#open();
    await this.desk.resume(() => Promise.resolve(followed));
  }

  /** A block with the message is executed here, and nobody has certified it yet. */
  async execute(bytes: Uint8Array): Promise<void> {
    const context = {
      ...{ threadId, height: height(1), term: term(0), timeMs: this.clock.nowMs() },
      ...{ randomnessSeed: new Uint8Array(32), threadsTable },
    };
    const parent = { block: root.id };
    const request = { parent, context, limits: WIDE_LIMITS, imports: [], messages: [bytes] };
    const built = await this.execution.build(request);
    expect(built.ok && built.value.results.map(({ type }) => type)).toEqual(["included"]);
  }

  soon(): UnixMs {
    return unixMs(this.clock.nowMs() + 30_000);
  }

  tick(finalTimeMs: UnixMs = unixMs(0)): Promise<void> {
    this.clock.advance(1_000);
    return this.desk.tick(() => finalTimeMs);
  }

  #open(): MessageDesk {
    const { executor, clock } = this;
    const route: MessageRoute = {
      execution: this.execution,
      queue: this.queue,
      censorship: this.censorship,
      suspectCensorship: () => void this.suspicions++,
      isInOpenBlock: (hash) => this.open.has(hash),
      isProducing: () => this.produces,
      isTurn: () => this.produces || this.isNext,
      producer: () => PRODUCER,
      wake: () => undefined,
      forward: (messages, { all }) => {
        this.forwarded.push(...messages.map(hashOf));
        this.toAll ||= all;
      },
    };
    const routes = new Map([[threadId, route]]);
    return new MessageDesk({
      ...{ executor, threadsTable, routes, clock, events: this.events, custodyLimits: this.limits },
      repository: this.store.repository,
    });
  }
}

let world: DeskWorld;
beforeEach(async () => {
  world = await DeskWorld.create();
});

describe("messages of a block that a later term left aside", () => {
  it("[M2] are offered by every keeper that has its body, also after a restart, until they are settled", async () => {
    const bytes = messageTo("abandoned", world.soon());
    await world.desk.noteAbandoned(blockWith([bytes]), term(1));
    await world.restart();
    expect(world.desk.custodyCount).toBe(1);
    await world.tick();
    expect(world.forwarded).toEqual([hashOf(bytes)]);

    const settling = blockWith([bytes]);
    await world.store.repository.commit({ custody: { release: world.desk.releasedBy(settling) } });
    await world.restart();
    expect(world.desk.custodyCount).toBe(0);
  });

  it("[M2, I12] are kept only if they are what the block's receipts name, and what a block may hold by its time", async () => {
    const block = blockWith([messageTo("good", world.soon())]);
    const { header, body } = block;
    const lastMs = header.timeMs + 60_000;
    const junk = [
      messageTo("too far", unixMs(lastMs + 1)),
      messageTo("late", unixMs(header.timeMs - 1)),
      messageTo("renamed", world.soon()),
    ];
    const externals = [...body.externals, ...junk];
    const named = [...externals.slice(0, -1).map(hashOf), "ab".repeat(32) as MessageHash];
    const receipts = named.map((messageHash) => ({ messageHash, code: 0, gasUsed: 1, detail: new Uint8Array() }));
    const bad = { ...body, externals, receipts };
    const roots = bodyRootsOf(bad, rules.threadsTableHash);
    await world.desk.noteAbandoned(sealBlock({ ...header, roots }, bad, block.signature), term(1));
    expect(world.desk.custodyCount).toBe(1);
    expect(await Promise.all(named.map((hash) => world.desk.message(hash)))).toMatchObject([
      { state: { status: "queued" } },
      null,
      null,
      null,
    ]);
    await world.tick();
    expect(world.forwarded).toEqual([named[0]]);
  });

  it("[I12] have a bounded room of their own, so that they turn no client away", async () => {
    const many = ["1", "2", "3", "4", "5"].map((payload) => messageTo("abandoned", world.soon(), payload));
    await world.desk.noteAbandoned(blockWith(many), term(1));
    expect(world.desk.custodyCount).toBe(4);
    expect(await world.submit(messageTo("client", world.soon()))).toEqual(["accepted"]);
  });

  it("[I9] keep the last word that another block gave them, when their time is over", async () => {
    const bytes = messageTo("settled", world.soon());
    const hash = hashOf(bytes);
    const block = blockWith([bytes]);
    const status = {
      state: "final",
      threadId,
      height: height(1),
      blockId: block.id,
      code: 0,
      atMs: unixMs(1),
    } as const;
    await world.store.repository.commit({ messages: [{ hash, status }] });
    await world.desk.noteAbandoned(block, term(1));
    await world.tick(unixMs(world.soon() + 60_000));
    expect(await world.store.repository.messageStatus(hash)).toEqual(status);
    expect(world.desk.custodyCount).toBe(0);
    await world.restart();
    expect(world.desk.custodyCount).toBe(0);
  });
});

describe("messages of a node that begins with a snapshot", () => {
  it("[M3] are never called expired when they may stand in a block that was never here, nor queued when they do", async () => {
    world = await DeskWorld.create({ ...LIMITS, messagesPerAccountMax: 4 });
    const late = messageTo("late", unixMs(world.clock.nowMs() + 10_000));
    const executed = messageTo("executed", world.soon());
    const open = messageTo("open", world.soon());
    const hashes = [late, executed, open].map(hashOf);
    const stateOf = (hash: MessageHash) => world.desk.message(hash).then((record) => record?.state.status ?? null);
    await world.submit(late, executed, open);
    await world.execute(executed);
    const adoptedMs = unixMs(world.clock.nowMs() + 20_000);
    await world.restart({ fromMs: adoptedMs, finalMs: adoptedMs });
    expect(await Promise.all(hashes.map(stateOf))).toEqual([null, null, "queued"]);
    await world.restart();
    expect(await Promise.all(hashes.map(stateOf)), "after a restart, too").toEqual([null, null, "queued"]);
    await world.tick(unixMs(world.soon() + 60_000));
    expect(await Promise.all(hashes.map(stateOf))).toEqual([null, null, "expired"]);
  });
});

describe("room for clients' messages", () => {
  it("[M3] turns one account away at its part of the room, others not, and all when the room is full, each told when to come again", async () => {
    const [a1, a2, a3] = ["1", "2", "3"].map((payload) => messageTo("a", world.soon(), payload));
    expect(await world.submit(a1!, a2!, a3!, messageTo("b", world.soon()))).toEqual([
      "accepted",
      "accepted",
      "accountQueueFull",
      "accepted",
    ]);
    expect(await world.submit(a3!, messageTo("c", world.soon()), messageTo("d", world.soon()))).toEqual([
      "accountQueueFull",
      "accepted",
      "queueFull",
    ]);
    expect(await world.desk.submit([a3!, messageTo("d", world.soon())])).toMatchObject([
      { retryAfterMs: 500 },
      { retryAfterMs: 500 },
    ]);
    expect(world.desk.custodyCount).toBe(4);
  });

  it("a client's messages are turned away by their bytes, too", async () => {
    const large = (name: string): Uint8Array => messageTo(name, world.soon(), name.padEnd(1_500));
    const [a, b, c] = ["a", "b", "c"].map(large) as [Uint8Array, Uint8Array, Uint8Array];
    expect(await world.submit(a, b, c)).toEqual(["accepted", "accepted", "queueFull"]);
    expect(await world.desk.submit([c])).toMatchObject([{ retryAfterMs: 500 }]);
    await world.restart();
    expect(await world.submit(c), "they weigh as much after a restart").toEqual(["queueFull"]);
    const block = blockWith([a]);
    world.desk.noteFinal(block, { threadId, height: height(1), term: term(0), blockId: block.id });
    expect(await world.submit(c)).toEqual(["accepted"]);
  });

  it("[M3] a message that would wait for longer than its time allows is told when to come again instead of taken in to expire", async () => {
    world = await DeskWorld.create({ messagesMax: 5_000, bytesMax: 5_000_000, messagesPerAccountMax: 5_000 });
    const line = Array.from({ length: 1_200 }, (_, i) => messageTo(`in line ${i}`, world.soon()));
    expect(new Set(await world.submit(...line)), "a burst is taken in").toEqual(new Set(["accepted"]));
    expect(await world.submit(messageTo("grown", world.soon()))).toEqual(["accepted"]);
    world.clock.advance(2_000);
    const [known, over] = [line[0]!, messageTo("over", unixMs(world.clock.nowMs() - 1))];
    expect(await world.submit(messageTo("late", world.soon()), known, over)).toEqual([
      "queueFull",
      "accepted",
      "messageExpired",
    ]);
    expect(world.desk.custodyCount).toBe(1_201);
    expect(await world.desk.submit([messageTo("late", world.soon())])).toMatchObject([{ retryAfterMs: 1_000 }]);
    const block = blockWith(line.slice(0, 150));
    world.desk.noteFinal(block, { threadId, height: height(1), term: term(0), blockId: block.id });
    const brief = unixMs(world.clock.nowMs() + 13_000);
    expect(await world.submit(messageTo("patient", world.soon()), messageTo("brief", brief))).toEqual([
      "accepted",
      "queueFull",
    ]);
  });

  it("keeps a message, not the request that it came in", async () => {
    const bytes = messageTo("viewed", world.soon());
    const request = new Uint8Array(4_096);
    request.set(bytes, 64);
    await world.submit(request.subarray(64, 64 + bytes.length));
    request.fill(0);
    await world.tick();
    expect(world.forwarded).toEqual([hashOf(bytes), hashOf(bytes)]);
  });

  it("has room again for an account whose messages are settled, also after a restart", async () => {
    const messages = ["1", "2", "3"].map((payload) => messageTo("a", world.soon(), payload));
    await world.submit(...messages);
    await world.restart();
    expect(await world.submit(messages[2]!)).toEqual(["accountQueueFull"]);
    const block = blockWith([messages[0]!]);
    world.desk.noteFinal(block, { threadId, height: height(1), term: term(0), blockId: block.id });
    expect(await world.submit(messages[2]!)).toEqual(["accepted"]);
  });
});

describe("more messages than go with one offer", () => {
  it("[M2] are offered less and less often, to everybody once five seconds are over, and at once to a new producer", async () => {
    const bytes = messageTo("patient", unixMs(world.clock.nowMs() + 55_000));
    await world.submit(bytes);
    const offeredAt = async (seconds: number): Promise<string[]> => {
      const at: string[] = [];
      for (let second = 1; second <= seconds; second++) {
        world.forwarded.length = 0;
        world.toAll = false;
        await world.tick();
        // What is watched for censorship is handed to the producer alone, every second.
        const isWatched = world.censorship.messages.length > 0;
        if (world.toAll) at.push(`${second} to all`);
        else if (!isWatched && world.forwarded.length > 0) at.push(`${second}`);
      }
      return at;
    };
    expect(await offeredAt(24)).toEqual(["1", "3", "6 to all", "14 to all", "22 to all"]);
    world.desk.noteProducerChanged(threadId);
    expect(await offeredAt(4)).toEqual(["1 to all", "3 to all"]);
  });

  it("[M2, I9] are offered to everybody also by a keeper whose turn it is and that seals nothing: others may be in another term", async () => {
    const bytes = messageTo("alone", world.soon());
    world.isNext = true;
    await world.submit(bytes);
    for (let second = 1; second <= 5; second++) await world.tick();
    expect(world.forwarded).toEqual([]);
    await world.tick();
    expect([world.forwarded, world.toAll]).toEqual([[hashOf(bytes)], true]);
    expect(world.queue.has(hashOf(bytes)), "and it waits here for this node's own block").toBe(true);
    world.produces = true;
    for (let second = 1; second <= 10; second++) await world.tick();
    expect(world.forwarded, "who seals has it in hand").toHaveLength(1);
  });

  it("[M2] are offered in turn, those first that were not offered for the longest time", async () => {
    const count = 2_500;
    world = await DeskWorld.create({ messagesMax: count, bytesMax: count * 1_000, messagesPerAccountMax: 1 });
    const messages = Array.from({ length: count }, (_, i) => messageTo(`account ${i}`, world.soon()));
    await world.submit(...messages);
    world.forwarded.length = 0;
    const batches: string[][] = [];
    for (let second = 0; second < 4; second++) {
      // Also when a new producer has to be offered everything.
      world.desk.noteProducerChanged(threadId);
      await world.tick();
      batches.push(world.forwarded.splice(0));
    }
    expect(new Set(batches.slice(0, 3).flat()).size).toBe(count);
    expect(batches.map(({ length }) => length)).toEqual([1_000, 1_000, 1_000, 1_000]);
  });
});

describe("the last word", () => {
  it("[M3] the result of a final message is that of its receipt", async () => {
    const bytes = messageTo("final", world.soon());
    await world.submit(bytes);
    const block = blockWith([bytes]);
    const ref = { threadId, height: height(1), term: term(0), blockId: block.id };
    world.desk.noteProgress(block, ref, "prefinal");
    const before = await world.desk.message(hashOf(bytes));
    await world.store.repository.commit({
      blocks: [block],
      messages: world.desk.finalRecords(block),
      custody: { release: world.desk.releasedBy(block) },
    });
    world.desk.noteFinal(block, ref);
    await world.restart();
    const result = { code: 0, gasUsed: block.body.receipts[0]!.gasUsed };
    expect(before?.state).toEqual({ status: "prefinal", block: ref, result });
    expect((await world.desk.message(hashOf(bytes)))?.state).toEqual({ status: "final", block: ref, result });
  });
});

describe("a message that another node took before", () => {
  it("[M3] has no status yet in a block that nobody certified, and is taken in like any other: it follows that block", async () => {
    const bytes = messageTo("elsewhere", world.soon());
    await world.execute(bytes);
    expect(await world.submit(bytes), "nothing says where it was executed").toEqual(["nonceUsed"]);
    world.open.add(hashOf(bytes));
    expect(await world.submit(bytes)).toEqual(["accepted"]);
    expect((await world.desk.message(hashOf(bytes)))?.state.status).toBe("queued");
    const block = blockWith([bytes]);
    world.desk.noteProgress(block, { threadId, height: height(1), term: term(0), blockId: block.id }, "included");
    expect(await world.desk.submit([bytes])).toMatchObject([
      { type: "accepted", record: { state: { status: "included" } } },
    ]);
  });

  it("[M3] waits here too when the builder of this node has it in hand", async () => {
    world.produces = true;
    const bytes = messageTo("in hand", world.soon());
    world.desk.takeForwarded([bytes], PRODUCER.keeperId);
    expect(world.queue.take(10, 10_000)).toHaveLength(1);
    await world.execute(bytes);
    expect(await world.submit(bytes)).toEqual(["accepted"]);
    expect(world.desk.custodyCount).toBe(1);
    expect(world.queue.length, "it is not put into a second block").toBe(0);
  });
});

describe("an execution that is being replaced", () => {
  const replace = (): void => {
    world.execution.admit = () => Promise.reject(new ExecutionError("overloaded", "the worker is being replaced"));
  };

  it("[M2, M3] turns no good message away: it is durable, and offered when it can be", async () => {
    replace();
    const bytes = messageTo("patient", world.soon());
    expect(await world.submit(bytes)).toEqual(["accepted"]);
    await world.restart();
    expect(world.desk.custodyCount).toBe(1);
    await world.tick();
    expect(world.forwarded).toEqual([hashOf(bytes)]);
  });

  it("refuses what is wrong whatever the state, and tells those whom it cannot check when to come again", async () => {
    replace();
    expect(await world.submit(new Uint8Array([1, 2, 3]))).toEqual(["malformedMessage"]);
    const many = Array.from({ length: 70 }, (_, i) => messageTo(`account ${i}`, world.soon()));
    const outcomes = await world.desk.submit(many);
    const late = outcomes.filter((outcome) => outcome.type === "refused" && outcome.code === "unavailable");
    expect(late).toHaveLength(6);
    expect(late[0]).toMatchObject({ retryAfterMs: 500 });
  });
});

describe("a message that the builder does not take", () => {
  it("[M3] goes on waiting, its client is told why once, and another producer may still include it", async () => {
    world.produces = true;
    const bytes = messageTo("endless", world.soon());
    await world.submit(bytes);
    const told: string[] = [];
    world.events.tap(({ type }) => void told.push(type));
    for (let i = 0; i < 3; i++) world.desk.notePutAside(hashOf(bytes), { code: "tooLong", text: "it takes too long" });
    expect((await world.desk.message(hashOf(bytes)))?.state).toEqual({
      status: "queued",
      abandonedInTerm: null,
      refusal: { code: "tooLong", reason: "it takes too long" },
    });
    expect(told).toEqual(["message.status"]);
    const block = blockWith([bytes]);
    world.desk.noteProgress(block, { threadId, height: height(1), term: term(0), blockId: block.id }, "included");
    expect((await world.desk.message(hashOf(bytes)))?.state.status).toBe("included");
  });
});

describe("messages that another keeper forwards", () => {
  it("[I12] take no place in the queue when no block may hold them soon, by their expiry", async () => {
    world.produces = true;
    const soon = world.soon();
    const takes = (expiresAtMs: number): number => {
      world.desk.takeForwarded([messageTo(`at ${expiresAtMs}`, unixMs(expiresAtMs))], PRODUCER.keeperId);
      return world.queue.length;
    };
    expect([takes(Number.MAX_SAFE_INTEGER), takes(soon + 600_000), takes(soon - 600_000), takes(soon)]).toEqual([
      0, 0, 0, 1,
    ]);
    await world.tick();
  });

  it("[I12] keep no more memory alive than their own", () => {
    world.produces = true;
    const message = messageTo("small", world.soon());
    const frame = new Uint8Array(1_000_000);
    frame.set(message, 500_000);
    world.desk.takeForwarded([frame.subarray(500_000, 500_000 + message.length)], PRODUCER.keeperId);
    expect(world.queue.take(1, 1_000_000)[0]?.bytes.buffer.byteLength).toBe(message.length);
  });
});

describe("messages that wait when this node stops producing", () => {
  const ofOthers = (count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, i) => messageTo("waits", world.soon(), String(i)));
  const inQueue = (messages: readonly Uint8Array[]): boolean[] =>
    messages.map((bytes) => world.queue.has(hashOf(bytes)));

  it("[M2] go to the next producer at once, in order, whoever took them, and the client's stays queued", async () => {
    world.produces = true;
    const messages = ofOthers(5);
    world.desk.takeForwarded(messages.slice(0, 4), PRODUCER.keeperId);
    await world.submit(messages[4]!);
    expect(world.queue.length).toBe(5);
    world.produces = false;
    world.desk.handBack(threadId, world.queue.handOver([]));
    expect(world.forwarded).toEqual(messages.map(hashOf));
    expect(world.queue.length).toBe(0);
    expect(await world.desk.message(hashOf(messages[4]!))).toMatchObject({ state: { status: "queued" } });
  });

  it("[M2] wait for the next start, or the next producer, while the term is still this node's", () => {
    world.isNext = true;
    const messages = ofOthers(3);
    world.desk.handBack(
      threadId,
      messages.map((bytes) => ({
        ...{ hash: hashOf(bytes), bytes, expiresAtMs: world.soon() },
        account: "waits" as AccountId,
      })),
    );
    expect([world.forwarded, inQueue(messages)]).toEqual([[], [true, true, true]]);
    world.isNext = false;
    world.desk.noteProducerChanged(threadId);
    expect([world.forwarded, inQueue(messages)]).toEqual([messages.map(hashOf), [false, false, false]]);
  });

  it("[M2] that came to a producer before it began its term wait in its queue", () => {
    world.isNext = true;
    const messages = ofOthers(20);
    world.desk.takeForwarded(messages, PRODUCER.keeperId);
    world.produces = true;
    expect(world.queue.take(100, 1_000_000).map(({ hash }) => hash)).toEqual(messages.map(hashOf));
  });
});

describe("a message that its producer leaves out", () => {
  /** Seconds in which the producer seals blocks with room. */
  const pass = async (seconds: number): Promise<void> => {
    for (let i = 0; i < seconds; i++) {
      const { block } = sealTestBlock(rules, root, {});
      world.tally.noteBlock(block, block.header.timeMs);
      await world.tick();
    }
  };

  it("[S1] is handed on by whoever hears of it, and makes them suspect the producer after 10 s", async () => {
    const bytes = messageTo("left out", world.soon());
    world.desk.takeForwarded([bytes], PRODUCER.keeperId);
    await pass(10);
    expect(world.forwarded).toEqual(Array.from({ length: 10 }, () => hashOf(bytes)));
    expect(world.suspicions).toBe(0);
    await pass(1);
    expect(world.suspicions).toBe(1);
  });

  it("[S1] makes the node suspect the producer that took it from a client", async () => {
    await world.submit(messageTo("own", world.soon()));
    await pass(15);
    expect(world.suspicions).toBe(0);
    await pass(3);
    expect(world.suspicions).toBeGreaterThan(0);
  });

  it("[S1] accuses nobody once a block holds it, or while this node produces itself", async () => {
    const bytes = messageTo("included", world.soon());
    world.desk.takeForwarded([bytes], PRODUCER.keeperId);
    await pass(9);
    world.open.add(hashOf(bytes));
    await pass(5);
    world.desk.takeForwarded([messageTo("mine", world.soon())], PRODUCER.keeperId);
    await pass(9);
    world.produces = true;
    await pass(5);
    expect(world.suspicions).toBe(0);
  });

  it("[S1] accuses nobody when the state does not admit it", async () => {
    const bytes = messageTo("executed", world.soon());
    world.desk.takeForwarded([bytes], PRODUCER.keeperId);
    await world.execute(bytes);
    await pass(15);
    expect(world.forwarded).toEqual([]);
    expect(world.suspicions).toBe(0);
  });
});
