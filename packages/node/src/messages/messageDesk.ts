import {
  type BlockRef,
  type EventLog,
  type MessageRecord,
  type MessageState,
  type NodeEvent,
  type ProducerHint,
  type SubmitOutcome,
} from "@sealwright/api";
import {
  ExecutionError,
  type Executor,
  EXPIRY_AHEAD_MS_MAX,
  type MessageFacts,
  type Rejection,
  type ThreadExecution,
} from "@sealwright/execution";
import type { MessageQueue, QueuedMessage } from "@sealwright/producer";
import type { CustodyRecord, MessageStatusRecord, Repository } from "@sealwright/store";
import {
  type AccountId,
  assert,
  type BlockId,
  type Clock,
  detached,
  type KeeperId,
  type MessageHash,
  messageHashFromBytes,
  type SealedBlock,
  type Term,
  sha256,
  type ThreadId,
  threadOf,
  type ThreadsTable,
  type UnixMs,
} from "@sealwright/types";
import type { CensorshipWatch } from "./censorshipWatch.js";
import { CUSTODY_LIMITS, type CustodyLimits, CustodyRoom } from "./custodyRoom.js";
import { OpenBlock } from "./openBlock.js";
import { refusedBy } from "./refusal.js";

/** Where messages of a thread go: its queue when it is this node's turn to produce it, else its producer. */
export interface MessageRoute {
  readonly execution: ThreadExecution;
  readonly queue: MessageQueue;
  /** What waited for long, while somebody else produces. */
  readonly censorship: CensorshipWatch;
  /** A block that is known here and not final yet holds the message, certified or not. */
  isInOpenBlock(hash: MessageHash): boolean;
  /** This node seals the thread's blocks now. */
  isProducing(): boolean;
  /** The thread's term is this node's, whether or not it has begun to seal. */
  isTurn(): boolean;
  producer(): ProducerHint;
  /** New work lies in the queue. */
  wake(): void;
  /** To the producer; with `all` to every keeper, because the producer did not take them for a while. */
  forward(messages: readonly Uint8Array[], options: { readonly all: boolean }): void;
  /** The current producer leaves out a message that it had for long (S1). */
  suspectCensorship(): void;
}

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

/** A client's message that there was room for, and its place in the request. */
interface TakenIn extends CustodyRecord, QueuedMessage {
  readonly index: number;
}

interface Custody {
  readonly account: AccountId;
  readonly bytes: Uint8Array;
  readonly takenAtMs: number;
  readonly room: CustodyRoom;
}

/** A message that is not settled yet, as this node sees it. */
interface LiveMessage {
  readonly hash: MessageHash;
  readonly threadId: ThreadId;
  readonly expiresAtMs: UnixMs;
  /** Kept by who took it from a client or promised it with a block, until it is settled (protocol M2). */
  custody: Custody | null;
  state: MessageState;
  offeredAtMs: number;
}

/** A message that no block took is offered again after this long, and to everybody after `OFFER_ALL_MS`. */
const OFFER_AGAIN_MS = 1_000;
const OFFER_ALL_MS = 5_000;
const OFFER_BATCH_MAX = 1_000;
/** Signatures that this thread checks for one request, while its worker is being replaced. */
const CHECKED_HERE_MAX = 64;
const RETRY_AFTER_MS = 500;
/** Who forwards a message may have a clock that is so far ahead. */
const CLOCK_SLACK_MS = 5_000;

/**
 * External messages of one node: takes them from clients (durable before it says so), gets them to their producers, and
 * follows each to its last word.
 */
export class MessageDesk {
  readonly #deps: MessageDeskDependencies;
  /** Those that were not offered for the longest time come first. */
  readonly #live = new Map<MessageHash, LiveMessage>();
  /** Blocks that are not final yet: what other nodes took is followed by its block alone. */
  readonly #open = new Map<BlockId, OpenBlock>();
  /** For clients' messages. */
  readonly #room: CustodyRoom;
  /** As much again for messages of blocks that were left aside: neither takes the other's place. */
  readonly #blockRoom: CustodyRoom;
  /** A look at what producers left out is under way. */
  #isLooking = false;

  constructor(dependencies: MessageDeskDependencies) {
    this.#deps = dependencies;
    const limits = dependencies.custodyLimits ?? CUSTODY_LIMITS;
    this.#room = new CustodyRoom(limits);
    this.#blockRoom = new CustodyRoom({ ...limits, messagesPerAccountMax: limits.messagesMax });
  }

  get custodyCount(): number {
    return this.#room.count + this.#blockRoom.count;
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
          : await this.#admit(
              route,
              doubtful.map(({ bytes }) => bytes),
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
    this.#addLive(record, facts.value.account, 0);
  }

  /** One outcome per message, in order; what is accepted is durable here. */
  async submit(messages: readonly Uint8Array[]): Promise<readonly SubmitOutcome[]> {
    const outcomes: (SubmitOutcome | null)[] = messages.map(() => null);
    const fresh: { readonly index: number; readonly facts: MessageFacts; readonly threadId: ThreadId }[] = [];
    const inBatch = new Map<MessageHash, number>();
    for (const [index, bytes] of messages.entries()) {
      const facts = this.#deps.executor.inspect(bytes);
      if (!facts.ok) {
        outcomes[index] = refused(messageHashFromBytes(sha256(bytes)), facts.error);
        continue;
      }
      const known = await this.#knownRecord(facts.value.hash);
      if (known !== null)
        outcomes[index] = { type: "accepted", record: known, producer: this.#producerOf(known.threadId) };
      else if (!inBatch.has(facts.value.hash)) {
        inBatch.set(facts.value.hash, index);
        fresh.push({ index, facts: facts.value, threadId: threadOf(this.#deps.threadsTable, facts.value.account) });
      }
    }
    await this.#takeFresh(messages, fresh, outcomes);
    // A message that stands twice in a batch has the outcome of its first place.
    return messages.map((bytes, i) => outcomes[i] ?? outcomes[inBatch.get(messageHashFromBytes(sha256(bytes)))!]!);
  }

  /**
   * Another keeper forwarded clients' messages: queued when it is this node's turn to produce their thread. The builder admits what it
   * takes, so nothing waits for a second admission here; the keeper that forwarded them stays their custodian. When
   * somebody else produces, that one did not take them for long: this node hands it some of them itself, and watches.
   */
  takeForwarded(messages: readonly Uint8Array[], from: KeeperId): void {
    const woken = new Set<MessageRoute>();
    const nowMs = this.#deps.clock.nowMs();
    for (const shared of messages) {
      const facts = this.#deps.executor.inspect(shared);
      if (!facts.ok) continue;
      const { hash, account, expiresAtMs } = facts.value;
      // What no block may hold would come back from the builder again and again, in front of all others.
      if (expiresAtMs < nowMs || expiresAtMs > nowMs + EXPIRY_AHEAD_MS_MAX + CLOCK_SLACK_MS) continue;
      const bytes = detached(shared);
      const route = this.#deps.routes.get(threadOf(this.#deps.threadsTable, account));
      if (route === undefined) continue;
      if (!route.isTurn()) route.censorship.add({ hash, bytes, expiresAtMs, from });
      else if (route.queue.add({ hash, account, bytes, expiresAtMs }) === "queued") woken.add(route);
    }
    for (const route of woken) route.wake();
  }

  async message(hash: MessageHash): Promise<MessageRecord | null> {
    return this.#knownRecord(hash);
  }

  /** Hashes of a block's external messages. */
  hashesOf(block: SealedBlock): readonly MessageHash[] {
    return this.#openBlockOf(block).hashes;
  }

  /** A quorum holds the block's body (included), or a processed block carries that quorum (prefinal). */
  noteProgress(block: SealedBlock, ref: BlockRef, status: "included" | "prefinal"): void {
    const open = this.#openBlockOf(block);
    if (open.hashes.length === 0 || open.status === status || open.status === "prefinal") return;
    open.status = status;
    for (const [i, hash] of open.hashes.entries()) {
      const live = this.#live.get(hash);
      if (live === undefined) continue;
      if (live.state.status === "queued" || (status === "prefinal" && live.state.status === "included")) {
        live.state = { status, block: ref, result: open.resultAt(i) };
      }
    }
    this.#tell(block.header.threadId, open.hashes, { status, block: ref });
  }

  /** The last words that go to disk together with a final block. */
  finalRecords(block: SealedBlock): { readonly hash: MessageHash; readonly status: MessageStatusRecord }[] {
    const { threadId, height, timeMs: atMs } = block.header;
    const open = this.#openBlockOf(block);
    return open.hashes.map((hash, i) => {
      const { code, gasUsed } = open.resultAt(i);
      const state = code === 0 ? "final" : "rejected";
      return { hash, status: { state, threadId, height, blockId: block.id, code, gasUsed, atMs } };
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
    const open = this.#openBlockOf(block);
    const { hashes } = open;
    const route = this.#deps.routes.get(block.header.threadId);
    const done: MessageHash[] = [];
    for (const [i, hash] of hashes.entries()) {
      this.#dropLive(hash);
      const { code } = open.resultAt(i);
      if (code === 0) done.push(hash);
      else this.#tell(block.header.threadId, [hash], { status: "rejected", block: ref, ...this.#describe(code) });
    }
    route?.queue.forget(hashes);
    this.#open.delete(block.id);
    if (done.length > 0) this.#tell(block.header.threadId, done, { status: "final", block: ref });
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
      live.state = { status: "queued", abandonedInTerm: term };
      live.offeredAtMs = 0;
      back.push(hash);
    }
    if (back.length > 0) this.#tell(threadId, back, { status: "queued", abandonedInTerm: null });
  }

  /**
   * A later term left aside a block that this node or a quorum attested: its messages wait again, and this node offers
   * them to the new producer whoever took them (M2). Resolves when they would be offered after a restart too.
   */
  async noteAbandoned(block: SealedBlock, inTerm: Term): Promise<void> {
    const open = this.#openBlockOf(block);
    const { threadId } = block.header;
    const back: MessageHash[] = [];
    const put: CustodyRecord[] = [];
    for (const [i, hash] of open.hashes.entries()) {
      if (this.#live.get(hash)?.custody == null) put.push(...this.#takeCustody(open, i));
      const live = this.#live.get(hash);
      if (live === undefined) continue;
      const isElsewhere = "block" in live.state && live.state.block.blockId !== block.id;
      if (isElsewhere) continue;
      live.state = { status: "queued", abandonedInTerm: inTerm };
      live.offeredAtMs = 0;
      back.push(hash);
    }
    this.#open.delete(block.id);
    if (back.length > 0) this.#tell(threadId, back, { status: "queued", abandonedInTerm: inTerm });
    // Nothing is awaited before this: a block that settles one of them releases it in a later commit.
    if (put.length > 0) await this.#deps.repository.commit({ custody: { put } });
  }

  /** The builder here does not take a message: its client is told why, while another producer may still take it. */
  notePutAside(hash: MessageHash, { code, text }: Rejection): void {
    const live = this.#live.get(hash);
    if (live?.state.status !== "queued" || code === "duplicate" || live.state.refusal?.code === code) return;
    live.state = { ...live.state, refusal: { code, reason: text } };
    this.#tell(live.threadId, [hash], live.state);
  }

  /**
   * Another keeper produces the thread from now on. What lies in the queue here goes to it at once, in order, whoever took
   * it; what this node keeps is offered to it again besides.
   */
  noteProducerChanged(threadId: ThreadId): void {
    for (const live of this.#live.values()) if (live.threadId === threadId) live.offeredAtMs = 0;
    const route = this.#deps.routes.get(threadId);
    if (route !== undefined && !route.isTurn()) this.handBack(threadId, route.queue.takeWaiting());
  }

  /**
   * Messages that waited in the queue when this node stopped producing, in order: they go to the producer of the thread's
   * term. While that is this node itself they wait in the queue, for its next start or for the next term.
   */
  handBack(threadId: ThreadId, messages: readonly QueuedMessage[]): void {
    const route = this.#deps.routes.get(threadId);
    if (route !== undefined && messages.length > 0) this.#send(route, messages, false);
  }

  /** Offers what no block took yet again, and ends what a final block's time has passed. */
  async tick(finalTimeOf: (threadId: ThreadId) => UnixMs): Promise<void> {
    const nowMs = this.#deps.clock.monotonicMs();
    const expired: LiveMessage[] = [];
    const offers = new Map<ThreadId, LiveMessage[]>();
    for (const live of this.#live.values()) {
      if (live.state.status !== "queued") continue;
      if (live.expiresAtMs < finalTimeOf(live.threadId)) {
        expired.push(live);
        continue;
      }
      if (live.custody === null || nowMs - live.offeredAtMs < OFFER_AGAIN_MS) continue;
      const list = offers.get(live.threadId) ?? [];
      list.push(live);
      offers.set(live.threadId, list);
    }
    for (const route of this.#deps.routes.values()) route.queue.dropExpired(this.#deps.clock.nowMs());
    for (const [threadId, list] of offers) this.#offerAgain(threadId, longestUnoffered(list), nowMs);
    await this.#expire(expired);
    await this.#watchProducers();
  }

  async #watchProducers(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    for (const route of this.#deps.routes.values()) await this.#watchProducer(route);
    this.#isLooking = false;
  }

  /** Hands what waited for long to the producer, and suspects it of censorship when that went on for too long. */
  async #watchProducer(route: MessageRoute): Promise<void> {
    const { censorship } = route;
    const { clock } = this.#deps;
    if (route.isProducing()) return censorship.clear();
    censorship.dropExpired(clock.nowMs());
    const { messages } = censorship;
    if (messages.length === 0) return;
    const verdicts = await this.#admit(
      route,
      messages.map(({ bytes }) => bytes),
    );
    const looked = messages.map((message, i) => ({
      ...message,
      isAdmissible: verdicts[i] === null && !route.isInOpenBlock(message.hash),
    }));
    const { handOver, isCensored } = censorship.look(looked, clock.monotonicMs());
    if (route.isProducing()) return;
    if (handOver.length > 0) route.forward(handOver, { all: false });
    if (isCensored) route.suspectCensorship();
  }

  async #takeFresh(
    messages: readonly Uint8Array[],
    fresh: readonly { readonly index: number; readonly facts: MessageFacts; readonly threadId: ThreadId }[],
    outcomes: (SubmitOutcome | null)[],
  ): Promise<void> {
    const byThread = new Map<ThreadId, (typeof fresh)[number][]>();
    for (const entry of fresh) byThread.set(entry.threadId, [...(byThread.get(entry.threadId) ?? []), entry]);
    await Promise.all(
      [...byThread].map(async ([threadId, entries]) => {
        const route = this.#deps.routes.get(threadId)!;
        const verdicts = await this.#admit(
          route,
          entries.map(({ index }) => messages[index]!),
        );
        const good: (typeof fresh)[number][] = [];
        for (const [i, entry] of entries.entries()) {
          const outcome = await this.#turnAway(route, entry.facts.hash, verdicts[i] ?? null);
          if (outcome === null) good.push(entry);
          else outcomes[entry.index] = outcome;
        }
        const kept = this.#takeIn(threadId, messages, good, outcomes);
        await this.#keep(route, kept);
        for (const { hash, index } of kept) {
          const record = this.#recordOf(this.#live.get(hash)) ?? { hash, threadId, state: QUEUED };
          outcomes[index] = { type: "accepted", record, producer: route.producer() };
        }
      }),
    );
  }

  /**
   * An execution that is being replaced answers nothing: what its bytes alone allow is let in then, and the builder asks
   * the state later. Signatures are checked in this thread, so only of a few.
   */
  async #admit(route: MessageRoute, messages: readonly Uint8Array[]): Promise<readonly Verdict[]> {
    try {
      return await route.execution.admit(messages);
    } catch (error) {
      if (!(error instanceof ExecutionError)) throw error;
      if (!error.retryable) return messages.map(() => "unanswered");
      const checked = this.#deps.executor.admit(messages.slice(0, CHECKED_HERE_MAX));
      return messages.map((_, i) => {
        const admitted = checked[i];
        if (admitted === undefined) return "unanswered";
        return admitted.ok ? null : admitted.error;
      });
    }
  }

  /**
   * Why a message is not taken in; null when it is. The state refuses also what it has executed already: what has a
   * status gets that again, and what stands in a block that nobody certified yet waits here like any other (M3).
   */
  async #turnAway(route: MessageRoute, hash: MessageHash, verdict: Verdict): Promise<SubmitOutcome | null> {
    if (verdict === null) return null;
    if (verdict === "unanswered") return unanswered(hash);
    const known = await this.#knownRecord(hash);
    if (known !== null) return { type: "accepted", record: known, producer: this.#producerOf(known.threadId) };
    const isOnItsWay = verdict.code === "duplicate" && (route.queue.has(hash) || route.isInOpenBlock(hash));
    return isOnItsWay ? null : refused(hash, verdict);
  }

  /** Lets in what there is room for, in order; the rest is told to come again. */
  #takeIn(
    threadId: ThreadId,
    messages: readonly Uint8Array[],
    entries: readonly { readonly index: number; readonly facts: MessageFacts }[],
    outcomes: (SubmitOutcome | null)[],
  ): TakenIn[] {
    const nowMs = this.#deps.clock.monotonicMs();
    const kept: TakenIn[] = [];
    for (const { index, facts } of entries) {
      const { hash, account, expiresAtMs } = facts;
      const lack = this.#room.lackFor(account, messages[index]!);
      if (lack !== null) {
        outcomes[index] = turnedAway(hash, lack);
        continue;
      }
      const record = { hash, threadId, bytes: ownBytes(messages[index]!), expiresAtMs };
      this.#addLive(record, account, nowMs);
      kept.push({ ...record, account, index });
    }
    return kept;
  }

  /** On its way to the producer while it becomes durable here; told to the client when it is. */
  async #keep(route: MessageRoute, kept: readonly TakenIn[]): Promise<void> {
    const [first] = kept;
    if (first === undefined) return;
    this.#send(route, kept, false);
    const put = kept.map(({ hash, threadId, bytes, expiresAtMs }) => ({ hash, threadId, bytes, expiresAtMs }));
    await this.#deps.repository.commit({ custody: { put } });
    this.#tell(
      first.threadId,
      kept.map(({ hash }) => hash),
      QUEUED,
    );
  }

  #send(route: MessageRoute, messages: readonly QueuedMessage[], all: boolean): void {
    if (!route.isTurn())
      return route.forward(
        messages.map(({ bytes }) => bytes),
        { all },
      );
    for (const { hash, account, bytes, expiresAtMs } of messages)
      route.queue.add({ hash, account, bytes, expiresAtMs });
    route.wake();
  }

  #offerAgain(threadId: ThreadId, list: readonly LiveMessage[], nowMs: number): void {
    const route = this.#deps.routes.get(threadId)!;
    const all = list.some(({ custody }) => custody !== null && nowMs - custody.takenAtMs > OFFER_ALL_MS);
    for (const live of list) {
      const { hash, custody, expiresAtMs } = live;
      live.offeredAtMs = nowMs;
      this.#live.delete(hash);
      this.#live.set(hash, live);
      if (custody !== null && nowMs - custody.takenAtMs > OFFER_ALL_MS && !route.isProducing())
        route.censorship.add({ hash, bytes: custody.bytes, expiresAtMs, from: null });
    }
    this.#send(
      route,
      list.map(({ hash, custody, expiresAtMs }) => ({
        ...{ hash, expiresAtMs },
        account: custody!.account,
        bytes: custody!.bytes,
      })),
      all,
    );
  }

  async #expire(late: readonly LiveMessage[]): Promise<void> {
    const expired: LiveMessage[] = [];
    // A block may have settled it before another one that held it fell: its last word stays what it is.
    const settled: LiveMessage[] = [];
    for (const live of late) {
      const isSettled = (await this.#deps.repository.messageStatus(live.hash)) !== null;
      (isSettled ? settled : expired).push(live);
    }
    await this.#endCustody(expired, settled);
  }

  async #endCustody(expired: readonly LiveMessage[], settled: readonly LiveMessage[]): Promise<void> {
    const all = [...expired, ...settled];
    if (all.length === 0) return;
    const messages = expired.map(({ hash, threadId, expiresAtMs }) => ({
      hash,
      status: { state: "expired" as const, threadId, expiresAtMs, atMs: expiresAtMs },
    }));
    const release = all.filter(({ custody }) => custody !== null).map(({ threadId, hash }) => ({ threadId, hash }));
    await this.#deps.repository.commit({ messages, custody: { release } });
    for (const { hash, threadId } of all) {
      this.#deps.routes.get(threadId)?.queue.forget([hash]);
      this.#dropLive(hash);
    }
    for (const { hash, threadId, expiresAtMs } of expired)
      this.#tell(threadId, [hash], { status: "expired", expiresAtMs });
  }

  #addLive(record: CustodyRecord, account: AccountId, takenAtMs: number): void {
    if (this.#live.has(record.hash)) return;
    const { hash, threadId, bytes, expiresAtMs } = record;
    this.#live.set(hash, {
      hash,
      threadId,
      expiresAtMs,
      custody: { account, bytes, takenAtMs, room: this.#room },
      state: QUEUED,
      offeredAtMs: takenAtMs,
    });
    this.#room.add(account, bytes);
  }

  /** Somebody else's message, whose block was left aside: followed by itself from now on, if it is what the block says. */
  #follow(open: OpenBlock, index: number): LiveMessage | undefined {
    const facts = this.#messageIn(open, index);
    return facts === null ? undefined : this.#addFollowed(facts, open, index);
  }

  #addFollowed({ hash, expiresAtMs }: MessageFacts, open: OpenBlock, index: number): LiveMessage {
    const { threadId } = open.ref;
    const state = open.stateAt(index) ?? QUEUED;
    const live: LiveMessage = { hash, threadId, expiresAtMs, custody: null, state, offeredAtMs: 0 };
    this.#live.set(hash, live);
    return live;
  }

  /** @returns the record to keep; none of bytes that no block may hold, and none when there is no room */
  #takeCustody(open: OpenBlock, index: number): CustodyRecord[] {
    const facts = this.#messageIn(open, index);
    const given = open.block.body.externals[index];
    if (facts === null || given === undefined) return [];
    const { hash, account, expiresAtMs } = facts;
    const room = this.#blockRoom;
    if (room.lackFor(account, given) !== null) return [];
    const live = this.#live.get(hash) ?? this.#addFollowed(facts, open, index);
    const bytes = ownBytes(given);
    live.custody = { account, bytes, takenAtMs: this.#deps.clock.monotonicMs(), room };
    room.add(account, bytes);
    return [{ hash, threadId: live.threadId, bytes, expiresAtMs }];
  }

  /**
   * An external message of a block, by its bytes; null when they are not the message that the receipt names, or one that
   * the block may not hold (M1). A keeper that did not execute the block has the word of others for it.
   */
  #messageIn({ block, hashes }: OpenBlock, index: number): MessageFacts | null {
    const { threadId, timeMs } = block.header;
    const given = block.body.externals[index];
    const facts = given === undefined ? null : this.#deps.executor.inspect(given);
    if (facts === null || !facts.ok) return null;
    const { hash, account, expiresAtMs } = facts.value;
    const isTimely = expiresAtMs >= timeMs && expiresAtMs <= timeMs + EXPIRY_AHEAD_MS_MAX;
    const isHere = threadOf(this.#deps.threadsTable, account) === threadId;
    return hash === hashes[index] && isTimely && isHere ? facts.value : null;
  }

  #openBlockOf(block: SealedBlock): OpenBlock {
    const known = this.#open.get(block.id);
    if (known !== undefined) return known;
    const open = new OpenBlock(block);
    this.#open.set(block.id, open);
    return open;
  }

  #dropLive(hash: MessageHash): void {
    const custody = this.#live.get(hash)?.custody ?? null;
    if (custody !== null) custody.room.remove(custody.account, custody.bytes);
    this.#live.delete(hash);
  }

  async #knownRecord(hash: MessageHash): Promise<MessageRecord | null> {
    const live = this.#recordOf(this.#live.get(hash)) ?? this.#openRecord(hash);
    if (live !== null) return live;
    const stored = await this.#deps.repository.messageStatus(hash);
    return stored === null ? null : this.#storedRecord(hash, stored);
  }

  #recordOf(live: LiveMessage | undefined): MessageRecord | null {
    return live === undefined ? null : { hash: live.hash, threadId: live.threadId, state: live.state };
  }

  /** Of a message that another node took and that stands in a block on its way. */
  #openRecord(hash: MessageHash): MessageRecord | null {
    for (const open of this.#open.values()) {
      const state = open.stateOf(hash);
      if (state !== null) return { hash, threadId: open.ref.threadId, state };
    }
    return null;
  }

  async #storedRecord(hash: MessageHash, stored: MessageStatusRecord): Promise<MessageRecord | null> {
    const { threadId, height, blockId, code = 0, gasUsed = 0, expiresAtMs } = stored;
    if (expiresAtMs !== undefined) return { hash, threadId, state: { status: "expired", expiresAtMs } };
    if (height === undefined || blockId === undefined) return null;
    const header = await this.#deps.repository.header(blockId);
    if (header === null) return null;
    const block: BlockRef = { threadId, height, term: header.term, blockId };
    if (code !== 0) return { hash, threadId, state: { status: "rejected", block, ...this.#describe(code) } };
    return { hash, threadId, state: { status: "final", block, result: { code, gasUsed } } };
  }

  #describe(code: number): { readonly code: string; readonly reason: string } {
    const rejection = this.#deps.executor.describeReceipt(code);
    return rejection === null
      ? { code: "unknown", reason: `receipt code ${code}` }
      : { code: rejection.code, reason: rejection.text };
  }

  #producerOf(threadId: ThreadId): ProducerHint | null {
    return this.#deps.routes.get(threadId)?.producer() ?? null;
  }

  #tell(threadId: ThreadId, messages: readonly MessageHash[], state: Parameters<typeof statusEvent>[3]): void {
    this.#deps.events.append(statusEvent(this.#deps.clock.nowMs(), threadId, messages, state));
  }
}

/** What goes with one offer: those first that were not offered for the longest time, each in its turn. */
function longestUnoffered(due: LiveMessage[]): readonly LiveMessage[] {
  if (due.length <= OFFER_BATCH_MAX) return due;
  return due.sort((a, b) => a.offeredAtMs - b.offeredAtMs).slice(0, OFFER_BATCH_MAX);
}

/** What is kept for long: a view would keep the whole request or block that the message came in. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

const QUEUED: MessageState & { readonly status: "queued" } = { status: "queued", abandonedInTerm: null };

/** What admission says of a message; null: nothing against it. */
type Verdict = Rejection | "unanswered" | null;

type Transition = (NodeEvent & { type: "message.status" })["state"];

function statusEvent(atMs: UnixMs, threadId: ThreadId, messages: readonly MessageHash[], state: Transition): NodeEvent {
  return { type: "message.status", atMs, threadId, messages, state };
}

function refused(hash: MessageHash, rejection: Rejection): SubmitOutcome {
  return refusedBy(hash, rejection);
}

function unanswered(hash: MessageHash): SubmitOutcome {
  const reason = "this node cannot check messages at this moment";
  return { type: "refused", hash, code: "unavailable", reason, retryAfterMs: RETRY_AFTER_MS };
}

function turnedAway(hash: MessageHash, code: "queueFull" | "accountQueueFull"): SubmitOutcome {
  const whose = code === "queueFull" ? "" : " of this account";
  const reason = `this node holds as many unsettled messages${whose} as it can`;
  return { type: "refused", hash, code, reason, retryAfterMs: RETRY_AFTER_MS };
}
