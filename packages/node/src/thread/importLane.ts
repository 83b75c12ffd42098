import type { InboundMessage } from "@sealwright/execution";
import { height, type Height, type ImportCursor, type OutboundMessage } from "@sealwright/types";

/** What one lane holds in memory at most; the messages of one block are held whatever they are. */
export interface LaneLimits {
  readonly messagesMax: number;
  /** Of the messages' bodies. */
  readonly bytesMax: number;
}

interface LaneBlock {
  readonly height: Height;
  readonly messages: readonly OutboundMessage[];
  readonly bytes: number;
}

/**
 * Final messages of one thread for another that are at hand: a window over the chain of the first, which begins where the
 * other goes on importing. It takes blocks in their order until it is full, and more when the other has come further:
 * what lies beyond is in the store, and nowhere else. So a thread that stands still costs no more memory than one that
 * is a little behind.
 */
export class ImportLane {
  readonly #limits: LaneLimits;
  /** Ascending; only blocks with messages. */
  #blocks: LaneBlock[] = [];
  #from: Height;
  #end: Height;
  #count = 0;
  #bytes = 0;

  /** @param from where the window begins; empty at first */
  constructor(limits: LaneLimits, from: Height) {
    this.#limits = limits;
    this.#from = from;
    this.#end = from;
  }

  /** Heights from here to `end` are complete. */
  get from(): Height {
    return this.#from;
  }

  /** The height that comes next. */
  get end(): Height {
    return this.#end;
  }

  /** Messages in memory. */
  get count(): number {
    return this.#count;
  }

  /** Worth being filled from the store: it would take many. */
  get isHalfEmpty(): boolean {
    return this.#count * 2 <= this.#limits.messagesMax && this.#bytes * 2 <= this.#limits.bytesMax;
  }

  /** The block at `end` has these messages, perhaps none. @returns false when there is no room: the window ends before it */
  push(messages: readonly OutboundMessage[]): boolean {
    if (messages.length > 0) {
      const bytes = messages.reduce((sum, { body }) => sum + body.length, 0);
      const hasRoom =
        this.#count + messages.length <= this.#limits.messagesMax && this.#bytes + bytes <= this.#limits.bytesMax;
      if (!hasRoom && this.#count > 0) return false;
      this.#blocks.push({ height: this.#end, messages, bytes });
      this.#count += messages.length;
      this.#bytes += bytes;
    }
    this.#end = height(this.#end + 1n);
    return true;
  }

  /** From `from`, which lies in the window, to before `end`, or to the end of the window; `max` of them at most. */
  messages(from: ImportCursor, end: ImportCursor | null, max: number): InboundMessage[] {
    const found: InboundMessage[] = [];
    for (let i = firstFrom(this.#blocks, from.height); i < this.#blocks.length; i++) {
      const block = this.#blocks[i]!;
      if (!addMessages(found, block.height, block.messages, from, end, max)) return found;
    }
    return found;
  }

  /** The other thread has taken for good what lies before. */
  forgetBelow({ height: at }: ImportCursor): void {
    const taken = this.#blocks.splice(0, firstFrom(this.#blocks, at));
    for (const { messages, bytes } of taken) {
      this.#count -= messages.length;
      this.#bytes -= bytes;
    }
    if (at > this.#from) this.#from = at;
    if (at > this.#end) this.#end = at;
  }
}

/** Adds what of a block lies in a range. @returns whether more may follow */
export function addMessages(
  found: InboundMessage[],
  at: Height,
  messages: readonly OutboundMessage[],
  from: ImportCursor,
  end: ImportCursor | null,
  max: number,
): boolean {
  for (const [position, message] of messages.entries()) {
    const cursor: ImportCursor = { height: at, position };
    if (isBefore(cursor, from)) continue;
    if (found.length >= max || (end !== null && !isBefore(cursor, end))) return false;
    found.push({ at: cursor, message });
  }
  return true;
}

function isBefore(a: ImportCursor, b: ImportCursor): boolean {
  return a.height < b.height || (a.height === b.height && a.position < b.position);
}

/** Index of the first block at `from` or above; they ascend. */
function firstFrom(blocks: readonly LaneBlock[], from: Height): number {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (blocks[middle]!.height < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
