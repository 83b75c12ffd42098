import type { ThreadRules } from "@sealwright/consensus";
import type { ThreadExecution } from "@sealwright/execution";
import {
  initialSnapshotSync,
  snapshotProgress,
  type SnapshotSyncEffect,
  type SnapshotSyncEvent,
  type SnapshotSyncState,
  stepSnapshotSync,
} from "@sealwright/keeper";
import type { Transport } from "@sealwright/network";
import { type SnapshotStore, storedChunks } from "@sealwright/store";
import {
  assertNever,
  type Clock,
  decodeSnapshotChunk,
  encodeWireMessage,
  equalBytes,
  type Height,
  height,
  type ImportCursor,
  type KeeperId,
  type Logger,
  type RankedBlock,
  type SnapshotManifest,
  type StateChange,
  type ThreadId,
  threadIndexOf,
  unwrap,
  type WireMessage,
} from "@sealwright/types";
import type { SignatureDesk } from "../thread/signatureDesk.js";
import { TailDownload } from "./tailDownload.js";

/** A thread as far as fetching a snapshot for it is concerned. */
export interface FetchingThread {
  readonly rules: ThreadRules;
  finalHeight(): Height;
  lastVoted(): RankedBlock | null;
  /** Where the thread's imports go on, after its last final block. */
  importCursors(sources: readonly ThreadId[]): Promise<readonly ImportCursor[]>;
  /** Its next block imports what is not kept here: only a snapshot brings it on. */
  lacksImports(): boolean;
}

export interface SnapshotFetcherDependencies {
  readonly snapshots: SnapshotStore;
  readonly signatures: SignatureDesk;
  readonly transport: Transport;
  readonly openExecution: (threadId: ThreadId) => ThreadExecution;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Everything that was fetched is on disk: to be adopted by a start from the beginning. */
  readonly restart: () => void;
  readonly fail: (error: unknown) => void;
}

type Input = SnapshotSyncEvent extends infer E ? (E extends SnapshotSyncEvent ? Omit<E, "atMs"> : never) : never;

const RETRY_MS = 3_000;
/** A tail that some keeper does not have any more is given up when nobody else brought any of it for so long. */
const TAIL_PATIENCE_MS = 30_000;

interface Fetching {
  readonly thread: FetchingThread;
  sync: SnapshotSyncState;
  /** Of a verified snapshot: where its imports go on. */
  cursors: ReadonlyMap<ThreadId, ImportCursor>;
  tail: TailDownload | null;
  tailAskedMs: number;
  /** Who was asked last: nobody else's blocks are part of it. */
  tailFrom: KeeperId | null;
  /** Who brought what is here of it: when that is one keeper, it answers for it. */
  tailSources: Set<KeeperId>;
  /** Since when it is known that somebody does not have the tail any more, and nothing of it came. */
  tailGoneMs: number | null;
}

function noTail(): Pick<Fetching, "tail" | "tailAskedMs" | "tailFrom" | "tailSources" | "tailGoneMs"> {
  return { tail: null, tailAskedMs: 0, tailFrom: null, tailSources: new Set(), tailGoneMs: null };
}

/** Brings this node back when its peers do not keep the blocks that it lacks: performs what `stepSnapshotSync` decides. */
export class SnapshotFetcher {
  readonly #deps: SnapshotFetcherDependencies;
  readonly #threads = new Map<ThreadId, Fetching>();
  #isFinished = false;

  constructor(dependencies: SnapshotFetcherDependencies) {
    this.#deps = dependencies;
  }

  /** Goes on with a download that a restart broke off. */
  async addThread(thread: FetchingThread): Promise<void> {
    const { threadId } = thread.rules;
    const sync = initialSnapshotSync({ rules: thread.rules, retryMs: RETRY_MS });
    this.#threads.set(threadId, { thread, sync, cursors: new Map(), ...noTail() });
    for (const { manifest, stage } of await this.#deps.snapshots.list(threadId)) {
      if (stage !== "incoming") continue;
      if (manifest.height <= thread.finalHeight()) await this.#deps.snapshots.drop(threadId, manifest.height);
      else
        this.#dispatch(threadId, {
          type: "resumed",
          manifest,
          stored: await storedChunks(this.#deps.snapshots, manifest),
        });
    }
  }

  /** Chunks here and in all of the thread's download; null when there is none. */
  progress(threadId: ThreadId): { readonly done: number; readonly of: number } | null {
    const fetching = this.#threads.get(threadId);
    return fetching === undefined ? null : snapshotProgress(fetching.sync);
  }

  takeShown(peer: KeeperId, message: WireMessage & { type: "snapshots" }): void {
    const fetching = this.#threads.get(message.threadId);
    if (fetching === undefined) return;
    if (fetching.tail !== null && fetching.tailFrom === peer) this.#noteTailGone(fetching);
    const { manifests, finalAt } = message;
    const standing = { finalHeight: fetching.thread.finalHeight(), voted: fetching.thread.lastVoted() };
    this.#dispatch(message.threadId, { type: "shown", peer, manifests, finalAt, ...standing });
  }

  takeChunk(peer: KeeperId, { threadId, height: at, index, chunk }: WireMessage & { type: "snapshotChunk" }): void {
    this.#dispatch(threadId, { type: "chunkReceived", peer, height: at, index, chunk });
  }

  /** @returns whether the blocks were for a tail */
  takeBlocks(peer: KeeperId, threadId: ThreadId, blocks: readonly Uint8Array[]): boolean {
    const fetching = this.#threads.get(threadId);
    if (fetching === undefined || fetching.tail === null || fetching.tailFrom !== peer) return false;
    const tail = fetching.tail;
    // An answer to what the thread itself asked for is not looked at here; nor is one with nothing in it.
    const taken = blocks.length === 0 ? "other" : tail.take(blocks);
    if (taken === "other") return false;
    fetching.tailSources.add(peer);
    if (typeof taken === "string") {
      if (taken === "more") fetching.tailGoneMs = null;
      this.#goOnWithTail(fetching, taken, peer);
      return true;
    }
    fetching.tail = null;
    const { threadId: id, height: at } = tail.manifest;
    this.#follow(this.#deps.snapshots.putTail(id, at, taken), () => this.#finishIfComplete());
    return true;
  }

  #goOnWithTail(fetching: Fetching, taken: "more" | "wrong" | "unlinked" | "tooLarge", peer: KeeperId): void {
    if (taken === "more") return this.#askTail(fetching, peer);
    const isItsFault = taken === "wrong" && fetching.tailSources.size === 1;
    fetching.tailSources = new Set();
    fetching.tailFrom = null;
    if (isItsFault) this.#deps.transport.penalize(peer, "serious", "badSnapshotTail");
    // No peer can make this node hold more: whoever imports from there begins above it.
    if (taken === "tooLarge") this.#noteTailGone(fetching);
  }

  /**
   * Whoever imports from below the tail's place goes on by a snapshot of its own, if there is a newer one: keepers that
   * are there already have no use for those blocks any more.
   */
  #noteTailGone(fetching: Fetching): void {
    fetching.tailGoneMs ??= this.#deps.clock.monotonicMs();
    const { manifest } = fetching.tail!;
    for (const [threadId, { sync, cursors, thread }] of this.#threads) {
      const cursor = cursors.get(manifest.threadId);
      if (sync.phase.type === "idle" && cursor !== undefined && cursor.height < manifest.height)
        this.#dispatch(threadId, { type: "wanted", voted: thread.lastVoted() });
    }
  }

  peerGone(peer: KeeperId): void {
    for (const threadId of this.#threads.keys()) this.#dispatch(threadId, { type: "peerGone", peer });
  }

  tick(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    for (const [threadId, fetching] of this.#threads) {
      const { thread, sync, tailGoneMs } = fetching;
      if (sync.phase.type === "idle" && thread.lacksImports())
        this.#dispatch(threadId, { type: "wanted", voted: thread.lastVoted() });
      this.#dispatch(threadId, { type: "tick" });
      if (fetching.tail === null) continue;
      if (tailGoneMs !== null && nowMs - tailGoneMs >= TAIL_PATIENCE_MS && this.#isAtRest()) this.#giveUpTail(fetching);
      else if (nowMs - fetching.tailAskedMs >= RETRY_MS) this.#askTail(fetching, null);
    }
  }

  /** Nothing is on its way but tails. */
  #isAtRest(): boolean {
    return [...this.#threads.values()].every(
      ({ sync: { phase } }) => phase.type === "idle" || phase.type === "verified",
    );
  }

  /** What cannot be had holds up no other thread. A thread that needs it says so when it comes to that, and is helped then. */
  #giveUpTail(fetching: Fetching): void {
    const { threadId, height: at } = fetching.tail!.manifest;
    this.#deps.logger.log("warn", "snapshot.tailGone", { thread: threadIndexOf(threadId), height: at.toString() });
    Object.assign(fetching, noTail());
    this.#finishIfComplete();
  }

  #dispatch(threadId: ThreadId, input: Input): void {
    const fetching = this.#threads.get(threadId);
    if (fetching === undefined || this.#isFinished) return;
    const event = { ...input, atMs: this.#deps.clock.monotonicMs() } as SnapshotSyncEvent;
    const result = stepSnapshotSync(fetching.sync, event);
    fetching.sync = result.state;
    for (const effect of result.effects) this.#perform(threadId, effect);
  }

  #perform(threadId: ThreadId, effect: SnapshotSyncEffect): void {
    const { snapshots, signatures, transport, logger } = this.#deps;
    const thread = threadIndexOf(threadId);
    switch (effect.type) {
      case "askSnapshots":
        return transport.broadcast(encodeWireMessage({ type: "snapshotRequest", threadId, finalAt: effect.finalAt }));
      case "checkProof": {
        const { content } = effect;
        return this.#follow(signatures.checkProof(effect.proof), (valid) =>
          this.#dispatch(threadId, { type: "proofChecked", content, valid }),
        );
      }
      case "begin": {
        const { manifest } = effect;
        const chunks = manifest.chunkHashes.length;
        logger.log("info", "snapshot.begun", { thread, height: manifest.height.toString(), chunks });
        return this.#follow(snapshots.put({ manifest, stage: "incoming", votedFinal: false }), () => undefined);
      }
      case "askChunk": {
        const { to, height: at, index } = effect;
        const frame = encodeWireMessage({ type: "snapshotChunkRequest", threadId, height: at, index });
        return void transport.send(to, frame, { priority: "bulk" });
      }
      case "storeChunk": {
        const { height: at, index, chunk } = effect;
        return this.#follow(snapshots.putChunk(threadId, at, index, chunk), () =>
          this.#dispatch(threadId, { type: "chunkStored", height: at, index }),
        );
      }
      case "checkRoot": {
        const { manifest } = effect;
        return this.#follow(this.#checkRoot(manifest), (valid) =>
          this.#dispatch(threadId, { type: "rootChecked", height: manifest.height, valid }),
        );
      }
      case "ready":
        logger.log("info", "snapshot.verified", { thread, height: effect.manifest.height.toString() });
        return this.#fetchTails();
      case "discard":
        logger.log("warn", "snapshot.discarded", {
          thread,
          height: effect.manifest.height.toString(),
          reason: effect.reason,
        });
        return this.#follow(snapshots.drop(threadId, effect.manifest.height), () => this.#fetchTails());
      case "penalize":
        return transport.penalize(effect.peer, "ban", `${effect.cause}:${effect.detail}`);
      default:
        return assertNever(effect);
    }
  }

  /** Loads the whole state where blocks are executed: its root must be the one that the proved header shows. */
  async #checkRoot(manifest: SnapshotManifest): Promise<boolean> {
    const { threadId, blockId } = manifest;
    const execution = this.#deps.openExecution(threadId);
    try {
      const { stateRoot } = await execution.load(this.#entriesOf(manifest), blockId);
      if (!equalBytes(stateRoot, manifest.proof.headers[0]!.stateRoot)) return false;
      const sources = [...this.#threads.keys()].filter((id) => id !== threadId);
      const cursors = await execution.cursors({ block: blockId }, sources);
      this.#threads.get(threadId)!.cursors = new Map(sources.map((id, i) => [id, cursors[i]!]));
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "badEntries") return false;
      throw error;
    } finally {
      await execution.close();
    }
  }

  async *#entriesOf({ threadId, height: at, chunkHashes }: SnapshotManifest): AsyncIterable<StateChange> {
    for (let index = 0; index < chunkHashes.length; index++) {
      const chunk = await this.#deps.snapshots.chunk(threadId, at, index);
      if (chunk !== null) yield* unwrap(decodeSnapshotChunk(chunk));
    }
  }

  /**
   * When nothing else is under way: the blocks below each snapshot that other threads have not imported yet. Where those
   * go on depends on their own snapshots, so each new one begins this anew.
   */
  #fetchTails(): void {
    if (this.#isAtRest()) this.#follow(this.#openTails([...this.#threads.values()]), () => undefined);
  }

  async #openTails(all: readonly Fetching[]): Promise<void> {
    const ids = [...this.#threads.keys()];
    for (const { thread, sync } of all) {
      if (sync.phase.type === "verified") continue;
      const cursors = await thread.importCursors(ids);
      this.#threads.get(thread.rules.threadId)!.cursors = new Map(ids.map((id, i) => [id, cursors[i]!]));
    }
    for (const fetching of all) {
      const { sync, thread } = fetching;
      if (sync.phase.type !== "verified") continue;
      const { manifest } = sync.phase;
      const lowest = all
        .filter((other) => other.thread !== thread)
        .map(({ cursors }) => cursors.get(thread.rules.threadId)?.height ?? manifest.height)
        .reduce((low, at) => (at < low ? at : low), manifest.height);
      Object.assign(fetching, noTail());
      fetching.tail = new TailDownload(manifest, height(lowest < 1n ? 1n : lowest));
      this.#askTail(fetching, null);
    }
  }

  /** @param peer who served before; else the next one of those who showed the snapshot */
  #askTail(fetching: Fetching, peer: KeeperId | null): void {
    const { tail } = fetching;
    if (tail === null) return;
    fetching.tailAskedMs = this.#deps.clock.monotonicMs();
    const connected = this.#deps.transport.peers().filter(({ state }) => state === "connected");
    const to = peer ?? connected[Math.floor(fetching.tailAskedMs / RETRY_MS) % Math.max(1, connected.length)]?.id;
    if (to === undefined) return;
    fetching.tailFrom = to;
    const { threadId, blockId } = tail.manifest;
    const frame = encodeWireMessage({ type: "blockRequest", threadId, fromHeight: tail.next, tipId: blockId });
    this.#deps.transport.send(to, frame, { priority: "bulk" });
  }

  #finishIfComplete(): void {
    const all = [...this.#threads.values()];
    if (this.#isFinished || !this.#isAtRest() || all.some(({ tail }) => tail !== null)) return;
    this.#isFinished = true;
    this.#follow(this.#markVerified(all), () => this.#deps.restart());
  }

  async #markVerified(all: readonly Fetching[]): Promise<void> {
    for (const { sync } of all) {
      if (sync.phase.type !== "verified") continue;
      const { manifest, votedFinal } = sync.phase;
      await this.#deps.snapshots.put({ manifest, stage: "verified", votedFinal });
    }
  }

  #follow<T>(outcome: Promise<T>, then: (value: T) => void): void {
    outcome.then(then).catch((error: unknown) => this.#deps.fail(error));
  }
}
