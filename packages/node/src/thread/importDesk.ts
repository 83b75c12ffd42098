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

/** Messages of one import at most; what is left comes with the next block. */
const IMPORT_MAX = 2_000;
/** Entries that were taken for good go together, when they are so many. */
const TAKEN_KEPT_MAX = 64;
/** A cursor that nothing moves is moved on when this many final blocks brought nothing: older bodies may go then. */
export const IDLE_BLOCKS_MAX = 1_000;

interface FinalOutbound {
  readonly height: Height;
  readonly messages: readonly OutboundMessage[];
}

interface SourceState {
  /** Of the last final block, which `proof` proves. */
  finalHeight: Height;
  proof: FinalityProof | null;
  /** Per importing thread, ascending: final blocks with messages for it. */
  readonly outbound: Map<ThreadId, FinalOutbound[]>;
  /** Heights from here on are complete in `outbound`. */
  completeFrom: Height;
}

/** What rebuilding a ref's range said. */
export type RangeAnswer =
  | { readonly type: "range"; readonly range: ImportRange }
  /** The source's proved block is not final here yet. */
  | { readonly type: "missing" }
  | { readonly type: "bad"; readonly reason: string };

/**
 * Final messages between threads of this node: offers them to producers with a proof, and gives verifiers the messages
 * that a ref stands for. Only what is final and durable here is ever handed out.
 */
export class ImportDesk {
  readonly #table: ThreadsTable;
  readonly #repository: Repository;
  readonly #sources = new Map<ThreadId, SourceState>();

  constructor(table: ThreadsTable, dependencies: { readonly repository: Repository }) {
    this.#table = table;
    this.#repository = dependencies.repository;
  }

  /** Starts a source at its last final block; what lies below is read from the store when asked for. */
  addSource(threadId: ThreadId, finalHeight: Height, proof: FinalityProof | null): void {
    const completeFrom = height(finalHeight + 1n);
    this.#sources.set(threadId, { finalHeight, proof, outbound: new Map(), completeFrom });
  }

  /** A block of a thread is final and durable, with the proof of it. */
  addFinal(block: SealedBlock, proof: FinalityProof): void {
    const source = this.#sources.get(block.header.threadId);
    if (source === undefined || block.header.height <= source.finalHeight) return;
    this.#collect(source.outbound, block);
    source.finalHeight = block.header.height;
    source.proof = proof;
  }

  /** Loads messages that an importing thread has not taken yet, after a restart. */
  async preload(sourceId: ThreadId, from: Height): Promise<void> {
    const source = this.#sources.get(sourceId);
    if (source === undefined || from >= source.completeFrom) return;
    const first = from === 0n ? height(1) : from;
    const earlier = new Map<ThreadId, FinalOutbound[]>();
    let completeFrom = source.completeFrom;
    // Downwards: where a body is not kept any more, a range that begins below it cannot be rebuilt, nor guessed.
    while (completeFrom > first) {
      const id = await this.#repository.finalAt(sourceId, height(completeFrom - 1n));
      const block = id === null ? null : await this.#repository.block(id);
      if (block === null) break;
      this.#collect(earlier, block);
      completeFrom = height(completeFrom - 1n);
    }
    for (const [to, list] of earlier) source.outbound.set(to, [...list.reverse(), ...(source.outbound.get(to) ?? [])]);
    source.completeFrom = completeFrom;
  }

  /** Where the first final message stands that waits for `to` beyond `cursor`, and that could be offered here. */
  firstImport(sourceId: ThreadId, to: ThreadId, cursor: ImportCursor): ImportCursor | null {
    const source = this.#sources.get(sourceId);
    if (source === undefined || cursor.height < source.completeFrom - 1n) return null;
    return this.#messagesFrom(sourceId, to, cursor, null, 1)[0]?.at ?? null;
  }

  /** Everything that waits beyond `cursor`; nothing but the way on when there was nothing for long; else null. */
  offer(sourceId: ThreadId, to: ThreadId, cursor: ImportCursor): ImportOffer | null {
    const source = this.#sources.get(sourceId);
    if (source?.proof === undefined || source.proof === null || cursor.height < source.completeFrom - 1n) return null;
    const messages = this.#messagesFrom(sourceId, to, cursor, null, IMPORT_MAX);
    const last = messages[messages.length - 1];
    if (last === undefined && source.finalHeight - cursor.height < IDLE_BLOCKS_MAX) return null;
    const isAll = messages.length < IMPORT_MAX;
    const end: ImportCursor =
      isAll || last === undefined
        ? { height: height(source.finalHeight + 1n), position: 0 }
        : { height: last.at.height, position: last.at.position + 1 };
    return { range: { source: sourceId, from: cursor, to: end, messages }, proof: source.proof };
  }

  /** The messages that a ref stands for. `provedHeight` is that of the block that its proof, checked before, proves. */
  rangeOf(ref: Ref, to: ThreadId, provedHeight: Height, messagesMax: number): RangeAnswer {
    const source = this.#sources.get(ref.threadId);
    if (source === undefined) return { type: "bad", reason: "unknown source thread" };
    if (provedHeight > source.finalHeight) return { type: "missing" };
    const end = ref.to.height - provedHeight;
    if (end > 1n || (end === 1n && ref.to.position > 0))
      return { type: "bad", reason: "the range ends beyond the proved block" };
    if (ref.from.height < source.completeFrom - 1n) return { type: "missing" };
    const messages = this.#messagesFrom(ref.threadId, to, ref.from, ref.to, messagesMax + 1);
    if (messages.length > messagesMax) return { type: "bad", reason: "more messages than one block may import" };
    return { type: "range", range: { source: ref.threadId, from: ref.from, to: ref.to, messages } };
  }

  #messagesFrom(
    sourceId: ThreadId,
    to: ThreadId,
    from: ImportCursor,
    end: ImportCursor | null,
    max: number,
  ): InboundMessage[] {
    const list = this.#sources.get(sourceId)?.outbound.get(to) ?? [];
    const found: InboundMessage[] = [];
    for (let i = firstFrom(list, from.height); i < list.length; i++) {
      const entry = list[i]!;
      for (const [position, message] of entry.messages.entries()) {
        const at: ImportCursor = { height: entry.height, position };
        if (isBefore(at, from)) continue;
        if (found.length >= max || (end !== null && !isBefore(at, end))) return found;
        found.push({ at, message });
      }
    }
    return found;
  }

  /** Adds a block's messages to the lists of their threads. What is kept keeps nothing else of the block alive. */
  #collect(lists: Map<ThreadId, FinalOutbound[]>, block: SealedBlock): void {
    const byThread = new Map<ThreadId, OutboundMessage[]>();
    for (const message of block.body.outbound) {
      const to = threadOf(this.#table, message.destination);
      const list = byThread.get(to) ?? [];
      list.push({ ...message, body: detached(message.body) });
      byThread.set(to, list);
    }
    for (const [to, messages] of byThread) {
      const list = lists.get(to) ?? [];
      list.push({ height: block.header.height, messages });
      lists.set(to, list);
    }
  }

  /** Forgets what an importing thread has taken for good. */
  forgetBelow(sourceId: ThreadId, to: ThreadId, cursor: ImportCursor): void {
    const list = this.#sources.get(sourceId)?.outbound.get(to);
    if (list === undefined) return;
    const taken = firstFrom(list, cursor.height);
    if (taken >= TAKEN_KEPT_MAX) list.splice(0, taken);
  }
}

function isBefore(a: ImportCursor, b: ImportCursor): boolean {
  return a.height < b.height || (a.height === b.height && a.position < b.position);
}

/** Index of the first entry at `from` or above; entries ascend. */
function firstFrom(list: readonly FinalOutbound[], from: Height): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]!.height < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
