import { createNodeEventLog, type EventLog, type NodeEvent } from "@sealwright/api";
import { createTestNetwork, sealTestBlock } from "@sealwright/consensus/testing";
import { createInlineExecution, createStoreMessage, type Executor, ledgerExecutor } from "@sealwright/execution";
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
import { MessageDesk, type MessageRoute } from "./messageDesk.js";

const { rules, root } = createTestNetwork(4);
const { threadId, networkId } = rules;
const threadsTable = createThreadsTable(1, ZERO_BLOCK_ID);
const PRODUCER = { keeperId: rules.keepers.at(signerIndex(1)).id, apiUrl: null };

function messageTo(text: string, expiresAtMs: UnixMs): Uint8Array {
  const account = toHex(sha256(Buffer.from(text))) as AccountId;
  return createStoreMessage({ networkId, account, payload: Buffer.from(text), expiresAtMs });
}

const hashOf = (bytes: Uint8Array): MessageHash => sha256Hex(bytes) as MessageHash;

function blockWith(messages: readonly Uint8Array[]): SealedBlock {
  const { block } = sealTestBlock(rules, root, { externals: messages });
  const receipts = messages.map((bytes) => ({
    messageHash: hashOf(bytes),
    code: 0,
    gasUsed: 1,
    detail: new Uint8Array(),
  }));
  const body = { ...block.body, receipts };
  return sealBlock({ ...block.header, roots: bodyRootsOf(body, rules.threadsTableHash) }, body, block.signature);
}

/** A keeper's desk on a disk that outlives it. */
class DeskWorld {
  readonly clock = new ManualClock();
  readonly forwarded: string[] = [];
  readonly executor: Executor = ledgerExecutor({ networkId, transferFee: 1n });
  readonly events: EventLog<NodeEvent> = createNodeEventLog(this.clock.nowMs());
  queue = new MessageQueue();
  produces = false;
  desk: MessageDesk;

  private constructor(readonly store: NodeStore) {
    this.desk = this.#open();
  }

  static async create(): Promise<DeskWorld> {
    return new DeskWorld(await memoryNodeStore({ networkId, keeperId: rules.keepers.at(signerIndex(0)).id }));
  }

  /** The process ends and starts again. */
  async restart(): Promise<void> {
    this.queue = new MessageQueue();
    this.forwarded.length = 0;
    this.desk = this.#open();
    await this.desk.resume();
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
      execution: createInlineExecution({ threadId, threadsTable }, { executor, clock }),
      queue: this.queue,
      isProducing: () => this.produces,
      producer: () => PRODUCER,
      wake: () => undefined,
      forward: (messages) => this.forwarded.push(...messages.map(hashOf)),
    };
    const routes = new Map([[threadId, route]]);
    return new MessageDesk({
      ...{ executor, threadsTable, routes, clock, events: this.events },
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
