import type { CommitOptions, KeyValueOp } from "./keyValueStore.js";
import { StoreError, toStoreError } from "./storeError.js";

/** One sync serves at most this much; larger groups would only delay the first in line. */
export const GROUP_OPS_MAX = 20_000;
export const GROUP_BYTES_MAX = 16 * 1024 * 1024;
/** A disk this far behind is as good as broken, and memory is finite. */
export const QUEUED_BYTES_MAX = 512 * 1024 * 1024;
export const QUEUED_COMMITS_MAX = 100_000;

/** Writes one batch as a whole; with `sync` it resolves only when the batch is on disk. */
export type WriteBatch = (ops: readonly KeyValueOp[], sync: boolean) => Promise<void>;

interface Waiting {
  readonly ops: readonly KeyValueOp[];
  readonly bytes: number;
  readonly durable: boolean;
  readonly resolve: () => void;
  readonly reject: (error: StoreError) => void;
}

/**
 * Turns concurrent commits into few synced batches: while one is being written, the next ones gather. Order is kept,
 * a commit is never split over two batches, and after the first failed write every other one is refused: nobody can
 * say how much of it reached the disk, so nothing may be built on it.
 */
export class GroupCommitter {
  readonly #write: WriteBatch;
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #running: Promise<void> | null = null;
  #failure: StoreError | null = null;

  constructor(dependencies: { readonly write: WriteBatch }) {
    this.#write = dependencies.write;
  }

  get failure(): StoreError | null {
    return this.#failure;
  }

  commit(ops: readonly KeyValueOp[], options: CommitOptions): Promise<void> {
    if (this.#failure !== null) return Promise.reject(refusal(this.#failure));
    const bytes = sizeOf(ops);
    if (this.#queue.length >= QUEUED_COMMITS_MAX || this.#queuedBytes + bytes > QUEUED_BYTES_MAX) {
      this.#fail(new StoreError("overloaded", "the disk cannot keep up with what is committed: use a faster disk"));
      return Promise.reject(refusal(this.#failure ?? new StoreError("failed", "the store failed")));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ ops, bytes, durable: options.durable, resolve, reject });
      this.#queuedBytes += bytes;
      this.#running ??= this.#drain();
    });
  }

  /** Resolves when nothing is being written or waits. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #drain(): Promise<void> {
    // Yield once, so that commits made in the same turn already share the first batch.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#writeGroup(this.#takeGroup());
    this.#running = null;
  }

  #takeGroup(): readonly Waiting[] {
    let ops = 0;
    let bytes = 0;
    let count = 0;
    for (const next of this.#queue) {
      if (count > 0 && (ops + next.ops.length > GROUP_OPS_MAX || bytes + next.bytes > GROUP_BYTES_MAX)) break;
      ops += next.ops.length;
      bytes += next.bytes;
      count += 1;
    }
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#write(
        group.flatMap((waiting) => waiting.ops),
        group.some((waiting) => waiting.durable),
      );
    } catch (error) {
      const failure = toStoreError("a write failed", error);
      this.#fail(failure);
      for (const waiting of group) waiting.reject(failure);
      return;
    }
    for (const waiting of group) waiting.resolve();
  }

  #fail(failure: StoreError): void {
    this.#failure ??= failure;
    const refused = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    for (const waiting of refused) waiting.reject(refusal(this.#failure));
  }
}

function refusal(failure: StoreError): StoreError {
  const text = `nothing is written after a failed write, open the store again: ${failure.message}`;
  return new StoreError("failed", text, { cause: failure });
}

const OP_OVERHEAD_BYTES = 16;

function sizeOf(ops: readonly KeyValueOp[]): number {
  let bytes = 0;
  for (const op of ops) bytes += op.key.length + OP_OVERHEAD_BYTES + (op.type === "put" ? op.value.length : 0);
  return bytes;
}
