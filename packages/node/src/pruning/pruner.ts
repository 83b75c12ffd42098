import type { Repository } from "@sealwright/store";
import { type Clock, type Height, type MessageHash, type ThreadId, type Timer, unixMs } from "@sealwright/types";
import type { Retention } from "../config/index.js";

export interface PrunerDependencies {
  readonly repository: Repository;
  readonly threads: Iterable<ThreadId>;
  /** From which height on a thread's blocks are needed for more than to be looked at. */
  readonly neededFrom: (threadId: ThreadId) => Height;
  readonly clock: Clock;
  readonly measureDisk: () => Promise<number>;
  /** The store failed: nothing more can be promised. */
  readonly fail: (error: unknown) => void;
}

/** Together more blocks a second than a thread can seal, each step too short to hold anything up. */
const STEP_BLOCKS_MAX = 32;
const STEP_EVERY_MS = 400;
/** Answers are many and seldom old: they are looked through slowly, and the disk is measured as often. */
const SWEEP_EVERY_STEPS = 25;
const MS_PER_HOUR = 3_600_000;

/**
 * Keeps the disk bounded: forgets old final blocks and old answers a little at a time, never what is still needed.
 */
export class Pruner {
  readonly #retention: Retention;
  readonly #deps: PrunerDependencies;
  #timer: Timer | null = null;
  #step: Promise<void> = Promise.resolve();
  #sweptTo: MessageHash | null = null;
  #steps = 0;
  #blocksPruned = 0;
  #diskBytes = 0;

  constructor(retention: Retention, dependencies: PrunerDependencies) {
    this.#retention = retention;
    this.#deps = dependencies;
  }

  /** Of the data directory, as measured last; measured every few seconds. */
  get diskBytes(): number {
    return this.#diskBytes;
  }

  /** Since the start, over all threads. */
  get blocksPruned(): number {
    return this.#blocksPruned;
  }

  start(): void {
    this.#timer = this.#deps.clock.setTimer(STEP_EVERY_MS, () => {
      this.#step = this.step().then(
        () => {
          if (this.#timer !== null) this.start();
        },
        (error: unknown) => this.#deps.fail(error),
      );
    });
  }

  /** Waits for the step under way. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await this.#step;
  }

  /** One bounded step over all threads and over the answers to messages. */
  async step(): Promise<void> {
    const { repository, threads, neededFrom } = this.#deps;
    const keepBlocks = this.#retention.finalBlocks;
    for (const threadId of threads) {
      const keepFrom = neededFrom(threadId);
      const { deleted } = await repository.prune({ threadId, keepBlocks, keepFrom, deleteMax: STEP_BLOCKS_MAX });
      this.#blocksPruned += deleted;
    }
    if (this.#steps++ % SWEEP_EVERY_STEPS === 0) await this.#sweep();
  }

  async #sweep(): Promise<void> {
    const { repository, clock, measureDisk } = this.#deps;
    this.#diskBytes = await measureDisk();
    const answeredBeforeMs = unixMs(Math.max(0, clock.nowMs() - this.#retention.expiredHours * MS_PER_HOUR));
    this.#sweptTo = (await repository.sweepMessages({ answeredBeforeMs, after: this.#sweptTo })).next;
  }
}
