import type { MessageState } from "@sealwright/api";
import type { MessageFacts } from "@sealwright/execution";
import type { CustodyRecord } from "@sealwright/store";
import type { AccountId, Clock, MessageHash, ThreadId, UnixMs } from "@sealwright/types";
import { type CustodyLimits, CustodyRoom } from "./custodyRoom.js";
import { MessageLine } from "./messageLine.js";
import type { OpenBlock } from "./openBlock.js";

/** What a node keeps of a message that it promised to get into a block. */
export interface Custody {
  readonly account: AccountId;
  readonly bytes: Uint8Array;
  readonly takenAtMs: number;
  readonly room: CustodyRoom;
}

/** A message that is not settled yet, as this node sees it. */
export interface LiveMessage {
  readonly hash: MessageHash;
  readonly threadId: ThreadId;
  readonly expiresAtMs: UnixMs;
  /** Kept by who took it from a client or promised it with a block, until it is settled (protocol M2). */
  custody: Custody | null;
  state: MessageState;
  offeredAtMs: number;
  /** How often it was offered again to the present producer. */
  offers: number;
}

export const QUEUED: MessageState & { readonly status: "queued" } = { status: "queued", abandonedInTerm: null };

/** The unsettled messages of one node. Those that were not offered for the longest time come first. */
export class LiveMessages {
  readonly #live = new Map<MessageHash, LiveMessage>();
  /** For clients' messages. */
  readonly #room: CustodyRoom;
  /** As much again for messages of blocks that were left aside: neither takes the other's place. */
  readonly #blockRoom: CustodyRoom;
  /** Clients' messages, by thread. */
  readonly #lines = new Map<ThreadId, MessageLine>();

  constructor(
    limits: CustodyLimits,
    private readonly clock: Clock,
  ) {
    this.#room = new CustodyRoom(limits);
    this.#blockRoom = new CustodyRoom({ ...limits, messagesPerAccountMax: limits.messagesMax });
  }

  get custodyCount(): number {
    return this.#room.count + this.#blockRoom.count;
  }

  get(hash: MessageHash): LiveMessage | undefined {
    return this.#live.get(hash);
  }

  values(): Iterable<LiveMessage> {
    return this.#live.values();
  }

  /** Why a client's message is turned away for a while; null when there is room. */
  lackFor(account: AccountId, bytes: Uint8Array): "queueFull" | "accountQueueFull" | null {
    return this.#room.lackFor(account, bytes);
  }

  /** The clients' messages of a thread that wait here. */
  lineOf(threadId: ThreadId): MessageLine {
    const known = this.#lines.get(threadId);
    if (known !== undefined) return known;
    const line = new MessageLine();
    this.#lines.set(threadId, line);
    return line;
  }

  /** In custody from now on, also beyond the limits; nothing changes when it is known. */
  take({ hash, threadId, bytes, expiresAtMs }: CustodyRecord, account: AccountId, takenAtMs: number): void {
    if (this.#live.has(hash)) return;
    const custody = { account, bytes, takenAtMs, room: this.#room };
    this.#live.set(hash, { hash, threadId, expiresAtMs, custody, state: QUEUED, offeredAtMs: takenAtMs, offers: 0 });
    this.#room.add(account, bytes);
    this.lineOf(threadId).join(this.clock.monotonicMs());
  }

  /** Somebody else's message, whose block was left aside: followed by itself from now on. */
  follow({ hash, expiresAtMs }: MessageFacts, open: OpenBlock, index: number): LiveMessage {
    const state = open.stateAt(index) ?? QUEUED;
    const { threadId } = open.ref;
    const live: LiveMessage = { hash, threadId, expiresAtMs, custody: null, state, offeredAtMs: 0, offers: 0 };
    this.#live.set(hash, live);
    return live;
  }

  /**
   * Takes a message of an abandoned block into custody, if there is room.
   *
   * @param bytes its own: a view would keep the whole block that it came in
   * @returns the record to keep, or null
   */
  adopt(facts: MessageFacts, open: OpenBlock, index: number, bytes: Uint8Array): CustodyRecord | null {
    const { hash, account, expiresAtMs } = facts;
    const room = this.#blockRoom;
    if (room.lackFor(account, bytes) !== null) return null;
    const live = this.#live.get(hash) ?? this.follow(facts, open, index);
    live.custody = { account, bytes, takenAtMs: this.clock.monotonicMs(), room };
    room.add(account, bytes);
    return { hash, threadId: live.threadId, bytes, expiresAtMs };
  }

  /** It was offered just now, so all others come before it. */
  noteOffered(live: LiveMessage, nowMs: number): void {
    live.offeredAtMs = nowMs;
    live.offers++;
    this.#live.delete(live.hash);
    this.#live.set(live.hash, live);
  }

  /** A final block holds it. */
  settle(hash: MessageHash): void {
    this.#remove(hash)?.settle(this.clock.monotonicMs());
  }

  /** Its time is over. */
  expire(hash: MessageHash): void {
    this.#remove(hash)?.leave();
  }

  /** @returns the line that it stood in */
  #remove(hash: MessageHash): MessageLine | null {
    const live = this.#live.get(hash);
    this.#live.delete(hash);
    if (live?.custody == null) return null;
    const { account, bytes, room } = live.custody;
    room.remove(account, bytes);
    return room === this.#room ? this.lineOf(live.threadId) : null;
  }
}

/** Its block or its producer is gone: the next tick offers it, whenever that was done last. */
export function offerSoon(live: LiveMessage): void {
  live.offeredAtMs = 0;
  live.offers = 0;
}
