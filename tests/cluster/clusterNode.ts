import type { Transport } from "@sealwright/network";
import { type MemoryStore, openNodeStoreOver, type Repository } from "@sealwright/store";
import {
  assertNever,
  type BlockId,
  decodeSealedBlock,
  decodeWireMessage,
  encodeWireMessage,
  type Height,
  type KeeperId,
  type ThreadId,
  threadOf,
  unwrap,
  type WireMessage,
} from "@sealwright/types";
import type { Cluster } from "./cluster.js";
import { ClusterImports } from "./clusterImports.js";
import { ClusterThread } from "./clusterThread.js";
import { check } from "./witness.js";

/** What answers later than it is asked, and by how much at most. */
const LATENCY_MS = { crypto: 4, execution: 8, forge: 8 } as const;
const BEAT_MS = 1_000;

/** One keeper between two crashes: only its disk outlives it. */
export class ClusterNode {
  readonly threads: readonly ClusterThread[];
  readonly imports: ClusterImports;
  isAlive = true;
  repository!: Repository;
  #transport!: Transport;

  constructor(
    readonly world: Cluster,
    readonly self: KeeperId,
    readonly disk: MemoryStore,
  ) {
    this.imports = new ClusterImports(world.genesis.threadsTable);
    this.threads = world.genesis.threads.map((thread) => new ClusterThread(this, thread));
  }

  async start(): Promise<void> {
    const { networkId, threads } = this.world.genesis;
    const store = unwrap(await openNodeStoreOver(this.disk, { networkId, keeperId: this.self }));
    this.repository = store.repository;
    unwrap(await this.repository.initialize(threads.map(({ record }) => record)));
    for (const thread of this.threads) await thread.open();
    if (!this.isAlive) return;
    this.#transport = this.world.network.transport(this.self);
    this.#transport.on({
      message: (from, frame) => this.#onFrame(from, frame),
      connected: (peer) => {
        for (const thread of this.threads) thread.keeper.dispatch({ type: "peerConnected", peer });
      },
    });
    unwrap(await this.#transport.start());
    for (const thread of this.threads) await thread.start();
    this.#beat();
  }

  /** @returns what the disk kept */
  crash(): MemoryStore {
    this.isAlive = false;
    for (const thread of this.threads) thread.stop();
    this.world.network.live(this.self)?.crash();
    return this.disk.crash();
  }

  send(to: KeeperId, message: WireMessage): void {
    if (this.isAlive) this.#transport.send(to, encodeWireMessage(message));
  }

  broadcast(message: WireMessage): void {
    if (this.isAlive) this.#transport.broadcast(encodeWireMessage(message));
  }

  fail(error: unknown): void {
    if (this.isAlive) this.world.fail(error);
  }

  sign(message: Uint8Array): Uint8Array {
    return this.world.genesis.keys.get(this.self)!.sign(message);
  }

  /** The answer of an edge, a little later. */
  later<T>(edge: keyof typeof LATENCY_MS, answer: T | Promise<T>): Promise<T> {
    const delayMs = this.world.int(LATENCY_MS[edge]);
    return new Promise((resolve) => this.world.clock.setTimer(delayMs, () => resolve(answer)));
  }

  finalMoved(threadId: ThreadId, height: Height): void {
    for (const thread of this.threads) {
      if (thread.id === threadId) continue;
      thread.keeper.dispatch({ type: "otherThreadFinal", height });
      thread.wake();
    }
  }

  /** I10 */
  async checkTotals(thread: ClusterThread, finalId: BlockId): Promise<void> {
    const totals = await thread.execution.totals(finalId);
    const sum = totals.balances + totals.fees + totals.sent - totals.received;
    const expected = this.world.initialTotals.get(thread.id)!;
    check(sum === expected, `I10: thread ${thread.id} holds ${sum} instead of ${expected}`);
  }

  /** Once a second everybody hears where this node stands, and messages that it keeps are offered again. */
  #beat(): void {
    if (!this.isAlive) return;
    for (const thread of this.threads) this.broadcast(thread.status());
    this.offerMessages();
    this.world.clock.setTimer(BEAT_MS, () => this.#beat());
  }

  offerMessages(): void {
    const { threadsTable, executor } = this.world.genesis;
    for (const bytes of this.world.openMessages()) {
      const owner = threadOf(threadsTable, unwrap(executor.inspect(bytes)).account);
      const thread = this.threads.find(({ id }) => id === owner)!;
      if (thread.isProducing()) thread.offerMessage(bytes);
    }
    for (const thread of this.threads) thread.wake();
  }

  #onFrame(from: KeeperId, frame: Uint8Array): void {
    if (!this.isAlive) return;
    const message = unwrap(decodeWireMessage(frame));
    switch (message.type) {
      case "candidate":
        return this.#onBlocks(from, [message.block]);
      case "attestation":
        return this.#thread(message.vote.attestation.threadId).producer.dispatch({ type: "vote", vote: message.vote });
      case "certificate":
        return this.#thread(message.certificate.attestation.threadId).keeper.offerCertificate(
          message.certificate,
          from,
        );
      case "status": {
        const { status } = message;
        return this.#thread(status.threadId).keeper.dispatch({ type: "statusReceived", peer: from, status });
      }
      case "blockRequest": {
        const answer = this.#thread(message.threadId).answer(message.fromHeight, message.tipId);
        void answer.then((response) => this.send(from, response)).catch((error: unknown) => this.fail(error));
        return;
      }
      case "blockResponse":
        this.#onBlocks(from, message.blocks);
        if (message.certificate !== null)
          this.#thread(message.threadId).keeper.offerCertificate(message.certificate, from);
        return;
      case "externals":
      case "evidence":
        return;
      default:
        return assertNever(message);
    }
  }

  #onBlocks(from: KeeperId, blocks: readonly Uint8Array[]): void {
    for (const bytes of blocks) {
      const block = unwrap(decodeSealedBlock(bytes));
      const origin = { type: "peer", peer: from } as const;
      this.#thread(block.header.threadId).keeper.dispatch({ type: "candidate", block, origin });
    }
  }

  #thread(threadId: ThreadId): ClusterThread {
    return this.threads.find(({ id }) => id === threadId)!;
  }
}
