import { type Clock, err, ok, type Result, type Timer } from "@sealwright/types";
import { watch } from "node:fs";
import { mkdir, open, readFile, readlink, rmdir, stat, unlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Who holds a directory: enough to tell a dead process from a living one, also when its number was given out again. */
interface LockOwner {
  readonly pid: number;
  /** Of the process, in kernel ticks since boot; null where the system does not tell. */
  readonly startTicks: string | null;
  readonly bootId: string | null;
  readonly pidNamespace: string | null;
  readonly nonce: string;
}

/** Another process, perhaps on another machine (`pid` null: not known), uses the folder. */
export interface LockHeld {
  readonly code: "directoryLocked";
  readonly path: string;
  readonly pid: number | null;
  readonly message: string;
}

const HEARTBEAT_MS = 2_000;
/** A holder whose process this one cannot see (another container) is gone when it misses this many heartbeats. */
const SILENT_MS = 3 * HEARTBEAT_MS;
const LOCK_NAME = "marks.lock";

let locksTaken = 0;

/**
 * One process per directory, for as long as it lives. Node has no lockf, so this is a file made exclusively; a dead
 * owner's file is taken over: at once when its process is seen to be gone, after a silence when it cannot be seen.
 */
export class DirectoryLock {
  #timer: Timer | null = null;
  #state: "held" | "lost" | "released" = "held";
  #seenAtMs: number;
  readonly #path: string;
  readonly #text: string;
  readonly #clock: Clock;

  private constructor(path: string, text: string, clock: Clock) {
    this.#path = path;
    this.#text = text;
    this.#clock = clock;
    this.#seenAtMs = clock.monotonicMs();
    this.#beat();
  }

  static async acquire(directory: string, clock: Clock): Promise<Result<DirectoryLock, LockHeld>> {
    const path = join(directory, LOCK_NAME);
    const text = JSON.stringify(await thisOwner(clock));
    if (await createExclusively(path, text)) return ok(new DirectoryLock(path, text, clock));
    const held = await readFile(path, "utf8").catch(() => "");
    const owner = parseOwner(held);
    if (!(await isStale(path, owner, clock))) return err(lockHeld(path, owner));
    return (await takeOver(path, held, text, clock))
      ? ok(new DirectoryLock(path, text, clock))
      : err(lockHeld(path, owner));
  }

  /** Somebody took the directory from us: nothing may be written any more. */
  get lost(): boolean {
    return this.#state === "lost";
  }

  /**
   * Is the directory still ours? Looks again when this process stood still for so long that another may have taken it:
   * ask before every write. `unknown`: it could not be looked at now; ask again later.
   */
  async confirm(): Promise<"held" | "lost" | "unknown"> {
    if (!this.isConfirmed) await this.#look();
    if (this.#state !== "held") return "lost";
    return this.isConfirmed ? "held" : "unknown";
  }

  /** Seen to be ours so lately that nobody can have taken it: no need to look again. */
  get isConfirmed(): boolean {
    return this.#state === "held" && this.#clock.monotonicMs() - this.#seenAtMs <= SILENT_MS - HEARTBEAT_MS;
  }

  async release(): Promise<void> {
    this.#timer?.cancel();
    await this.#look();
    // One that could not be looked at for long may be another's by now.
    if (this.isConfirmed) await unlink(this.#path).catch(() => undefined);
    this.#state = "released";
    this.#timer?.cancel();
  }

  #beat(): void {
    this.#timer = this.#clock.setTimer(HEARTBEAT_MS, () => {
      void this.#refresh().then(() => {
        if (this.#state === "held") this.#beat();
      });
    });
  }

  async #refresh(): Promise<void> {
    await this.#look();
    const nowSeconds = this.#clock.nowMs() / 1_000;
    if (this.#state === "held") await utimes(this.#path, nowSeconds, nowSeconds).catch(() => undefined);
  }

  async #look(): Promise<void> {
    const askedAtMs = this.#clock.monotonicMs();
    const text = await readFile(this.#path, "utf8").catch(unreadable);
    if (this.#state !== "held" || text === null) return;
    if (text === this.#text) this.#seenAtMs = askedAtMs;
    else this.#state = "lost";
  }
}

/** A file that is gone was taken away; one that cannot be read now (too many open files) says nothing. */
function unreadable(error: unknown): "" | null {
  return (error as NodeJS.ErrnoException).code === "ENOENT" ? "" : null;
}

async function createExclusively(path: string, text: string): Promise<boolean> {
  try {
    const handle = await open(path, "wx", 0o600);
    await handle.writeFile(text);
    await handle.sync();
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** A second lock, made for this very owner's file, so that only one of several takers acts on what it read. */
async function takeOver(path: string, staleText: string, text: string, clock: Clock): Promise<boolean> {
  const guard = `${path}.takeover`;
  if (!(await makeDirectory(guard))) {
    // Its maker needs milliseconds; one that outlives the silence was left by a crash in between.
    if (!(await isSilent(guard, clock))) return false;
    await rmdir(guard).catch(() => undefined);
    if (!(await makeDirectory(guard))) return false;
  }
  try {
    if ((await readFile(path, "utf8").catch(() => null)) !== staleText) return false;
    await unlink(path);
    return await createExclusively(path, text);
  } finally {
    await rmdir(guard);
  }
}

async function makeDirectory(path: string): Promise<boolean> {
  return mkdir(path).then(
    () => true,
    () => false,
  );
}

async function isStale(path: string, owner: LockOwner | null, clock: Clock): Promise<boolean> {
  const self = await thisOwner(clock);
  // An empty or torn file: its maker died while writing it, or is writing it now; a silence tells which.
  if (owner === null) return isSilent(path, clock);
  // Another boot is this machine before it started anew, or another machine that shares the directory and lives.
  if (owner.bootId !== self.bootId || owner.pidNamespace !== self.pidNamespace) return isSilent(path, clock);
  if (!isAlive(owner.pid)) return true;
  return owner.startTicks !== null && owner.startTicks !== (await startTicksOf(owner.pid));
}

async function isSilent(path: string, clock: Clock): Promise<boolean> {
  const before = await mtimeOf(path);
  // Real clocks' timers keep no process alive; at this early point nothing else may, and a start must not just end.
  const keepAlive = watch(dirname(path));
  try {
    await new Promise<void>((resolve) => void clock.setTimer(SILENT_MS, resolve));
    return before === (await mtimeOf(path));
  } finally {
    keepAlive.close();
  }
}

async function mtimeOf(path: string): Promise<number | null> {
  return stat(path).then(
    (found) => found.mtimeMs,
    () => null,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function thisOwner(clock: Clock): Promise<LockOwner> {
  return {
    pid: process.pid,
    startTicks: await startTicksOf(process.pid),
    bootId: await readFile("/proc/sys/kernel/random/boot_id", "utf8").then(trim, none),
    pidNamespace: await readlink("/proc/self/ns/pid").then(trim, none),
    nonce: `${clock.nowMs()}-${locksTaken++}`,
  };
}

/** Field 22 of /proc/<pid>/stat, counted after the command name, which may hold spaces. */
async function startTicksOf(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (text === null) return null;
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? null;
}

function trim(text: string): string {
  return text.trim();
}

function none(): null {
  return null;
}

function parseOwner(text: string): LockOwner | null {
  try {
    const value = JSON.parse(text) as Partial<LockOwner> | null;
    return typeof value?.pid === "number"
      ? { startTicks: null, bootId: null, pidNamespace: null, nonce: "", ...value, pid: value.pid }
      : null;
  } catch {
    return null;
  }
}

function lockHeld(path: string, owner: LockOwner | null): LockHeld {
  const who = owner === null ? "another process" : `process ${owner.pid}`;
  return {
    code: "directoryLocked",
    path,
    pid: owner?.pid ?? null,
    message: `${who} holds these watermarks. Stop it first; if you are sure that it is gone, delete ${path} and ${path}.takeover`,
  };
}
