import type { ImportRange, InboundMessage } from "@sealwright/execution";
import type { ImportOffer } from "@sealwright/producer";
import type { Repository } from "@sealwright/store";
import {
  detached,
  type FinalityProof,
  height,
  type Height,
  type ImportCursor,
  type OutboundMessage,
  type Ref,
  type SealedBlock,
  type ThreadId,
  threadOf,
  type ThreadsTable,
} from "@sealwright/types";
import { addMessages, ImportLane, type LaneLimits } from "./importLane.js";

/** Messages of one import at most; what is left comes with the next block. */
const IMPORT_MAX = 2_000;
/** A cursor that nothing moves is moved on when this many final blocks brought nothing: older bodies may go then. */
export const IDLE_BLOCKS_MAX = 1_000;
/** Per pair of threads: what a thread imports in several seconds of full load. Beyond that the store is read. */
const LANE_LIMITS: LaneLimits = { messagesMax: 16_384, bytesMax: 8 * 1024 * 1024 };

interface SourceState {
  /** Of the last final block, which `proof` proves. */
  finalHeight: Height;
  proof: FinalityProof | null;
  /** Per importing thread. */
  readonly lanes: Map<ThreadId, ImportLane>;
}

/** What rebuilding a ref's range said. */
export type RangeAnswer =
  | { readonly type: "range"; readonly range: ImportRange }
  /** The source's proved block is not final here yet. */
  | { readonly type: "missing" }
  /** It is final here, and what lies below it is not kept here: this node began with a snapshot above. */
  | { readonly type: "gone" }
  | { readonly type: "bad"; readonly reason: string };

export interface ImportDeskDependencies {
  readonly repository: Pick<Repository, "finalAt" | "block">;
  /** More may be imported by a thread than before. */
  readonly filled?: (to: ThreadId) => void;
  /** The store failed. */
  readonly fail: (error: unknown) => void;
  /** `LANE_LIMITS` unless told. */
  readonly laneLimits?: LaneLimits;
}

/**
 * Final messages between threads of this node: offers them to producers with a proof, and gives verifiers the messages
 * that a ref stands for. Only what is final and durable here is ever handed out. A window of what waits is in memory,
 * however far the importing thread is behind; the rest is read from the final blocks, which are kept for that long.
 */
export class ImportDesk {
  readonly #table: ThreadsTable;
  readonly #deps: ImportDeskDependencies;
  readonly #sources = new Map<ThreadId, SourceState>();
  readonly #filling = new Map<ImportLane, Promise<void>>();
  #isClosed = false;

  constructor(table: ThreadsTable, dependencies: ImportDeskDependencies) {
    this.#table = table;
    this.#deps = dependencies;
  }

  /** Messages in memory, of all threads. */
  get held(): number {
    const lanes = [...this.#sources.values()].flatMap((source) => [...source.lanes.values()]);
    return lanes.reduce((sum, { count }) => sum + count, 0);
  }

  /** Starts a source at its last final block. */
  addSource(threadId: ThreadId, finalHeight: Height, proof: FinalityProof | null): void {
    this.#sources.set(threadId, { finalHeight, proof, lanes: new Map() });
  }

  /** A thread begins to import from a source behind `cursor`; what waits there is read from the store at once. */
  addImporter(sourceId: ThreadId, to: ThreadId, cursor: ImportCursor): void {
    const source = this.#sources.get(sourceId);
    if (source === undefined) return;
    const lane = new ImportLane(this.#deps.laneLimits ?? LANE_LIMITS, firstHeight(cursor));
    source.lanes.set(to, lane);
    this.#fill(sourceId, source, to, lane);
  }

  /** A block of a thread is final and durable, with the proof of it. */
  addFinal(block: SealedBlock, proof: FinalityProof): void {
    const source = this.#sources.get(block.header.threadId);
    const { height: at } = block.header;
    if (source === undefined || at <= source.finalHeight) return;
    let byThread: ReadonlyMap<ThreadId, readonly OutboundMessage[]> | null = null;
    for (const [to, lane] of source.lanes) {
      if (lane.end !== at) continue;
      byThread ??= this.#outboundOf(block);
      lane.push(byThread.get(to) ?? []);
    }
    source.finalHeight = at;
    source.proof = proof;
  }

  /** Where the first final message stands that waits for `to` beyond `cursor`, and that could be offered here. */
  firstImport(sourceId: ThreadId, to: ThreadId, cursor: ImportCursor): ImportCursor | null {
    const lane = this.#sources.get(sourceId)?.lanes.get(to);
    if (lane === undefined || firstHeight(cursor) < lane.from) return null;
    return lane.messages(cursor, null, 1)[0]?.at ?? null;
  }

  /** What waits beyond `cursor` and is at hand; nothing but the way on when there was nothing for long; else null. */
  offer(sourceId: ThreadId, to: ThreadId, cursor: ImportCursor): ImportOffer | null {
    const source = this.#sources.get(sourceId);
    const lane = source?.lanes.get(to);
    if (source === undefined || lane === undefined || source.proof === null) return null;
    if (firstHeight(cursor) < lane.from) return null;
    const messages = lane.messages(cursor, null, IMPORT_MAX);
    const last = messages[messages.length - 1];
    if (last === undefined && lane.end - 1n - cursor.height < IDLE_BLOCKS_MAX) return null;
    const isAll = messages.length < IMPORT_MAX;
    const end: ImportCursor =
      isAll || last === undefined
        ? { height: lane.end, position: 0 }
        : { height: last.at.height, position: last.at.position + 1 };
    return { range: { source: sourceId, from: cursor, to: end, messages }, proof: source.proof };
  }

  /** The messages that a ref stands for. `provedHeight` is that of the block that its proof, checked before, proves. */
  async rangeOf(ref: Ref, to: ThreadId, provedHeight: Height, messagesMax: number): Promise<RangeAnswer> {
    const source = this.#sources.get(ref.threadId);
    if (source === undefined) return { type: "bad", reason: "unknown source thread" };
    if (provedHeight > source.finalHeight) return { type: "missing" };
    const end = ref.to.height - provedHeight;
    if (end > 1n || (end === 1n && ref.to.position > 0))
      return { type: "bad", reason: "the range ends beyond the proved block" };
    const messages = await this.#messagesOf(source, ref, to, messagesMax + 1);
    if (messages === null) return { type: "gone" };
    if (messages.length > messagesMax) return { type: "bad", reason: "more messages than one block may import" };
    return { type: "range", range: { source: ref.threadId, from: ref.from, to: ref.to, messages } };
  }

  /** Forgets what an importing thread has taken for good, and reads on when there is room. */
  forgetBelow(sourceId: ThreadId, to: ThreadId, cursor: ImportCursor): void {
    const source = this.#sources.get(sourceId);
    const lane = source?.lanes.get(to);
    if (source === undefined || lane === undefined) return;
    lane.forgetBelow(cursor);
    this.#fill(sourceId, source, to, lane);
  }

  /** Resolves when nothing is read any more that was asked for so far. */
  async idle(): Promise<void> {
    await Promise.all(this.#filling.values());
  }

  /** Reads nothing any more, for the store is about to be closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.idle();
  }

  /** First what is at hand, then from the store. @returns null when a block is not there */
  async #messagesOf(source: SourceState, ref: Ref, to: ThreadId, max: number): Promise<InboundMessage[] | null> {
    const { from, to: end, threadId } = ref;
    const lane = source.lanes.get(to);
    const isAtHand = lane !== undefined && firstHeight(from) >= lane.from;
    const found = isAtHand ? lane.messages(from, end, max) : [];
    let at = isAtHand && lane.end > from.height ? lane.end : firstHeight(from);
    for (; found.length < max && (at < end.height || (at === end.height && end.position > 0)); at = height(at + 1n)) {
      const byThread = await this.#read(threadId, at);
      if (byThread === null) return null;
      if (!addMessages(found, at, byThread.get(to) ?? [], from, end, max)) break;
    }
    return found;
  }

  /** One reader per lane; a lane that is full, or that holds all there is, is left alone. */
  #fill(sourceId: ThreadId, source: SourceState, to: ThreadId, lane: ImportLane): void {
    if (this.#filling.has(lane) || !lane.isHalfEmpty || lane.end > source.finalHeight) return;
    const filling = this.#readOn(sourceId, source, to, lane)
      .catch((error: unknown) => this.#deps.fail(error))
      .finally(() => this.#filling.delete(lane));
    this.#filling.set(lane, filling);
  }

  async #readOn(sourceId: ThreadId, source: SourceState, to: ThreadId, lane: ImportLane): Promise<void> {
    const before = lane.end;
    while (!this.#isClosed && lane.end <= source.finalHeight) {
      const at = lane.end;
      const byThread = await this.#read(sourceId, at);
      // The other thread may have come further meanwhile, past this one.
      if (lane.end !== at) continue;
      if (byThread === null || !lane.push(byThread.get(to) ?? [])) break;
    }
    if (lane.end > before && !this.#isClosed) this.#deps.filled?.(to);
  }

  async #read(sourceId: ThreadId, at: Height): Promise<ReadonlyMap<ThreadId, readonly OutboundMessage[]> | null> {
    const { repository } = this.#deps;
    const id = await repository.finalAt(sourceId, at);
    const block = id === null ? null : await repository.block(id);
    return block === null ? null : this.#outboundOf(block);
  }

  /** A block's messages by the thread that they are for. What is kept keeps nothing else of the block alive. */
  #outboundOf(block: SealedBlock): ReadonlyMap<ThreadId, readonly OutboundMessage[]> {
    const byThread = new Map<ThreadId, OutboundMessage[]>();
    for (const message of block.body.outbound) {
      const to = threadOf(this.#table, message.destination);
      const list = byThread.get(to) ?? [];
      list.push({ ...message, body: detached(message.body) });
      byThread.set(to, list);
    }
    return byThread;
  }
}

/** Genesis has no messages, nor a body. */
function firstHeight(cursor: ImportCursor): Height {
  return cursor.height === 0n ? height(1) : cursor.height;
}
