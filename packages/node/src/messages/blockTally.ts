import type { BlockLimits } from "@sealwright/execution";
import type { SealedBlock, UnixMs } from "@sealwright/types";
import { BlockRoom } from "./blockRoom.js";

/** When the current producer could begin to take something, and what it had sealed before. */
export interface Moment {
  readonly atMs: number;
  readonly blocks: number;
  readonly withRoom: number;
}

/** A producer that has not taken what it could take for this long is suspected (S1). */
export const CENSORED_AFTER_MS = 10_000;
/** Who did not look for this long saw nothing of the time between, and read no links: what waits counts from then on. */
export const OWN_GAP_MS = 3_000;
/** Fewer blocks say nothing about their producer. */
const BLOCKS_MIN = 8;
/** An older block says what its producer did when it may not have had the message; as old as no honest one's are (§8). */
const BLOCK_AGE_MAX_MS = 5_000;

/** Counts the current producer's blocks, and those of them that had room: only they say that it left something out (S1). */
export class BlockTally {
  readonly #room: BlockRoom;
  #blocks = 0;
  #withRoom = 0;

  constructor(limits: BlockLimits) {
    this.#room = new BlockRoom(limits);
  }

  /** A block of the current term is applied here. */
  noteBlock(block: SealedBlock, nowMs: UnixMs): void {
    if (nowMs - block.header.timeMs > BLOCK_AGE_MAX_MS) return;
    this.#blocks += 1;
    if (this.#room.hasRoom(block)) this.#withRoom += 1;
  }

  /** Moments of the former producer mean nothing any more. */
  newProducer(): void {
    this.#blocks = 0;
    this.#withRoom = 0;
    this.#room.forget();
  }

  moment(atMs: number): Moment {
    return { atMs, blocks: this.#blocks, withRoom: this.#withRoom };
  }

  /** What could be taken since then, and was not: it waited for long, while most blocks had room for it. */
  isCensored(since: Moment, atMs: number): boolean {
    const blocks = this.#blocks - since.blocks;
    const withRoom = this.#withRoom - since.withRoom;
    return atMs - since.atMs >= CENSORED_AFTER_MS && blocks >= BLOCKS_MIN && withRoom * 2 > blocks;
  }
}
