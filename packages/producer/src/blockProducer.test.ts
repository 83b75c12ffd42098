import { certify, createTestNetwork } from "@sealwright/consensus/testing";
import { createRevivingExecution, createWorkerExecution, type ThreadExecution } from "@sealwright/execution";
import {
  ENDLESS_AMOUNT,
  FATAL_AMOUNT,
  fragileExecutorSource,
  LedgerWorld,
  TEST_FEE,
  TEST_NETWORK,
  WIDE_LIMITS,
} from "@sealwright/execution/testing";
import {
  type Clock,
  DEFAULT_THREAD_ID,
  type MessageHash,
  type SealedBlock,
  sha256Hex,
  signerIndex,
  silentLogger,
  type UnixMs,
  unixMs,
} from "@sealwright/types";
import { afterEach, describe, expect, it } from "vitest";
import { BlockProducer } from "./blockProducer.js";
import { MessageQueue, type QueuedMessage } from "./messageQueue.js";
import type { ProducerPorts } from "./producerPorts.js";

const realClock: Clock = {
  nowMs: () => unixMs(Date.now()),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** A producer on a worker with bugs, alone in its network: each block is certified as soon as it is out. */
class LoneProducer {
  readonly world = new LedgerWorld({ threads: 1, users: 2 });
  readonly queue = new MessageQueue();
  readonly published: SealedBlock[] = [];
  readonly skipped: MessageHash[] = [];
  readonly reasons: string[] = [];
  readonly failures: unknown[] = [];
  readonly execution: ThreadExecution;
  readonly producer: BlockProducer;
  readonly #network = createTestNetwork(1);
  #nonce = 0n;

  constructor() {
    const { threadsTable } = this.world;
    const genesis = this.world.genesis(DEFAULT_THREAD_ID);
    const { rules, root } = this.#network;
    this.execution = createRevivingExecution(
      {},
      {
        open: () =>
          createWorkerExecution(
            { threadId: DEFAULT_THREAD_ID, threadsTable },
            {
              executor: fragileExecutorSource({ networkId: TEST_NETWORK, transferFee: TEST_FEE }),
              clock: realClock,
              logger: silentLogger,
            },
          ),
        reload: async (fresh) => {
          await fresh.load(genesis, root.id);
          for (const { id, header, body } of this.published) {
            const { parentId, stateRoot } = header;
            const { stateUpdate } = body;
            await fresh.applyUpdate({
              blockId: id,
              parentId,
              context: this.#contextOf(header),
              stateUpdate,
              stateRoot,
            });
          }
        },
        clock: realClock,
        logger: silentLogger,
      },
    );
    const self = rules.keepers.at(signerIndex(0)).id;
    this.producer = new BlockProducer(
      { rules, self, productionTimeoutMs: 50, shareStateEvery: 1_000, minBlockIntervalMs: 5 },
      { execution: this.execution, queue: this.queue, ports: this.#ports(), clock: realClock },
    );
  }

  async start(): Promise<void> {
    const { root } = this.#network;
    await this.execution.load(this.world.genesis(DEFAULT_THREAD_ID), root.id);
    const params = { term: root.term, parent: root, switchCertificate: null, tail: [], certificates: [], draft: null };
    this.producer.command({ type: "start", params });
  }

  add(amount: bigint): QueuedMessage {
    const [from, to] = this.world.users as [(typeof this.world.users)[0], (typeof this.world.users)[0]];
    const expiresAtMs: UnixMs = unixMs(Date.now() + 30_000);
    const bytes = this.world.transfer(from, to.id, { amount, nonce: this.#nonce++, expiresAtMs });
    const message = { hash: sha256Hex(bytes) as MessageHash, account: from.id, bytes, expiresAtMs };
    expect(this.queue.add(message)).toBe("queued");
    return message;
  }

  included(): MessageHash[] {
    return this.published.flatMap(({ body }) => body.externals.map((bytes) => sha256Hex(bytes) as MessageHash));
  }

  async until(isDone: () => boolean): Promise<void> {
    for (let i = 0; i < 3_000 && !isDone(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isDone()).toBe(true);
  }

  async close(): Promise<void> {
    this.producer.close();
    await this.execution.close();
  }

  #contextOf({ height, term, timeMs }: Pick<SealedBlock["header"], "height" | "term" | "timeMs">) {
    return { ...this.world.context(DEFAULT_THREAD_ID, height, timeMs), term };
  }

  #ports(): ProducerPorts {
    return {
      findStart: () => Promise.resolve({ type: "nothing" }),
      contextFor: (order) => this.#contextOf(order),
      limits: () => ({ ...WIDE_LIMITS, externalsMax: 1_000 }),
      importSources: () => [],
      cursorOf: () => {
        throw new Error("there are no other threads");
      },
      offerImports: () => null,
      recordSeal: () => Promise.resolve(),
      signSeal: () => Promise.resolve({ type: "signed", signature: new Uint8Array(96).fill(1) }),
      publish: (block, facts) => {
        this.published.push(block);
        this.producer.dispatch({ type: "certificate", certificate: certify(this.#network.rules, facts) });
      },
      announceAgain: () => undefined,
      aggregate: () => Promise.resolve({ aggregate: null, bad: [] }),
      relayCertificate: () => undefined,
      penalizeSigner: () => undefined,
      messageSkipped: (hash, { rejection }) => {
        this.skipped.push(hash);
        this.reasons.push(rejection.code);
      },
      importRefused: ({ code }) => this.failures.push(code),
      interrupted: () => undefined,
      commandIgnored: () => undefined,
      stopped: () => undefined,
      handBack: () => undefined,
      fail: (error) => this.failures.push(error),
    };
  }
}

const opened: LoneProducer[] = [];
afterEach(() => Promise.all(opened.splice(0).map((lone) => lone.close())));

describe("a producer that is stopped", () => {
  it("[M2] holds no message any more, waiting or in a build, and takes each again when it produces again", async () => {
    const lone = new LoneProducer();
    opened.push(lone);
    await lone.start();
    await lone.until(() => lone.published.length > 0);
    const messages = Array.from({ length: 30 }, (_, i) => lone.add(BigInt(i + 1)));
    lone.producer.noteWork(false);
    lone.producer.command({ type: "stop" });
    // What a build under way has comes back when that ends.
    await lone.until(() => messages.every(({ hash }) => !lone.queue.has(hash)));
    expect(lone.producer.state.phase).toBe("parked");
    expect(new Set(messages.map((message) => lone.queue.add(message)))).toEqual(new Set(["queued"]));
  });
});

describe("a builder that dies", () => {
  it("[P11] costs no message but the one that kills it: the others are included, once each and in order", async () => {
    const lone = new LoneProducer();
    opened.push(lone);
    const before = Array.from({ length: 20 }, (_, i) => lone.add(BigInt(i + 1)).hash);
    const culprit = lone.add(FATAL_AMOUNT);
    const after = Array.from({ length: 20 }, (_, i) => lone.add(BigInt(i + 100)).hash);
    await lone.start();
    await lone.until(() => lone.included().length >= before.length + after.length);
    expect(lone.included()).toEqual([...before, ...after]);
    expect(lone.skipped).toEqual([culprit.hash]);
    expect(lone.queue.add(culprit), "its custodians bring it back in vain").toBe("refused");
    expect(lone.failures).toEqual([]);
    const heights = lone.published.map(({ header }) => Number(header.height));
    expect(heights).toEqual(heights.map((_, i) => i + 1));
  });
});

describe("a message that does not end", () => {
  it("is put aside after two attempts, told why, and never offered again; the others are included, once each and in order", async () => {
    const lone = new LoneProducer();
    opened.push(lone);
    const before = Array.from({ length: 20 }, (_, i) => lone.add(BigInt(i + 1)).hash);
    const culprit = lone.add(ENDLESS_AMOUNT);
    const after = Array.from({ length: 20 }, (_, i) => lone.add(BigInt(i + 100)).hash);
    let lost = 0;
    lone.execution.onLost(() => lost++);
    await lone.start();
    await lone.until(() => lone.included().length >= before.length + after.length);
    expect(lone.included()).toEqual([...before, ...after]);
    expect([lone.skipped, lone.reasons, lost]).toEqual([[culprit.hash], ["tooLong"], 2]);
    expect(lone.queue.add(culprit), "its custodians bring it back in vain").toBe("refused");
    expect(lone.failures).toEqual([]);
  });
});
