import {
  assert,
  ByteReader,
  ByteWriter,
  encodeOutboundMessage,
  type OutboundMessage,
  readOutboundMessage,
  sha256,
  type StateChange,
} from "@sealwright/types";
import { accountPath, AccountTrie } from "./accountTrie.js";
import { QUEUE_ENDS_KEY, queuedKey } from "./entryKeys.js";

/**
 * Places in the queue count from 0 for ever: messages `head` to `tail - 1` wait. `lt` is the thread's logical time: all
 * that was given so far lies at or below it.
 */
export interface QueueEnds {
  readonly head: bigint;
  readonly tail: bigint;
  readonly lt: bigint;
}

export const QUEUE_ENDS_BYTES = 24;
const NO_ENDS: QueueEnds = { head: 0n, tail: 0n, lt: 0n };

/** What a block does to the queue: takes from the front, adds at the end. Both may meet in one message. */
export interface QueueChange {
  readonly ends: QueueEnds;
  /** Those that still wait of what the block added, in order: the last of the queue. */
  readonly added: readonly OutboundMessage[];
}

/**
 * Messages from accounts of this thread to accounts of this thread that no block has executed yet, oldest first: a part
 * of the thread's state. Immutable; an update costs what it adds and removes.
 */
export class InternalQueue {
  /** 32 bytes, over the ends and a trie of the messages. */
  readonly commitment: Uint8Array;

  readonly ends: QueueEnds;
  readonly #messages: AccountTrie;

  constructor(ends: QueueEnds, messages: AccountTrie) {
    this.ends = ends;
    this.#messages = messages;
    this.commitment = sha256(Buffer.concat([encodeQueueEnds(ends), messages.root]));
  }

  /** From stored entries, in any order; null when they are not exactly those that the ends name. */
  static fromEntries(ends: QueueEnds | null, messages: ReadonlyMap<bigint, Uint8Array>): InternalQueue | null {
    const { head, tail } = ends ?? NO_ENDS;
    if (BigInt(messages.size) !== tail - head) return null;
    const changes = [...messages].map(([place, value]) => ({ path: pathOf(place), value }));
    if ([...messages.keys()].some((place) => place < head || place >= tail)) return null;
    return new InternalQueue(ends ?? NO_ENDS, AccountTrie.empty.update(changes));
  }

  get length(): number {
    return Number(this.ends.tail - this.ends.head);
  }

  /** @param place from `head` to `tail - 1` */
  at(place: bigint): OutboundMessage {
    const value = this.#messages.get(pathOf(place));
    assert(value !== null, `message ${place} waits in the queue`);
    return readOutboundMessage(new ByteReader(value));
  }

  advance(change: QueueChange): InternalQueue {
    const next = this.#next(change.ends, new Map(firstPlaces(change).map(([place, m]) => [place, encode(m)])));
    assert(next !== null, "a block takes from the front and adds at the end");
    return next;
  }

  /** As `advance`, from a block's update; null when it is no change that a block can make. */
  advanceByEntries(
    ends: QueueEnds | null,
    added: ReadonlyMap<bigint, Uint8Array>,
    removed: readonly bigint[],
  ): InternalQueue | null {
    if (ends === null) return added.size === 0 && removed.length === 0 ? this : null;
    const left = leftPlaces(this.ends, ends);
    const removesThose = removed.length === left.length && removed.every((place, i) => place === left[i]);
    return removesThose ? this.#next(ends, added) : null;
  }

  /** Entries of the update, ascending by key. */
  changes(change: QueueChange): StateChange[] {
    const { ends } = change;
    if (ends.head === this.ends.head && ends.tail === this.ends.tail && ends.lt === this.ends.lt) return [];
    return [
      { key: QUEUE_ENDS_KEY, value: encodeQueueEnds(ends) },
      ...leftPlaces(this.ends, ends).map((place) => ({ key: queuedKey(place), value: null })),
      ...firstPlaces(change).map(([place, message]) => ({ key: queuedKey(place), value: encode(message) })),
    ];
  }

  #next(ends: QueueEnds, added: ReadonlyMap<bigint, Uint8Array>): InternalQueue | null {
    const { head, tail, lt } = this.ends;
    if (ends.head < head || ends.tail < tail || ends.lt < lt || ends.head > ends.tail) return null;
    const firstNew = ends.head > tail ? ends.head : tail;
    if (BigInt(added.size) !== ends.tail - firstNew) return null;
    if ([...added.keys()].some((place) => place < firstNew || place >= ends.tail)) return null;
    const changes = [
      ...leftPlaces(this.ends, ends).map((place) => ({ path: pathOf(place), value: null })),
      ...[...added].map(([place, value]) => ({ path: pathOf(place), value })),
    ];
    return new InternalQueue(ends, this.#messages.update(changes));
  }
}

export const EMPTY_QUEUE = new InternalQueue(NO_ENDS, AccountTrie.empty);

export function encodeQueueEnds({ head, tail, lt }: QueueEnds): Uint8Array {
  return new ByteWriter(QUEUE_ENDS_BYTES).u64(head).u64(tail).u64(lt).finish();
}

/** @returns null when `bytes` are no ends of a queue */
export function decodeQueueEnds(bytes: Uint8Array): QueueEnds | null {
  if (bytes.length !== QUEUE_ENDS_BYTES) return null;
  const reader = new ByteReader(bytes);
  const ends = { head: reader.u64(), tail: reader.u64(), lt: reader.u64() };
  return ends.head <= ends.tail ? ends : null;
}

/** Places that stood in the queue before and are executed now, ascending. */
function leftPlaces(before: QueueEnds, after: QueueEnds): bigint[] {
  const end = after.head < before.tail ? after.head : before.tail;
  const places: bigint[] = [];
  for (let place = before.head; place < end; place++) places.push(place);
  return places;
}

function firstPlaces({ ends, added }: QueueChange): [bigint, OutboundMessage][] {
  const first = ends.tail - BigInt(added.length);
  return added.map((message, i) => [first + BigInt(i), message]);
}

const encode = encodeOutboundMessage;

function pathOf(place: bigint): ReturnType<typeof accountPath> {
  return accountPath(queuedKey(place));
}
