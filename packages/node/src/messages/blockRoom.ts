import type { BlockLimits } from "@sealwright/execution";
import type { SealedBlock } from "@sealwright/types";

/** So few messages never fill a block, unless they come near to one of its limits. */
const FEW_MESSAGES = 16;
/** A block below this part of every limit had room as far as the protocol goes. */
const ROOM_PART = 8;

/**
 * Says of a producer's blocks, from what they hold, whether a waiting message would have fitted in. A block may also have
 * ended because its time was over, which nobody else can see: so one of many messages counts only when the producer
 * showed that it can do twice as much.
 */
export class BlockRoom {
  readonly #limits: BlockLimits;
  #most = 0;

  constructor(limits: BlockLimits) {
    this.#limits = limits;
  }

  hasRoom({ header, body, bytes }: SealedBlock): boolean {
    const { gasMax, externalsMax, sizeBytesMax } = this.#limits;
    const count = body.externals.length;
    this.#most = Math.max(this.#most, count);
    const isNearLimit =
      header.gasUsed * BigInt(ROOM_PART) > gasMax ||
      count * ROOM_PART > externalsMax ||
      bytes.length * ROOM_PART > sizeBytesMax;
    return !isNearLimit && (count <= FEW_MESSAGES || count * 2 <= this.#most);
  }

  /** Another producer may be faster or slower. */
  forget(): void {
    this.#most = 0;
  }
}
