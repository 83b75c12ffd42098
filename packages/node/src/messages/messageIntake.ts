import type { SubmitOutcome } from "@sealwright/api";
import type { Executor, MessageFacts } from "@sealwright/execution";
import type { QueuedMessage } from "@sealwright/producer";
import type { CustodyRecord, Repository } from "@sealwright/store";
import {
  type Clock,
  detached,
  type MessageHash,
  messageHashFromBytes,
  sha256,
  type ThreadId,
  threadOf,
  type ThreadsTable,
} from "@sealwright/types";
import { admitMessages, type Verdict } from "./admitMessages.js";
import { type LiveMessages, QUEUED } from "./liveMessages.js";
import type { MessageRecords } from "./messageRecords.js";
import { type MessageRoute, sendTo } from "./messageRoute.js";
import type { MessageTelling } from "./messageTelling.js";
import { refusedBy } from "./refusal.js";

export interface MessageIntakeDependencies {
  readonly executor: Executor;
  readonly threadsTable: ThreadsTable;
  readonly routes: ReadonlyMap<ThreadId, MessageRoute>;
  readonly repository: Repository;
  readonly clock: Clock;
  readonly live: LiveMessages;
  readonly records: MessageRecords;
  readonly telling: MessageTelling;
}

/** A message of a request that is not known here yet, and its place in the request. */
interface FreshMessage {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly facts: MessageFacts;
}

/** A client's message that there was room for, and its place in the request. */
interface TakenIn extends CustodyRecord, QueuedMessage {
  readonly index: number;
}

type Outcomes = (SubmitOutcome | null)[];

const RETRY_AFTER_MS = 500;
const RETRY_AFTER_LONG_LINE_MS = 1_000;
/** Who would wait longer for a block is told to come again. */
const WAIT_MS_MAX = 10_000;

/** Takes messages from clients: each is checked, durable, and on its way to its producer before its client hears so. */
export class MessageIntake {
  readonly #deps: MessageIntakeDependencies;

  constructor(dependencies: MessageIntakeDependencies) {
    this.#deps = dependencies;
  }

  /** One outcome per message, in order; what is accepted is durable here. */
  async submit(messages: readonly Uint8Array[]): Promise<readonly SubmitOutcome[]> {
    const { executor, threadsTable } = this.#deps;
    const outcomes: Outcomes = messages.map(() => null);
    const fresh = new Map<ThreadId, FreshMessage[]>();
    const inBatch = new Map<MessageHash, number>();
    for (const [index, bytes] of messages.entries()) {
      const facts = executor.inspect(bytes);
      if (!facts.ok) {
        outcomes[index] = refusedBy(messageHashFromBytes(sha256(bytes)), facts.error);
        continue;
      }
      const { hash, account } = facts.value;
      const known = await this.#knownOutcome(hash);
      if (known !== null) outcomes[index] = known;
      else if (!inBatch.has(hash)) {
        inBatch.set(hash, index);
        const threadId = threadOf(threadsTable, account);
        const ofThread = fresh.get(threadId) ?? [];
        ofThread.push({ index, bytes, facts: facts.value });
        fresh.set(threadId, ofThread);
      }
    }
    await Promise.all([...fresh].map(([threadId, entries]) => this.#takeFresh(threadId, entries, outcomes)));
    // A message that stands twice in a batch has the outcome of its first place.
    return messages.map((bytes, i) => outcomes[i] ?? outcomes[inBatch.get(messageHashFromBytes(sha256(bytes)))!]!);
  }

  /** What has a status gets that again. */
  async #knownOutcome(hash: MessageHash): Promise<SubmitOutcome | null> {
    const record = await this.#deps.records.find(hash);
    if (record === null) return null;
    return { type: "accepted", record, producer: this.#deps.routes.get(record.threadId)?.producer() ?? null };
  }

  async #takeFresh(threadId: ThreadId, fresh: readonly FreshMessage[], outcomes: Outcomes): Promise<void> {
    const route = this.#deps.routes.get(threadId)!;
    const entries = this.#joinLine(threadId, fresh, outcomes);
    if (entries.length === 0) return;
    const verdicts = await admitMessages(
      route.execution,
      entries.map(({ bytes }) => bytes),
      this.#deps.executor,
    );
    const good: FreshMessage[] = [];
    for (const [i, entry] of entries.entries()) {
      const outcome = await this.#turnAway(route, entry.facts.hash, verdicts[i] ?? null);
      if (outcome === null) good.push(entry);
      else outcomes[entry.index] = outcome;
    }
    const kept = this.#takeIn(threadId, good, outcomes);
    await this.#keep(threadId, route, kept);
    for (const { hash, index } of kept) {
      const state = this.#deps.live.get(hash)?.state ?? QUEUED;
      outcomes[index] = { type: "accepted", record: { hash, threadId, state }, producer: route.producer() };
    }
  }

  /**
   * Those that a block may be expected to take in good time, in order; the rest is told to come again, before anything is
   * spent on it. The line may grow by what other requests bring meanwhile: it only has to end somewhere.
   */
  #joinLine(threadId: ThreadId, fresh: readonly FreshMessage[], outcomes: Outcomes): readonly FreshMessage[] {
    const { live, clock } = this.#deps;
    const line = live.lineOf(threadId);
    const msPerMessage = line.msPerMessage(clock.monotonicMs());
    if (msPerMessage === 0) return fresh;
    const nowMs = clock.nowMs();
    const joining: FreshMessage[] = [];
    for (const entry of fresh) {
      const leftMs = entry.facts.expiresAtMs - nowMs;
      const waitMs = (line.length + joining.length) * msPerMessage;
      // What is over already is refused for that.
      if (leftMs < 0 || waitMs <= Math.min(WAIT_MS_MAX, leftMs / 2)) joining.push(entry);
      else outcomes[entry.index] = lineTooLong(entry.facts.hash);
    }
    return joining;
  }

  /**
   * Why a message is not taken in; null when it is. The state refuses also what it has executed already: what has a
   * status gets that again, and what stands in a block that nobody certified yet waits here like any other (M3).
   */
  async #turnAway(route: MessageRoute, hash: MessageHash, verdict: Verdict): Promise<SubmitOutcome | null> {
    if (verdict === null) return null;
    if (verdict === "unanswered") return unanswered(hash);
    const known = await this.#knownOutcome(hash);
    if (known !== null) return known;
    const isOnItsWay = verdict.code === "duplicate" && (route.queue.has(hash) || route.isInOpenBlock(hash));
    return isOnItsWay ? null : refusedBy(hash, verdict);
  }

  /** Lets in what there is room for, in order; the rest is told to come again. */
  #takeIn(threadId: ThreadId, entries: readonly FreshMessage[], outcomes: Outcomes): TakenIn[] {
    const { live, clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    const kept: TakenIn[] = [];
    for (const { index, bytes, facts } of entries) {
      const { hash, account, expiresAtMs } = facts;
      const lack = live.lackFor(account, bytes);
      if (lack !== null) {
        outcomes[index] = turnedAway(hash, lack);
        continue;
      }
      const record = { hash, threadId, bytes: detached(bytes), expiresAtMs };
      live.take(record, account, nowMs);
      kept.push({ ...record, account, index });
    }
    return kept;
  }

  /** On its way to the producer while it becomes durable here; told to the client when it is. */
  async #keep(threadId: ThreadId, route: MessageRoute, kept: readonly TakenIn[]): Promise<void> {
    if (kept.length === 0) return;
    const { repository, telling } = this.#deps;
    sendTo(route, kept, { all: false });
    const put = kept.map(({ hash, bytes, expiresAtMs }) => ({ hash, threadId, bytes, expiresAtMs }));
    await repository.commit({ custody: { put } });
    telling.tell(
      threadId,
      kept.map(({ hash }) => hash),
      QUEUED,
    );
  }
}

function unanswered(hash: MessageHash): SubmitOutcome {
  const reason = "this node cannot check messages at this moment";
  return { type: "refused", hash, code: "unavailable", reason, retryAfterMs: RETRY_AFTER_MS };
}

function lineTooLong(hash: MessageHash): SubmitOutcome {
  const reason = "more messages wait for this thread than its blocks can take in good time";
  return { type: "refused", hash, code: "queueFull", reason, retryAfterMs: RETRY_AFTER_LONG_LINE_MS };
}

function turnedAway(hash: MessageHash, code: "queueFull" | "accountQueueFull"): SubmitOutcome {
  const whose = code === "queueFull" ? "" : " of this account";
  const reason = `this node holds as many unsettled messages${whose} as it can`;
  return { type: "refused", hash, code, reason, retryAfterMs: RETRY_AFTER_MS };
}
