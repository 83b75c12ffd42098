import type { NodeStore } from "@sealwright/store";
import {
  type BlockId,
  type Clock,
  type FinalityProof,
  height,
  type Height,
  type Logger,
  limits,
  type SealedBlock,
  type SnapshotManifest,
  type ThreadId,
  threadIndexOf,
  type WireMessage,
} from "@sealwright/types";
import { cutState, startReading } from "./takeSnapshot.js";
import { WorkPace } from "./workPace.js";

/**
 * Nobody waits for a snapshot, and a block waits for the disk: it has a twentieth of the time. With a tenth, LevelDB began
 * new files so often that one commit in a hundred waited 5 to 8 ms longer for them.
 */
const REST_PER_WORK = 19;

export interface SnapshotKeeperDependencies {
  readonly store: Pick<NodeStore, "repository" | "snapshots">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly fail: (error: unknown) => void;
}

/** A final block whose state is to be kept. */
export interface SharedBlock {
  readonly block: SealedBlock;
  readonly proof: FinalityProof;
  /** As encoded for the store. */
  readonly facts: Uint8Array;
}

/** Takes snapshots where blocks ask for it, keeps the newest few, and serves them. */
export class SnapshotKeeper {
  readonly #deps: SnapshotKeeperDependencies;
  /** Threads whose state is being read, or cleared of leftovers: a directive that comes meanwhile is passed over. */
  readonly #busy = new Map<ThreadId, Promise<void>>();

  readonly #newest = new Map<ThreadId, Height>();
  readonly #pace: WorkPace;

  constructor(dependencies: SnapshotKeeperDependencies) {
    this.#deps = dependencies;
    this.#pace = new WorkPace(REST_PER_WORK, dependencies);
  }

  /** Reads which snapshots are kept, and begins to clear away what a crash left of others, while nobody waits for it. */
  async load(threadIds: readonly ThreadId[]): Promise<void> {
    for (const threadId of threadIds) {
      await this.#noteKept(threadId);
      const orphans = await this.#deps.store.snapshots.orphans(threadId);
      if (orphans.length > 0) this.#busyWith(threadId, this.#clear(threadId, orphans));
    }
  }

  /** Blocks below it are not needed by a keeper that comes anew; height 0 while no snapshot is kept. */
  newestKept(threadId: ThreadId): Height {
    return this.#newest.get(threadId) ?? height(0);
  }

  /** Resolves when reading has begun: the thread's final state may move on then. */
  async take(shared: SharedBlock): Promise<void> {
    const { threadId } = shared.block.header;
    if (this.#busy.has(threadId)) return;
    const entries = await startReading(this.#deps.store.repository.state(threadId));
    this.#busyWith(threadId, this.#write(shared, entries));
  }

  #busyWith(threadId: ThreadId, work: Promise<void>): void {
    const busy = work.catch(this.#deps.fail).finally(() => this.#busy.delete(threadId));
    this.#busy.set(threadId, busy);
  }

  /** All are begun at once: so each is known to be going before any can be fetched anew at the same height. */
  async #clear(threadId: ThreadId, orphans: readonly Height[]): Promise<void> {
    const rest = this.#pace.begin();
    await Promise.all(orphans.map((at) => this.#deps.store.snapshots.drop(threadId, at, rest)));
    this.#deps.logger.log("info", "snapshot.cleared", { thread: threadIndexOf(threadId), count: orphans.length });
  }

  /** Resolves when nothing is read or written any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#busy.values());
  }

  /** As `idle`, and what is under way rests no more. */
  async finish(): Promise<void> {
    this.#pace.hurry();
    await this.idle();
  }

  /** What a peer is shown that asks for snapshots, or for blocks that are not kept any more. */
  async answer(threadId: ThreadId, finalAt: Height | null): Promise<WireMessage> {
    const records = await this.#deps.store.snapshots.list(threadId);
    const manifests = records.filter(({ stage }) => stage === "kept").map(({ manifest }) => manifest);
    const blockId: BlockId | null =
      finalAt === null ? null : await this.#deps.store.repository.finalAt(threadId, finalAt);
    return {
      type: "snapshots",
      threadId,
      manifests: manifests.slice(0, limits.SNAPSHOTS_KEPT_MAX),
      finalAt: finalAt === null || blockId === null ? null : { height: finalAt, blockId },
    };
  }

  async chunk(threadId: ThreadId, at: Height, index: number): Promise<WireMessage> {
    const chunk = await this.#deps.store.snapshots.chunk(threadId, at, index);
    return { type: "snapshotChunk", threadId, height: at, index, chunk };
  }

  async #noteKept(threadId: ThreadId): Promise<SnapshotManifest[]> {
    const records = await this.#deps.store.snapshots.list(threadId);
    const kept = records.filter(({ stage }) => stage === "kept").map(({ manifest }) => manifest);
    if (kept[0] !== undefined) this.#newest.set(threadId, kept[0].height);
    return kept;
  }

  async #write(
    { block, proof, facts }: SharedBlock,
    entries: Awaited<ReturnType<typeof startReading<{ key: Uint8Array; value: Uint8Array }>>>,
  ): Promise<void> {
    const { snapshots } = this.#deps.store;
    const { threadId, height: at } = block.header;
    const thread = threadIndexOf(threadId);
    const rest = this.#pace.begin();
    const chunkHashes = await cutState(entries, (index, chunk) => snapshots.putChunk(threadId, at, index, chunk, rest));
    if (chunkHashes === null || facts.length > limits.SNAPSHOT_FACTS_BYTES_MAX) {
      await snapshots.drop(threadId, at);
      return this.#deps.logger.log("warn", "snapshot.tooLarge", { thread, height: at.toString() });
    }
    const manifest: SnapshotManifest = { threadId, height: at, blockId: block.id, proof, facts, chunkHashes };
    await snapshots.put({ manifest, stage: "kept", votedFinal: false });
    const kept = await this.#noteKept(threadId);
    for (const old of kept.slice(limits.SNAPSHOTS_KEPT_MAX)) await snapshots.drop(threadId, old.height, rest);
    this.#deps.logger.log("info", "snapshot.taken", {
      thread,
      height: at.toString(),
      chunks: chunkHashes.length,
    });
  }
}
