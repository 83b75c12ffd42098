import type { BlockRef, EventLog, MessageRecord, NodeEvent, SubmitOutcome } from "@sealwright/api";
import { type Executor, EXPIRY_AHEAD_MS_MAX, type MessageFacts, type Rejection } from "@sealwright/execution";
import type { QueuedMessage } from "@sealwright/producer";
import type { CustodyRecord, MessageStatusRecord, Repository } from "@sealwright/store";
import {
  assert,
  type BlockId,
  type Clock,
  detached,
  type KeeperId,
  type MessageHash,
  type SealedBlock,
  type Term,
  type ThreadId,
  type ThreadsTable,
  type UnixMs,
} from "@sealwright/types";
import { admitMessages } from "./admitMessages.js";
import { CUSTODY_LIMITS, type CustodyLimits } from "./custodyRoom.js";
import { type LiveMessage, LiveMessages, offerSoon } from "./liveMessages.js";
import { messageInBlock } from "./messageInBlock.js";
import { MessageIntake } from "./messageIntake.js";
import { MessageOffers } from "./messageOffers.js";
import { MessageRecords } from "./messageRecords.js";
import type { MessageRoute } from "./messageRoute.js";
import { MessageTelling } from "./messageTelling.js";
import type { OpenBlock } from "./openBlock.js";
import { OpenBlocks } from "./openBlocks.js";

export interface MessageDeskDependencies {
  readonly executor: Executor;
  readonly threadsTable: ThreadsTable;
  readonly routes: ReadonlyMap<ThreadId, MessageRoute>;
  readonly repository: Repository;
  readonly events: EventLog<NodeEvent>;
  readonly clock: Clock;
  /** `CUSTODY_LIMITS` unless told. */
  readonly custodyLimits?: CustodyLimits;
}

/** From where on this node followed a thread: all final blocks whose time is later were here. */
export interface FollowedFrom {
  readonly fromMs: UnixMs;
  /** Of the last final block. */
  readonly finalMs: UnixMs;
}

/**
 * External messages of one node: takes them from clients (durable before it says so), gets them to their producers, and
 * follows each through the blocks to its last word.
 */
export class MessageDesk {
  readonly #deps: MessageDeskDependencies;
  readonly #live: LiveMessages;
  readonly #open = new OpenBlocks();
  readonly #records: MessageRecords;
  readonly #telling: MessageTelling;
  readonly #intake: MessageIntake;
  readonly #offers: MessageOffers;

  constructor(dependencies: MessageDeskDependencies) {
    this.#deps = dependencies;
    this.#live = new LiveMessages(dependencies.custodyLimits ?? CUSTODY_LIMITS, dependencies.clock);
    this.#records = new MessageRecords({ ...dependencies, live: this.#live, open: this.#open });
    this.#telling = new MessageTelling(dependencies);
    const parts = { ...dependencies, live: this.#live, records: this.#records, telling: this.#telling };
    this.#intake = new MessageIntake(parts);
    this.#offers = new MessageOffers(parts);
  }

  get custodyCount(): number {
    return this.#live.custodyCount;
  }

  /**
   * After a restart: what was taken before goes on being offered. Where this node began with a snapshot, some of it may
   * have had its last word in blocks that were never here: that is let go, and nothing is said of it.
   */
  async resume(followed: (threadId: ThreadId) => Promise<FollowedFrom>): Promise<void> {
    for (const [threadId, route] of this.#deps.routes) {
      const since = await followed(threadId);
      const doubtful: CustodyRecord[] = [];
      const release: CustodyRecord[] = [];
      for await (const record of this.#deps.repository.custody(threadId)) {
        if (record.expiresAtMs - EXPIRY_AHEAD_MS_MAX > since.fromMs) this.#resumeOffering(record);
        else if (record.expiresAtMs < since.finalMs) release.push(record);
        else doubtful.push(record);
      }
      // While its time lasts, the state knows whether a message was executed.
      const verdicts =
        doubtful.length === 0
          ? []
          : await admitMessages(
              route.execution,
              doubtful.map(({ bytes }) => bytes),
              this.#deps.executor,
            );
      for (const [i, record] of doubtful.entries()) {
        const verdict = verdicts[i] ?? null;
        if (verdict !== null && verdict !== "unanswered" && verdict.code === "duplicate") release.push(record);
        else this.#resumeOffering(record);
      }
      if (release.length > 0) await this.#deps.repository.commit({ custody: { release } });
    }
  }

  #resumeOffering(record: CustodyRecord): void {
    const facts = this.#deps.executor.inspect(record.bytes);
    assert(facts.ok, "what was taken into custody can be read");
    this.#live.take(record, facts.value.account, 0);
  }

  /** One outcome per message, in order; what is accepted is durable here. */
  submit(messages: readonly Uint8Array[]): Promise<readonly SubmitOutcome[]> {
    return this.#intake.submit(messages);
  }

  /** Clients' messages that another keeper took. */
  takeForwarded(messages: readonly Uint8Array[], from: KeeperId): void {
    this.#offers.takeForwarded(messages, from);
  }

  message(hash: MessageHash): Promise<MessageRecord | null> {
    return this.#records.find(hash);
  }

  /** Another keeper produces the thread from now on: all that waits here goes to it. */
  noteProducerChanged(threadId: ThreadId): void {
    this.#offers.noteProducerChanged(threadId);
  }

  /** Messages that waited in the queue when this node stopped producing, in order. */
  handBack(threadId: ThreadId, messages: readonly QueuedMessage[]): void {
    this.#offers.handBack(threadId, messages);
  }

  /** Offers what no block took yet again, and ends what a final block's time has passed. */
  tick(finalTimeOf: (threadId: ThreadId) => UnixMs): Promise<void> {
    return this.#offers.tick(finalTimeOf);
  }

  /** Hashes of a block's external messages. */
  hashesOf(block: SealedBlock): readonly MessageHash[] {
    return this.#open.of(block).hashes;
  }

  /**
   * A quorum vouches for the block or one above it, so that at least one honest keeper holds its body (included), or a
   * processed block carries that quorum (prefinal).
   */
  noteProgress(block: SealedBlock, ref: BlockRef, status: "included" | "prefinal"): void {
    const open = this.#open.of(block);
    if (open.hashes.length === 0 || open.status === status || open.status === "prefinal") return;
    open.status = status;
    for (const [i, hash] of open.hashes.entries()) {
      const live = this.#live.get(hash);
      if (live === undefined) continue;
      if (live.state.status === "queued" || (status === "prefinal" && live.state.status === "included")) {
        live.state = { status, block: ref, result: open.resultAt(i) };
      }
    }
    this.#telling.tell(block.header.threadId, open.hashes, { status, block: ref });
  }

  /** The last words that go to disk together with a final block. */
  finalRecords(block: SealedBlock): { readonly hash: MessageHash; readonly status: MessageStatusRecord }[] {
    const { threadId, height, timeMs: atMs } = block.header;
    const open = this.#open.of(block);
    let last: MessageStatusRecord | null = null;
    return open.hashes.map((hash, i) => {
      const { code, gasUsed } = open.resultAt(i);
      if (last?.code !== code || last.gasUsed !== gasUsed) {
        const state = code === 0 ? "final" : "rejected";
        last = { state, threadId, height, blockId: block.id, code, gasUsed, atMs };
      }
      return { hash, status: last };
    });
  }

  /** Custody that ends with a final block. */
  releasedBy(block: SealedBlock): { readonly threadId: ThreadId; readonly hash: MessageHash }[] {
    const { threadId } = block.header;
    return this.hashesOf(block)
      .filter((hash) => this.#live.get(hash)?.custody != null)
      .map((hash) => ({ threadId, hash }));
  }

  /** The block is final and durable: its messages have their last word. */
  noteFinal(block: SealedBlock, ref: BlockRef): readonly MessageHash[] {
    const open = this.#open.of(block);
    const { hashes } = open;
    const { threadId } = ref;
    const done: MessageHash[] = [];
    for (const [i, hash] of hashes.entries()) {
      this.#live.settle(hash);
      const { code } = open.resultAt(i);
      if (code === 0) done.push(hash);
      else this.#telling.tell(threadId, [hash], { status: "rejected", block: ref, ...this.#records.describe(code) });
    }
    this.#deps.routes.get(threadId)?.queue.forget(hashes);
    this.#open.delete(block.id);
    this.#telling.tell(threadId, done, { status: "final", block: ref });
    return hashes;
  }

  /** A block fell off the chain: its messages wait again. */
  noteDropped(blockId: BlockId): void {
    const open = this.#open.get(blockId);
    if (open === undefined) return;
    this.#open.delete(blockId);
    const { threadId, term } = open.ref;
    const back: MessageHash[] = [];
    for (const [i, hash] of open.hashes.entries()) {
      const live = this.#live.get(hash) ?? (open.status === null ? undefined : this.#follow(open, i));
      if (live === undefined || !("block" in live.state) || live.state.block.blockId !== blockId) continue;
      waitAgain(live, term);
      back.push(hash);
    }
    this.#telling.tell(threadId, back, { status: "queued", abandonedInTerm: null });
  }

  /**
   * A later term left aside a block that this node or a quorum attested: its messages wait again, and this node offers
   * them to the new producer whoever took them (M2). Resolves when they would be offered after a restart too.
   */
  async noteAbandoned(block: SealedBlock, inTerm: Term): Promise<void> {
    const open = this.#open.of(block);
    const { threadId } = block.header;
    const back: MessageHash[] = [];
    const put: CustodyRecord[] = [];
    for (const [i, hash] of open.hashes.entries()) {
      if (this.#live.get(hash)?.custody == null) put.push(...this.#takeCustody(open, i));
      const live = this.#live.get(hash);
      if (live === undefined) continue;
      const isElsewhere = "block" in live.state && live.state.block.blockId !== block.id;
      if (isElsewhere) continue;
      waitAgain(live, inTerm);
      back.push(hash);
    }
    this.#open.delete(block.id);
    this.#telling.tell(threadId, back, { status: "queued", abandonedInTerm: inTerm });
    // Nothing is awaited before this: a block that settles one of them releases it in a later commit.
    if (put.length > 0) await this.#deps.repository.commit({ custody: { put } });
  }

  /** The builder here does not take a message: its client is told why, while another producer may still take it. */
  notePutAside(hash: MessageHash, { code, text }: Rejection): void {
    const live = this.#live.get(hash);
    if (live?.state.status !== "queued" || code === "duplicate" || live.state.refusal?.code === code) return;
    live.state = { ...live.state, refusal: { code, reason: text } };
    this.#telling.tell(live.threadId, [hash], live.state);
  }

  /** Somebody else's message, whose block was left aside: followed by itself from now on, if it is what the block says. */
  #follow(open: OpenBlock, index: number): LiveMessage | undefined {
    const facts = this.#messageIn(open, index);
    return facts === null ? undefined : this.#live.follow(facts, open, index);
  }

  /** @returns the record to keep; none of bytes that no block may hold, and none when there is no room */
  #takeCustody(open: OpenBlock, index: number): CustodyRecord[] {
    const facts = this.#messageIn(open, index);
    const given = open.block.body.externals[index];
    if (facts === null || given === undefined) return [];
    const record = this.#live.adopt(facts, open, index, detached(given));
    return record === null ? [] : [record];
  }

  #messageIn(open: OpenBlock, index: number): MessageFacts | null {
    return messageInBlock(open, index, this.#deps);
  }
}

/** Its block fell: it is offered with the next tick. */
function waitAgain(live: LiveMessage, abandonedInTerm: Term): void {
  live.state = { status: "queued", abandonedInTerm };
  offerSoon(live);
}
