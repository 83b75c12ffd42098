import { createTransfer } from "@sealwright/execution";
import { type MemoryNetwork, memoryNetwork } from "@sealwright/network/testing";
import { type MemoryStore, memoryStore } from "@sealwright/store";
import { type KeeperId, sha256Hex, type ThreadId, unixMs } from "@sealwright/types";
import { ManualClock, SeededRandom } from "@sealwright/types/testing";
import { type ClusterGenesis, createClusterGenesis, START_MS } from "./clusterGenesis.js";
import { ClusterNode } from "./clusterNode.js";
import { check, Witness } from "./witness.js";

/** What goes wrong, and how often. */
export interface ClusterFaults {
  /** Chances per simulated second. */
  readonly crash: number;
  readonly partition: number;
  /** Chances per call. */
  readonly signerFails: number;
  readonly equivocates: number;
  readonly lossRatio: number;
}

export interface ClusterOptions {
  readonly seed: number;
  readonly keepers: number;
  readonly threads: number;
  readonly faults: ClusterFaults;
}

export const NO_FAULTS: ClusterFaults = { crash: 0, partition: 0, signerFails: 0, equivocates: 0, lossRatio: 0 };

const STEP_MS = 5;
const MESSAGE_LIFE_MS = 58_000;

/** A whole network in one process and one thread: the same seed gives the same run, to the last byte. */
export class Cluster {
  readonly clock = new ManualClock(START_MS);
  readonly genesis: ClusterGenesis;
  readonly network: MemoryNetwork;
  readonly witness: Witness;
  readonly initialTotals = new Map<ThreadId, bigint>();
  faults: ClusterFaults;
  readonly #random: SeededRandom;
  readonly #nodes = new Map<KeeperId, ClusterNode>();
  readonly #disks = new Map<KeeperId, MemoryStore>();
  readonly #messages: Uint8Array[] = [];
  #equivocations = 0;
  #failure: unknown = null;

  constructor(readonly options: ClusterOptions) {
    this.faults = options.faults;
    this.#random = new SeededRandom(options.seed);
    this.genesis = createClusterGenesis(options.keepers, options.threads);
    this.network = memoryNetwork(
      {
        keepers: this.keeperIds,
        link: {
          latencyMs: 2 + this.int(20),
          jitterMs: this.int(40),
          lossRatio: options.faults.lossRatio,
          duplicateRatio: options.faults.lossRatio,
          reorderRatio: options.faults.lossRatio * 2,
          reorderMs: 100,
        },
      },
      { clock: this.clock, random: new SeededRandom(options.seed + 1_000_000) },
    );
    this.witness = new Witness(this.genesis.threads.map(({ genesis }) => genesis));
    for (const { rules, record } of this.genesis.threads) {
      const state = this.genesis.executor.load(rules.threadId, record.state);
      check(state.ok, "genesis loads");
      this.initialTotals.set(rules.threadId, state.value.totals.balances);
    }
  }

  get keeperIds(): KeeperId[] {
    return this.genesis.keepers.members.map(({ id }) => id);
  }

  get nodes(): ClusterNode[] {
    return [...this.#nodes.values()];
  }

  get equivocations(): number {
    return this.#equivocations;
  }

  int(below: number): number {
    return this.#random.int(below);
  }

  happens(ratio: number): boolean {
    return ratio > 0 && this.#random.int(1_000_000) < ratio * 1_000_000;
  }

  fail(error: unknown): void {
    this.#failure ??= error;
  }

  noteEquivocation(): void {
    this.#equivocations += 1;
  }

  /** Nobody here sends malformed or badly signed things. */
  notePenalty(by: KeeperId, peer: KeeperId, reason: string): void {
    this.fail(new Error(`${by} blames ${peer}: ${reason}`));
  }

  async startAll(): Promise<void> {
    for (const keeper of this.keeperIds) await this.#start(keeper);
  }

  /** Lets time pass, with the cluster's faults and a client's messages. */
  async run(forMs: number, options: { readonly messageEveryMs: number | null }): Promise<void> {
    for (let passed = 0; passed < forMs; passed += STEP_MS) {
      this.clock.advance(STEP_MS);
      await settle();
      if (options.messageEveryMs !== null && passed % options.messageEveryMs === 0) this.#submit();
      await this.#breakThings();
      this.#check();
    }
  }

  /** Ends all faults: everybody runs and reaches everybody. */
  async heal(): Promise<void> {
    this.faults = NO_FAULTS;
    this.network.heal();
    for (const from of this.keeperIds)
      for (const to of this.keeperIds)
        this.network.setLink(from, to, { lossRatio: 0, duplicateRatio: 0, reorderRatio: 0 });
    for (const keeper of this.keeperIds) if (!this.#nodes.has(keeper)) await this.#start(keeper);
  }

  /** Messages that no final block holds yet: custodians offer them again. */
  openMessages(): Uint8Array[] {
    return this.#messages.filter((bytes) => !this.witness.isExecuted(sha256Hex(bytes)));
  }

  /** By thread, of every node that runs. */
  finalHeights(): number[][] {
    return this.genesis.threads.map((_, i) =>
      this.nodes.map((node) => Number(node.threads[i]!.keeper.state.final.height)),
    );
  }

  /** The final chains of all threads in one string. */
  fingerprint(): string {
    return this.genesis.threads
      .map(({ rules }) =>
        this.witness
          .finals(rules.threadId)
          .map(({ id }) => id)
          .join(),
      )
      .join("|");
  }

  /** Whether everything that left one thread has arrived in another, on every node. */
  async isSettled(): Promise<boolean> {
    for (const node of this.nodes) {
      const totals = await Promise.all(node.threads.map(({ execution }) => execution.totals()));
      const inFlight = totals.reduce((sum, { sent, received }) => sum + sent - received, 0n);
      check(inFlight >= 0n, "I11: more arrived than left");
      if (inFlight > 0n) return false;
    }
    return true;
  }

  crash(keeper: KeeperId): void {
    const node = this.#nodes.get(keeper);
    if (node === undefined) return;
    this.#nodes.delete(keeper);
    this.#disks.set(keeper, node.crash());
  }

  async restart(keeper: KeeperId): Promise<void> {
    if (!this.#nodes.has(keeper)) await this.#start(keeper);
  }

  async #start(keeper: KeeperId): Promise<void> {
    const disk = this.#disks.get(keeper) ?? this.#newDisk();
    const node = new ClusterNode(this, keeper, disk);
    this.#nodes.set(keeper, node);
    this.#disks.set(keeper, disk);
    // A disk that takes its time needs a clock that moves.
    let isStarted = false;
    const starting = node.start().then(() => (isStarted = true));
    while (!isStarted) {
      await settle();
      if (!isStarted) this.clock.advance(1);
    }
    await starting;
  }

  #newDisk(): MemoryStore {
    return memoryStore({
      beforeWrite: () => new Promise((resolve) => this.clock.setTimer(this.int(12), () => resolve())),
    });
  }

  #submit(): void {
    const { users, networkId } = this.genesis;
    const [from, to] = [users[this.int(users.length)]!, users[this.int(users.length)]!];
    const expiresAtMs = unixMs(this.clock.nowMs() + MESSAGE_LIFE_MS);
    const nonce = BigInt(this.#messages.length);
    this.#messages.push(createTransfer({ networkId, key: from.key, to: to.id, amount: 5n, nonce, expiresAtMs }));
    for (const node of this.nodes) node.offerMessages();
  }

  async #breakThings(): Promise<void> {
    const perStep = STEP_MS / 1_000;
    const keeper = this.keeperIds[this.int(this.keeperIds.length)]!;
    if (this.happens(this.faults.crash * perStep)) this.crash(keeper);
    if (this.happens(this.faults.crash * 2 * perStep)) await this.restart(keeper);
    if (this.happens(this.faults.partition * perStep)) {
      const groups: KeeperId[][] = [[], []];
      for (const id of this.keeperIds) groups[this.int(2)]!.push(id);
      this.network.partition(groups);
    }
    if (this.happens(this.faults.partition * 2 * perStep)) this.network.heal();
  }

  #check(): void {
    for (const node of this.nodes) for (const thread of node.threads) thread.check();
    if (this.#failure !== null) throw this.#failure as Error;
  }
}

/** Lets everything that was answered take effect: only microtasks, so the order is always the same. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
