import { type BlockFacts, producerOf } from "@sealwright/consensus";
import { certify, createTestNetwork } from "@sealwright/consensus/testing";
import { createInlineExecution, createStoreMessage, ledgerExecutor, ledgerGenesisEntries } from "@sealwright/execution";
import { WIDE_LIMITS } from "@sealwright/execution/testing";
import {
  type AccountId,
  createThreadsTable,
  type MessageHash,
  type SealedBlock,
  sha256Hex,
  unixMs,
  ZERO_BLOCK_ID,
} from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { BlockProducer } from "./blockProducer.js";
import { MessageQueue } from "./messageQueue.js";
import type { ProducerPorts } from "./producerPorts.js";
import { UNSEALED_MAX } from "./producerState.js";

const { rules, root } = createTestNetwork(5);
const { networkId, threadId } = rules;
const TABLE = createThreadsTable(1, ZERO_BLOCK_ID);
const TIMEOUT_MS = 330;
const PER_BLOCK = 40;
const QUEUE = { messagesMax: 300, messagesPerAccountMax: 300, bytesMax: 1024 * 1024 };
const ACCOUNT = "11".repeat(32) as AccountId;

/** A producer whose blocks leave and for which no vote comes in until it is told that they do. */
class CutOffProducer {
  readonly clock = new ManualClock(1_700_000_000_000);
  readonly queue = new MessageQueue(QUEUE);
  readonly execution = createInlineExecution(
    { threadId, threadsTable: TABLE },
    { executor: ledgerExecutor({ networkId, transferFee: 1n }), clock: this.clock },
  );
  readonly published: { readonly block: SealedBlock; readonly facts: BlockFacts }[] = [];
  readonly failures: unknown[] = [];
  readonly accepted: MessageHash[] = [];
  readonly producer: BlockProducer;
  votesCome = false;
  #next = 0;

  constructor() {
    const self = producerOf(rules.seed, root.term, rules.keepers);
    this.producer = new BlockProducer(
      { rules, self, productionTimeoutMs: TIMEOUT_MS, minBlockIntervalMs: 20, shareStateEvery: 1_000 },
      { execution: this.execution, queue: this.queue, ports: this.#ports(), clock: this.clock },
    );
  }

  async start(): Promise<void> {
    await this.execution.load(ledgerGenesisEntries(threadId, TABLE, []), root.id);
    const params = { term: root.term, parent: root, switchCertificate: null, tail: [], certificates: [], draft: null };
    this.producer.command({ type: "start", params });
    await this.#settle();
  }

  /** Clients offer as much as there is room for; @returns whether the queue turned somebody away */
  offer(): boolean {
    for (;;) {
      const expiresAtMs = unixMs(this.clock.nowMs() + 50_000);
      const payload = Buffer.from(String(this.#next++));
      const bytes = createStoreMessage({ networkId, account: ACCOUNT, payload, expiresAtMs });
      const hash = sha256Hex(bytes) as MessageHash;
      if (this.queue.add({ hash, account: ACCOUNT, bytes, expiresAtMs }) !== "queued") return true;
      this.accepted.push(hash);
      if (this.#next % 1_000 === 0) return false;
    }
  }

  async tick(): Promise<void> {
    this.producer.noteWork(false);
    this.clock.advance(TIMEOUT_MS);
    await this.#settle();
  }

  /** All that was published so far is certified, and what comes is too. */
  async heal(): Promise<void> {
    this.votesCome = true;
    this.#certify(this.published.at(-1)!.facts);
    await this.#settle();
  }

  included(): MessageHash[] {
    return this.published.flatMap(({ block }) => block.body.externals.map((bytes) => sha256Hex(bytes) as MessageHash));
  }

  get builtAhead(): number {
    const { state } = this.producer;
    return state.phase === "producing" ? state.unsealed.length : 0;
  }

  #certify(facts: BlockFacts): void {
    this.producer.dispatch({ type: "certificate", certificate: certify(rules, facts) });
  }

  /** Everything here runs in promises alone. */
  async #settle(): Promise<void> {
    for (let i = 0; i < 200; i++) await Promise.resolve();
  }

  #ports(): ProducerPorts {
    return {
      findStart: () => Promise.resolve({ type: "nothing" }),
      contextFor: ({ height, term, timeMs }) => ({
        ...{ threadId, height, term, timeMs },
        ...{ randomnessSeed: new Uint8Array(32), threadsTable: TABLE },
      }),
      limits: () => ({ ...WIDE_LIMITS, externalsMax: PER_BLOCK }),
      importSources: () => [],
      cursorOf: () => {
        throw new Error("there are no other threads");
      },
      offerImports: () => null,
      importRefused: () => undefined,
      recordSeal: () => Promise.resolve(),
      signSeal: () => Promise.resolve({ type: "signed", signature: new Uint8Array(96).fill(1) }),
      publish: (block, facts) => {
        this.published.push({ block, facts });
        if (this.votesCome) this.#certify(facts);
      },
      announceAgain: () => undefined,
      aggregate: () => Promise.resolve({ aggregate: null, bad: [] }),
      relayCertificate: () => undefined,
      penalizeSigner: () => undefined,
      messageSkipped: () => undefined,
      interrupted: () => undefined,
      commandIgnored: () => undefined,
      stopped: () => undefined,
      handBack: () => undefined,
      fail: (error) => this.failures.push(error),
    };
  }
}

describe("a producer whose votes are all cut off, under more load than it can take", () => {
  it("[I12, M3] holds a bounded number of blocks and messages, turns clients away, and loses nothing when votes come again", async () => {
    const cutOff = new CutOffProducer();
    await cutOff.start();
    for (let i = 0; i < 2 * UNSEALED_MAX; i++) {
      cutOff.offer();
      await cutOff.tick();
      expect(cutOff.builtAhead).toBeLessThanOrEqual(UNSEALED_MAX);
      expect(cutOff.queue.length).toBeLessThanOrEqual(QUEUE.messagesMax);
    }
    expect(cutOff.failures).toEqual([]);
    expect(cutOff.builtAhead).toBe(UNSEALED_MAX);
    const sealed = cutOff.published.length;
    expect(sealed, "deadlines hold back all but the first").toBeLessThan(10);
    // Nothing moves any more, so there is room for nobody: the node answers 429.
    const taken = cutOff.accepted.length;
    for (let i = 0; i < 3; i++) {
      expect(cutOff.offer()).toBe(true);
      await cutOff.tick();
    }
    expect(cutOff.accepted).toHaveLength(taken);
    expect(taken).toBeLessThanOrEqual((sealed + UNSEALED_MAX + 1) * PER_BLOCK + QUEUE.messagesMax);
    expect(cutOff.published).toHaveLength(sealed);

    await cutOff.heal();
    for (let i = 0; i < 20 && cutOff.included().length < taken; i++) await cutOff.tick();
    expect(cutOff.included()).toEqual(cutOff.accepted);
    expect(cutOff.failures).toEqual([]);
  });
});
