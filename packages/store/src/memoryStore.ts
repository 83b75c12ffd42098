import { GroupCommitter } from "./groupCommitter.js";
import {
  type CommitOptions,
  isEmptyRange,
  type KeyRange,
  type KeyValueEntry,
  type KeyValueOp,
  type KeyValueStore,
  type StoreStatus,
} from "./keyValueStore.js";
import { SortedMap } from "./sortedMap.js";
import { StoreError } from "./storeError.js";

/** What goes wrong on purpose. */
export interface MemoryStoreOptions {
  /**
   * Called before every batch with what it holds. Awaited, so a test or a simulation can delay the disk; what it
   * throws is the disk's failure.
   */
  readonly beforeWrite?: (write: { readonly ops: readonly KeyValueOp[]; readonly sync: boolean }) => Promise<void>;
}

/** The contract of the disk store in memory, with a power cut at hand. */
export interface MemoryStore extends KeyValueStore {
  /**
   * Cuts the power: this store is closed at once, commits under way never resolve as done, and what was synced lives
   * on in the store that is returned. Harsher than a real disk: every unsynced write is lost, even an older one.
   */
  crash(): MemoryStore;
}

/** A store that forgets everything with the process, and can crash before that. */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return new InMemoryStore(options, new SortedMap());
}

class InMemoryStore implements MemoryStore {
  readonly #options: MemoryStoreOptions;
  readonly #committer: GroupCommitter;
  readonly #live: SortedMap;
  readonly #durable: SortedMap;
  #closed: "open" | "closed" | "crashed" = "open";

  constructor(options: MemoryStoreOptions, durable: SortedMap) {
    this.#options = options;
    this.#durable = durable;
    this.#live = durable.clone();
    this.#committer = new GroupCommitter({ write: (ops, sync) => this.#write(ops, sync) });
  }

  get status(): StoreStatus {
    if (this.#closed !== "open") return "closed";
    return this.#committer.failure === null ? "open" : "failed";
  }

  async get(key: Uint8Array): Promise<Uint8Array | null> {
    this.#assertOpen();
    return this.#live.get(key);
  }

  getSync(key: Uint8Array): Uint8Array | null {
    this.#assertOpen();
    return this.#live.get(key);
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | null)[]> {
    this.#assertOpen();
    return keys.map((key) => this.#live.get(key));
  }

  async *entries(range: KeyRange): AsyncIterable<KeyValueEntry> {
    this.#assertOpen();
    if (isEmptyRange(range)) return;
    for (const entry of this.#live.slice(range)) {
      this.#assertOpen();
      yield entry;
    }
  }

  async commit(ops: readonly KeyValueOp[], options: CommitOptions): Promise<void> {
    this.#assertOpen();
    await this.#committer.commit(ops, options);
  }

  async close(): Promise<void> {
    if (this.#closed !== "open") return;
    await this.#committer.idle();
    this.#closed = "closed";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  crash(): MemoryStore {
    this.#closed = "crashed";
    return new InMemoryStore(this.#options, this.#durable.clone());
  }

  async #write(ops: readonly KeyValueOp[], sync: boolean): Promise<void> {
    await this.#options.beforeWrite?.({ ops, sync });
    // A commit that was under way when the power went never reached the disk.
    if (this.#closed === "crashed") throw closedError();
    this.#live.apply(ops);
    if (sync) this.#durable.apply(ops);
  }

  #assertOpen(): void {
    if (this.#closed !== "open") throw closedError();
  }
}

function closedError(): StoreError {
  return new StoreError("closed", "the store is closed");
}
