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
export class EngineLoop {
  transactions = 0;
  readonly #execution: ThreadExecution;
  readonly #limits: BlockLimits = blockLimitsOf(DEFAULT_SETTINGS);
  #next = 0;
  #height = 0n;
  #parent: BlockId = ZERO_BLOCK_ID;

  constructor(readonly work: TvmWorkload) {
    const { threadId, threadsTable, networkId } = work;
    this.#execution = createWorkerExecution(
      { threadId, threadsTable },
      { executor: tvmExecutorSource({ networkId }), clock: systemClock, logger: silentLogger },
    );
  }

  async load(): Promise<void> {
    await this.#execution.load(this.work.genesis, this.#parent);
  }

  /** Messages that blocks took. */
  get taken(): number {
    return this.#next;
  }

  get isDone(): boolean {
    return this.#next >= this.work.messages.length;
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

  close(): Promise<void> {
    return this.#execution.close();
  }
}

/**
 * Runs loops side by side, each in a worker thread of its own.
 * @param warmUp messages of each that are not counted
 * @param onProgress called after every counted block, with the transactions of all loops so far
 * @returns transactions a second of all loops together, until the first of them has no more messages
 */
export async function runEngineLoops(
  works: readonly TvmWorkload[],
  warmUp: number,
  onProgress: (transactions: number) => void = () => undefined,
): Promise<number> {
  const loops = works.map((work) => new EngineLoop(work));
  try {
    await Promise.all(loops.map((loop) => loop.load()));
    await Promise.all(loops.map((loop) => warm(loop, warmUp)));
    const done = (): number => loops.reduce((sum, { transactions }) => sum + transactions, 0);
    const before = done();
    const startMs = performance.now();
    const isOver = (): boolean => loops.some(({ isDone }) => isDone);
    const run = async (loop: EngineLoop): Promise<void> => {
      for (; !isOver(); onProgress(done() - before)) await loop.build();
    };
    await Promise.all(loops.map(run));
    return ((done() - before) / (performance.now() - startMs)) * 1_000;
  } finally {
    await Promise.all(loops.map((loop) => loop.close()));
  }
}

async function warm(loop: EngineLoop, messages: number): Promise<void> {
  while (loop.taken < messages) await loop.build();
}
