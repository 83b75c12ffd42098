import {
  type BlockLimits,
  createWorkerExecution,
  type ThreadExecution,
  tvmExecutorSource,
} from "@sealwright/execution";
import { DEFAULT_SETTINGS } from "@sealwright/consensus";
import { blockLimitsOf, systemClock } from "@sealwright/node";
import {
  assert,
  type BlockId,
  height,
  silentLogger,
  sha256,
  sha256Hex,
  term,
  unixMs,
  unwrap,
  ZERO_BLOCK_ID,
} from "@sealwright/types";
import { type TvmWorkload, WORK_BEGINS_MS } from "./tvmWorkload.js";

/** What a producer offers its builder at once: more than a block takes. */
const OFFERED = 160;
/** Of the blocks' own time: the work's messages expire by it. */
const BLOCK_MS = 60;

/** Builds blocks one after the other as a producer's node does: in a worker thread, sealed, bound and made final. */
export class EngineLoop implements AsyncDisposable {
  transactions = 0;
  readonly #execution: ThreadExecution;
  readonly #limits: BlockLimits = blockLimitsOf(DEFAULT_SETTINGS);
  #next = 0;
  #height = 0n;
  #parent: BlockId = ZERO_BLOCK_ID;

  private constructor(readonly work: TvmWorkload) {
    const { threadId, threadsTable, networkId } = work;
    this.#execution = createWorkerExecution(
      { threadId, threadsTable },
      { executor: tvmExecutorSource({ networkId }), clock: systemClock, logger: silentLogger },
    );
  }

  static async open(work: TvmWorkload): Promise<EngineLoop> {
    const loop = new EngineLoop(work);
    await loop.#execution.load(work.genesis, loop.#parent);
    return loop;
  }

  /** Messages that blocks took. */
  get taken(): number {
    return this.#next;
  }

  get isDone(): boolean {
    return this.#next >= this.work.messages.length;
  }

  /** Builds blocks until so many messages are taken in all. */
  async buildTo(messages: number): Promise<void> {
    while (this.taken < messages) await this.build();
  }

  /** Builds one block of what comes next. */
  async build(): Promise<void> {
    const { threadId, threadsTable, messages } = this.work;
    this.#height += 1n;
    const timeMs = unixMs(WORK_BEGINS_MS + Number(this.#height) * BLOCK_MS);
    const randomnessSeed = sha256(Buffer.from(`${this.#height}`));
    const context = { threadId, height: height(this.#height), term: term(0n), timeMs, randomnessSeed, threadsTable };
    const offered = messages.slice(this.#next, this.#next + OFFERED);
    const parent = { block: this.#parent };
    const built = unwrap(
      await this.#execution.build({ parent, context, limits: this.#limits, imports: [], messages: offered }),
    );
    assert(
      built.receipts.every(({ code }) => code === 0),
      "every contract accepts its messages",
    );
    assert(built.outbound.length === 0, "nothing leaves the thread");
    const id = sha256Hex(built.stateRoot) as BlockId;
    this.#execution.bind(built.ref, id);
    this.#execution.takeTraces(id);
    await this.#execution.finalize(id);
    this.#parent = id;
    this.#next += built.externals.length;
    this.transactions += built.receipts.length;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#execution.close();
  }
}
