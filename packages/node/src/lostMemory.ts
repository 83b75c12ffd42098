import { open, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { MARKS_LOG_NAME, type PublicKeyHex, type WatermarkStore } from "@sealwright/forge";
import type { NodeStore } from "@sealwright/store";
import { err, ok, type Result } from "@sealwright/types";
import { readAbout } from "./about.js";
import type { PublicIdentity } from "./identity.js";
import type { StartNodeError } from "./nodeError.js";

/**
 * A keeper remembers what it signed twice: in its store, and in the watermarks of its key. When one of them is gone, and the
 * other proves that it was there, nothing starts until an operator has looked: he brings it back, or makes a file that
 * accepts the loss, once.
 */
export class LostMemory {
  readonly #watermarksDir: string;

  constructor(
    private readonly dataDir: string,
    private readonly identity: Pick<PublicIdentity, "table" | "networkId">,
    private readonly store: Pick<NodeStore, "repository">,
  ) {
    this.#watermarksDir = join(dataDir, "watermarks");
  }

  /** Asked before the watermarks are opened, which makes them: the next start must find them missing, too. */
  async beforeWatermarks(): Promise<Result<void, StartNodeError>> {
    const acceptedPath = join(this.dataDir, WATERMARKS_ACCEPTED_NAME);
    const isAccepted = await exists(acceptedPath);
    if (await exists(join(this.#watermarksDir, MARKS_LOG_NAME))) return ok(undefined);
    // A start writes it once both are on disk, so whatever this keeper was, it was more than what is left.
    if ((await this.#isStoreNew()) && (await readAbout(this.dataDir)) !== null) return err(this.#bothMissing());
    if (!isAccepted && (await this.#hasVoted())) return err(watermarksMissing(this.#watermarksDir, acceptedPath));
    return ok(undefined);
  }

  /** Asked before the store gets its first blocks, so that the next start finds it as new as this one. */
  async ofStore(watermarks: WatermarkStore, key: PublicKeyHex): Promise<Result<void, StartNodeError>> {
    const acceptedPath = join(this.dataDir, STORE_ACCEPTED_NAME);
    if ((await exists(acceptedPath)) || !(await this.#isStoreNew())) return ok(undefined);
    const scopes = await watermarks.scopes();
    if (!scopes.ok) return scopes;
    const { networkId } = this.identity;
    const hasSigned = scopes.value.some(
      (scope) => scope.chain === "sealwright" && scope.networkId === networkId && scope.key === key,
    );
    return hasSigned ? err(storeMissing(this.dataDir, acceptedPath)) : ok(undefined);
  }

  /** A torn tail of the watermarks is about to be cut. Durable when it resolves: a start that dies here is not the last. */
  async noteCut(): Promise<void> {
    const file = await open(join(this.dataDir, CUT_NAME), "w", 0o600);
    await file.sync().finally(() => file.close());
    const folder = await open(this.dataDir, "r");
    await folder.sync().finally(() => folder.close());
  }

  /** Whether something is missing of the watermarks, all of them or a tail, and none was raised since. */
  async isCut(): Promise<boolean> {
    for (const name of [WATERMARKS_ACCEPTED_NAME, CUT_NAME]) if (await exists(join(this.dataDir, name))) return true;
    return false;
  }

  /** What was accepted once is not accepted for ever, and what was raised for a cut is raised. */
  async forgetLoss(): Promise<void> {
    for (const name of [WATERMARKS_ACCEPTED_NAME, STORE_ACCEPTED_NAME, CUT_NAME]) {
      const path = join(this.dataDir, name);
      if (await exists(path)) await unlink(path);
    }
  }

  /** A store that was used has at least the genesis blocks. */
  async #isStoreNew(): Promise<boolean> {
    for (const { threadId } of this.identity.table)
      if ((await this.store.repository.lastFinal(threadId)) !== null) return false;
    return true;
  }

  /** The vote state goes to disk with a vote, and the watermarks were made before the first one. */
  async #hasVoted(): Promise<boolean> {
    const { repository } = this.store;
    for (const { threadId } of this.identity.table) {
      if ((await repository.voteState(threadId)) !== null || (await repository.lastSealed(threadId)) !== null)
        return true;
    }
    return false;
  }

  #bothMissing(): StartNodeError {
    const what = `${this.dataDir} says in about.json that this keeper ran on it, but its store and its watermarks are gone`;
    const todo = `bring 'store' and 'watermarks' back as they were when the keeper stopped: without both nothing knows what its key has signed, and it could sign against that; only if this key never signed anything, delete ${join(this.dataDir, "about.json")}`;
    return { code: "storeMissing", message: `${what}; ${todo}` };
  }
}

/** An operator makes one of these files to start without what is lost; a start takes it away again. */
const WATERMARKS_ACCEPTED_NAME = "accept-lost-watermarks";
const STORE_ACCEPTED_NAME = "accept-lost-store";
/** A start makes this one before it cuts a torn tail of the watermarks, and takes it away when they are raised. */
const CUT_NAME = "watermarks-cut";

function watermarksMissing(directory: string, acceptedPath: string): StartNodeError {
  const what = `the watermarks in ${directory} are gone, though this keeper's store says that its key has signed`;
  const todo = `bring the folder back as it was when the keeper stopped, never an older copy; if it is lost and nothing else ever signed with this key, make an empty file ${acceptedPath}: the keeper then votes from a later term on`;
  return { code: "watermarksMissing", message: `${what}; ${todo}` };
}

function storeMissing(dataDir: string, acceptedPath: string): StartNodeError {
  const what = `the store in ${join(dataDir, "store")} is new, though this keeper's watermarks say that its key has signed`;
  const todo = `bring the folder back as it was when the keeper stopped; if it is lost, make an empty file ${acceptedPath}: the keeper then fetches the network's state again, and its watermarks keep it from signing against what it signed`;
  return { code: "storeMissing", message: `${what}; ${todo}` };
}

/** What is there and cannot be looked at is not missing: whoever opens it says what is wrong. */
function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => (error as NodeJS.ErrnoException).code !== "ENOENT",
  );
}
