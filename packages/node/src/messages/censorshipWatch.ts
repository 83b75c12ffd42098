import type { KeeperId, MessageHash, UnixMs } from "@sealwright/types";
import { type BlockTally, type Moment, OWN_GAP_MS } from "./blockTally.js";

/** A message that waited for long, and who says so: the keeper itself, or one that forwarded it to everybody. */
export interface WaitingMessage {
  readonly hash: MessageHash;
  readonly bytes: Uint8Array;
  readonly expiresAtMs: UnixMs;
  /** Null: taken from a client here. */
  readonly from: KeeperId | null;
}

/** A message that this keeper hands to the current producer until a block holds it. */
interface Watched extends WaitingMessage {
  readonly handed: HandOver | null;
}

/** When the current producer first got the message from this keeper. */
interface HandOver extends Moment {
  /** It was held against this producer. */
  readonly isComplaint: boolean;
}

/** What came of one look at the watched messages. */
export interface Look {
  /** Admissible and in no block: the producer gets them (again). */
  readonly handOver: readonly Uint8Array[];
  /** A message gives reason to suspect the producer, as long as this is so. */
  readonly isCensored: boolean;
}

/** Of each keeper that forwards: one message is enough to suspect a producer, and nobody fills another one's places. */
export const WATCHED_PER_KEEPER_MAX = 16;
const COMPLAINTS_KEPT_MAX = 4_096;

/**
 * S1: watches what one thread's current producer does with messages that this keeper hands to it. Every keeper watches
 * those that waited for long, whoever took them, because one keeper's suspicion moves nothing.
 *
 * A message that f + 1 producers left out says more about itself than about them, as one of them was honest: it is held
 * against no other. So whoever makes a message that passes admission and fits no block costs the network f + 1 terms.
 */
export class CensorshipWatch {
  readonly #complaintsMax: number;
  readonly #tally: BlockTally;
  readonly #watched = new Map<MessageHash, Watched>();
  /** How many of them each keeper brought: under load this is asked for every message that is forwarded. */
  readonly #places = new Map<KeeperId | null, number>();
  /** Against how many producers a message was held; oldest first. */
  readonly #complaints = new Map<MessageHash, number>();
  #lookedAtMs: number | null = null;

  constructor(options: { readonly complaintsMax: number; readonly tally: BlockTally }) {
    this.#complaintsMax = options.complaintsMax;
    this.#tally = options.tally;
  }

  get messages(): readonly WaitingMessage[] {
    return [...this.#watched.values()];
  }

  add(message: WaitingMessage): void {
    if (this.#watched.has(message.hash) || this.#isSpent(message.hash)) return;
    const places = this.#places.get(message.from) ?? 0;
    if (places >= WATCHED_PER_KEEPER_MAX) return;
    this.#places.set(message.from, places + 1);
    this.#watched.set(message.hash, { ...message, handed: null });
  }

  #drop({ hash, from }: Watched): void {
    this.#watched.delete(hash);
    this.#places.set(from, this.#places.get(from)! - 1);
  }

  /** Another keeper produces: it had none of the messages yet. */
  newProducer(): void {
    for (const watched of this.#watched.values()) if (this.#isSpent(watched.hash)) this.#drop(watched);
    this.#startAgain();
  }

  dropExpired(nowMs: UnixMs): void {
    for (const watched of this.#watched.values()) if (watched.expiresAtMs < nowMs) this.#drop(watched);
  }

  clear(): void {
    this.#watched.clear();
    this.#places.clear();
  }

  /**
   * @param looked messages of this watch, each with whether the newest state admits it now. Who does not get in now has
   * no place here: its time starts again when it is forwarded again
   */
  look(looked: readonly (WaitingMessage & { readonly isAdmissible: boolean })[], atMs: number): Look {
    if (this.#lookedAtMs !== null && atMs - this.#lookedAtMs > OWN_GAP_MS) this.#startAgain();
    this.#lookedAtMs = atMs;
    const handOver: Uint8Array[] = [];
    let isCensored = false;
    for (const { hash, bytes, isAdmissible } of looked) {
      const watched = this.#watched.get(hash);
      if (watched === undefined) continue;
      if (!isAdmissible) {
        this.#drop(watched);
        continue;
      }
      handOver.push(bytes);
      if (this.#isLeftOut(watched, atMs)) isCensored = true;
    }
    return { handOver, isCensored };
  }

  #startAgain(): void {
    for (const [hash, watched] of this.#watched) this.#watched.set(hash, { ...watched, handed: null });
  }

  /** All that the same producer left out counts, so that none of it is kept for a later one. */
  #isLeftOut(watched: Watched, atMs: number): boolean {
    const { hash } = watched;
    const handed = watched.handed ?? { ...this.#tally.moment(atMs), isComplaint: false };
    const isComplaint = handed.isComplaint || this.#tally.isCensored(handed, atMs);
    this.#watched.set(hash, { ...watched, handed: { ...handed, isComplaint } });
    if (isComplaint && !handed.isComplaint) this.#countComplaint(hash);
    return isComplaint;
  }

  #countComplaint(hash: MessageHash): void {
    const count = (this.#complaints.get(hash) ?? 0) + 1;
    this.#complaints.delete(hash);
    const [oldest] = this.#complaints.keys();
    if (this.#complaints.size >= COMPLAINTS_KEPT_MAX && oldest !== undefined) this.#complaints.delete(oldest);
    this.#complaints.set(hash, count);
  }

  #isSpent(hash: MessageHash): boolean {
    return (this.#complaints.get(hash) ?? 0) >= this.#complaintsMax;
  }
}
