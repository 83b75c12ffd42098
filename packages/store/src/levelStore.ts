import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { err, ok, type Result } from "@sealwright/types";
import { ClassicLevel } from "classic-level";
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
import { findLevelLogDamage } from "./levelLogDamage.js";
import { findOrphanedLevelFile } from "./orphanedLevelFile.js";
import { classifyDiskError, describeChain, type DiskFault, StoreError, toStoreError } from "./storeError.js";

/** Why a directory could not be opened: what happened, why, and what to do. */
export interface LevelOpenError {
  readonly code: "locked" | DiskFault;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
  readonly cause: unknown;
}

type Level = ClassicLevel<Uint8Array, Uint8Array>;

/**
 * Hashes, keys and signatures do not compress: to try, at every write and every merge of tables, cost a third of LevelDB's
 * thread. Without, files are half again as large. Tables that an earlier version compressed are read as they are.
 */
const LEVEL_OPTIONS = { keyEncoding: "view", valueEncoding: "view", compression: false } as const;

/** Opens (and creates) a LevelDB directory. One process at a time may hold it. */
export async function openLevelStore(dir: string): Promise<Result<KeyValueStore, LevelOpenError>> {
  try {
    await mkdir(dir, { recursive: true });
    // Without this a power cut may take the whole new directory with it.
    await syncDirectory(dirname(dir));
    const orphan = await findOrphanedLevelFile(dir);
    if (orphan !== null)
      return err(explainDamage(dir, `CURRENT is missing beside ${orphan}, as in a copy that is not whole`));
    const damage = await findLevelLogDamage(dir);
    if (damage !== null)
      return err(explainDamage(dir, `${damage.path} does not read at byte ${damage.offset}, and later commits follow`));
    const level: Level = new ClassicLevel(dir, LEVEL_OPTIONS);
    await level.open();
    return ok(new LevelStore(level));
  } catch (error) {
    return err(explainOpenError(dir, error));
  }
}

class LevelStore implements KeyValueStore {
  readonly #level: Level;
  readonly #committer: GroupCommitter;
  #closing: Promise<void> | null = null;

  constructor(level: Level) {
    this.#level = level;
    this.#committer = new GroupCommitter({ write: (ops, sync) => this.#write(ops, sync) });
  }

  get status(): StoreStatus {
    if (this.#closing !== null) return "closed";
    return this.#committer.failure === null ? "open" : "failed";
  }

  async get(key: Uint8Array): Promise<Uint8Array | null> {
    this.#assertOpen();
    try {
      return toPlain(await this.#level.get(key));
    } catch (error) {
      throw toStoreError("a read failed", error);
    }
  }

  getSync(key: Uint8Array): Uint8Array | null {
    this.#assertOpen();
    try {
      return toPlain(this.#level.getSync(key));
    } catch (error) {
      throw toStoreError("a read failed", error);
    }
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | null)[]> {
    this.#assertOpen();
    try {
      return (await this.#level.getMany([...keys])).map(toPlain);
    } catch (error) {
      throw toStoreError("a read failed", error);
    }
  }

  async *entries(range: KeyRange): AsyncIterable<KeyValueEntry> {
    this.#assertOpen();
    if (isEmptyRange(range)) return;
    const iterator = this.#level.iterator({
      gte: range.from,
      lt: range.to,
      reverse: range.order === "descending",
      limit: range.limit,
    });
    try {
      for (let next = await iterator.next(); next !== undefined; next = await iterator.next()) {
        yield { key: toPlain(next[0])!, value: toPlain(next[1])! };
      }
    } catch (error) {
      throw this.status === "closed" ? closedError() : toStoreError("a read failed", error);
    } finally {
      await iterator.close();
    }
  }

  async commit(ops: readonly KeyValueOp[], options: CommitOptions): Promise<void> {
    this.#assertOpen();
    await this.#committer.commit(ops, options);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.#committer.idle();
    await this.#level.close();
  }

  async #write(ops: readonly KeyValueOp[], sync: boolean): Promise<void> {
    if (ops.length === 0) return;
    // One by one into a native batch: a third of the cost of handing over a list, which is copied record by record.
    const batch = this.#level.batch();
    for (const op of ops) {
      if (op.type === "put") batch.put(op.key, op.value);
      else batch.del(op.key);
    }
    await batch.write({ sync });
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw closedError();
  }
}

function closedError(): StoreError {
  return new StoreError("closed", "the store is closed");
}

/** LevelDB hands out Buffers; public values are plain arrays over the same memory. */
function toPlain(bytes: Uint8Array | undefined): Uint8Array | null {
  return bytes === undefined ? null : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const OPEN_ADVICE = {
  locked: {
    why: "another process holds it",
    todo: "stop the other node, or give this one a data directory of its own",
  },
  noPermission: {
    why: "this user may not read and write it",
    todo: "change the owner of the directory, or run as the user who owns it",
  },
  diskFull: { why: "no space is left on its disk", todo: "free space, or move the directory to a larger disk" },
  corrupt: {
    why: "its files are damaged",
    todo: "restore a copy, or move it away and let the node synchronize anew; keep the key's watermarks",
  },
  ioError: { why: "the file system reports an error", todo: "check the path and the health of the disk" },
} as const satisfies Record<LevelOpenError["code"], { why: string; todo: string }>;

function explainDamage(dir: string, cause: string): LevelOpenError {
  const { why, todo } = OPEN_ADVICE.corrupt;
  return { code: "corrupt", what: `cannot open the data directory ${dir}`, why: `${why} (${cause})`, todo, cause };
}

function explainOpenError(dir: string, cause: unknown): LevelOpenError {
  const chain = describeChain(cause);
  const code = /LEVEL_LOCKED/.test(chain) ? "locked" : classifyDiskError(cause);
  const { why, todo } = OPEN_ADVICE[code];
  // What these two are is said already; of the others only the system's own words tell more.
  const detail = code === "locked" || code === "diskFull" ? "" : ` (${chain})`;
  return { code, what: `cannot open the data directory ${dir}`, why: `${why}${detail}`, todo, cause };
}
