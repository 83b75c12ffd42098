import { type Executor, EXPIRY_AHEAD_MS_MAX } from "@sealwright/execution";
import type { QueuedMessage } from "@sealwright/producer";
import type { Repository } from "@sealwright/store";
import {
  type Clock,
  detached,
  type KeeperId,
  type ThreadId,
  threadOf,
  type ThreadsTable,
  type UnixMs,
} from "@sealwright/types";
import { admitMessages } from "./admitMessages.js";
import { type Custody, type LiveMessage, type LiveMessages, offerSoon } from "./liveMessages.js";
import { type MessageRoute, sendTo } from "./messageRoute.js";
import type { MessageTelling } from "./messageTelling.js";

export interface MessageOffersDependencies {
  readonly executor: Executor;
  readonly threadsTable: ThreadsTable;
  readonly routes: ReadonlyMap<ThreadId, MessageRoute>;
  readonly repository: Repository;
  readonly clock: Clock;
  readonly live: LiveMessages;
  readonly telling: MessageTelling;
}

/**
 * A message that no block took is offered again after this long, then after twice as long, and so on up to the most: most
 * wait because their producer is busy, and what it has already only costs it time. After `OFFER_ALL_MS` everybody gets it.
 */
const OFFER_AGAIN_MS = 1_000;
const OFFER_AGAIN_MS_MAX = 8_000;
const OFFER_ALL_MS = 5_000;
const OFFER_BATCH_MAX = 1_000;
/** Who forwards a message may have a clock that is so far ahead. */
const CLOCK_SLACK_MS = 5_000;

/** Gets messages that wait to whoever produces their thread, again and again, and ends those whose time is over (M2). */
export class MessageOffers {
  readonly #deps: MessageOffersDependencies;
  /** A look at what producers left out is under way. */
  #isLooking = false;

  constructor(dependencies: MessageOffersDependencies) {
    this.#deps = dependencies;
  }

  /**
   * Another keeper forwarded clients' messages: queued when it is this node's turn to produce their thread. The builder
   * admits what it takes, so nothing waits for a second admission here; the keeper that forwarded them stays their
   * custodian. When somebody else produces, that one did not take them for long: this node hands it some of them itself,
   * and watches.
   */
  takeForwarded(messages: readonly Uint8Array[], from: KeeperId): void {
    const { executor, threadsTable, routes, clock } = this.#deps;
    const woken = new Set<MessageRoute>();
    const nowMs = clock.nowMs();
    for (const shared of messages) {
      const facts = executor.inspect(shared);
      if (!facts.ok) continue;
      const { hash, account, expiresAtMs } = facts.value;
      // What no block may hold would come back from the builder again and again, in front of all others.
      if (expiresAtMs < nowMs || expiresAtMs > nowMs + EXPIRY_AHEAD_MS_MAX + CLOCK_SLACK_MS) continue;
      const bytes = detached(shared);
      const route = routes.get(threadOf(threadsTable, account));
      if (route === undefined) continue;
      if (!route.isTurn()) route.censorship.add({ hash, bytes, expiresAtMs, from });
      else if (route.queue.add({ hash, account, bytes, expiresAtMs }) === "queued") woken.add(route);
    }
    for (const route of woken) route.wake();
  }

  /**
   * Another keeper produces the thread from now on. What lies in the queue here goes to it at once, in order, whoever took
   * it; what this node keeps is offered to it again besides.
   */
  noteProducerChanged(threadId: ThreadId): void {
    for (const live of this.#deps.live.values()) if (live.threadId === threadId) offerSoon(live);
    const route = this.#deps.routes.get(threadId);
    if (route !== undefined && !route.isTurn()) this.handBack(threadId, route.queue.takeWaiting());
  }

  /**
   * Messages that waited in the queue when this node stopped producing, in order: they go to the producer of the thread's
   * term. While that is this node itself they wait in the queue, for its next start or for the next term.
   */
  handBack(threadId: ThreadId, messages: readonly QueuedMessage[]): void {
    const route = this.#deps.routes.get(threadId);
    if (route !== undefined && messages.length > 0) sendTo(route, messages, { all: false });
  }

  /** Offers what no block took yet again, and ends what a final block's time has passed. */
  async tick(finalTimeOf: (threadId: ThreadId) => UnixMs): Promise<void> {
    const { live, routes, clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    const expired: LiveMessage[] = [];
    const offers = new Map<ThreadId, LiveMessage[]>();
    for (const message of live.values()) {
      if (message.state.status !== "queued") continue;
      if (message.expiresAtMs < finalTimeOf(message.threadId)) {
        expired.push(message);
        continue;
      }
      const { custody } = message;
      if (custody === null || !isDue(message, custody, nowMs)) continue;
      const due = offers.get(message.threadId) ?? [];
      due.push(message);
      offers.set(message.threadId, due);
    }
    for (const route of routes.values()) route.queue.dropExpired(clock.nowMs());
    for (const [threadId, due] of offers) this.#offerAgain(threadId, longestUnoffered(due), nowMs);
    await this.#expire(expired);
    await this.#watchProducers();
  }

  #offerAgain(threadId: ThreadId, due: readonly LiveMessage[], nowMs: number): void {
    const route = this.#deps.routes.get(threadId)!;
    const messages: QueuedMessage[] = [];
    let isOld = false;
    for (const message of due) {
      const { hash, expiresAtMs } = message;
      const { account, bytes, takenAtMs } = message.custody!;
      this.#deps.live.noteOffered(message, nowMs);
      messages.push({ hash, account, bytes, expiresAtMs });
      if (nowMs - takenAtMs <= OFFER_ALL_MS) continue;
      isOld = true;
      if (!route.isTurn()) route.censorship.add({ hash, bytes, expiresAtMs, from: null });
    }
    sendTo(route, messages, { all: isOld });
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
    const { repository, routes, live, telling } = this.#deps;
    const messages = expired.map(({ hash, threadId, expiresAtMs }) => ({
      hash,
      status: { state: "expired" as const, threadId, expiresAtMs, atMs: expiresAtMs },
    }));
    const release = all.filter(({ custody }) => custody !== null).map(({ threadId, hash }) => ({ threadId, hash }));
    await repository.commit({ messages, custody: { release } });
    for (const { hash, threadId } of all) {
      routes.get(threadId)?.queue.forget([hash]);
      live.expire(hash);
    }
    for (const { hash, threadId, expiresAtMs } of expired)
      telling.tell(threadId, [hash], { status: "expired", expiresAtMs });
  }

  async #watchProducers(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    for (const route of this.#deps.routes.values()) await this.#watchProducer(route);
    this.#isLooking = false;
  }

  /** Hands what waited for long to the producer, and suspects it of censorship when that went on for too long. */
  async #watchProducer(route: MessageRoute): Promise<void> {
    const { censorship, execution } = route;
    const { clock, executor } = this.#deps;
    if (route.isTurn()) return censorship.clear();
    censorship.dropExpired(clock.nowMs());
    const { messages } = censorship;
    if (messages.length === 0) return;
    const verdicts = await admitMessages(
      execution,
      messages.map(({ bytes }) => bytes),
      executor,
    );
    const looked = messages.map((message, i) => ({
      ...message,
      isAdmissible: verdicts[i] === null && !route.isInOpenBlock(message.hash),
    }));
    const { handOver, isCensored } = censorship.look(looked, clock.monotonicMs());
    if (route.isTurn()) return;
    if (handOver.length > 0) route.forward(handOver, { all: false });
    if (isCensored) route.suspectCensorship();
  }
}

function isDue({ offeredAtMs, offers }: LiveMessage, { takenAtMs }: Custody, nowMs: number): boolean {
  const allFromMs = takenAtMs + OFFER_ALL_MS;
  if (offeredAtMs <= allFromMs && nowMs > allFromMs) return true;
  return nowMs - offeredAtMs >= Math.min(OFFER_AGAIN_MS * 2 ** offers, OFFER_AGAIN_MS_MAX);
}

/** What goes with one offer: those first that were not offered for the longest time, each in its turn. */
function longestUnoffered(due: LiveMessage[]): readonly LiveMessage[] {
  if (due.length <= OFFER_BATCH_MAX) return due;
  return due.sort((a, b) => a.offeredAtMs - b.offeredAtMs).slice(0, OFFER_BATCH_MAX);
}
