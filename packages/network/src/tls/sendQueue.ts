import { assert } from "@sealwright/types";
import { FRAME_OVERHEAD_BYTES } from "../limits.js";
import type { SendPriority } from "../transport.js";

/** First in, first out, in an array whose used head is cut off now and then. */
class Fifo {
  #frames: Uint8Array[] = [];
  #head = 0;

  push(frame: Uint8Array): void {
    this.#frames.push(frame);
  }

  shift(): Uint8Array | undefined {
    const frame = this.#frames[this.#head];
    if (frame === undefined) return undefined;
    this.#head += 1;
    if (this.#head === this.#frames.length) {
      this.#frames = [];
      this.#head = 0;
    } else if (this.#head >= 1_024 && this.#head * 2 >= this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
    return frame;
  }
}

/** Frames waiting for one peer, bounded in bytes per priority; every consensus frame leaves before any bulk frame. */
export class SendQueue {
  readonly #frames: Record<SendPriority, Fifo> = { consensus: new Fifo(), bulk: new Fifo() };
  readonly #chargedBytes: Record<SendPriority, number> = { consensus: 0, bulk: 0 };

  constructor(readonly bytesMax: Readonly<Record<SendPriority, number>>) {}

  get bytes(): number {
    return this.#chargedBytes.consensus + this.#chargedBytes.bulk;
  }

  /** @returns false when the frame does not fit; it is not kept then */
  push(frame: Uint8Array, priority: SendPriority): boolean {
    const chargedBytes = this.#chargedBytes[priority] + frame.length + FRAME_OVERHEAD_BYTES;
    if (chargedBytes > this.bytesMax[priority]) return false;
    this.#chargedBytes[priority] = chargedBytes;
    this.#frames[priority].push(frame);
    return true;
  }

  shift(): Uint8Array | undefined {
    return this.#shift("consensus") ?? this.#shift("bulk");
  }

  #shift(priority: SendPriority): Uint8Array | undefined {
    const frame = this.#frames[priority].shift();
    if (frame === undefined) return undefined;
    this.#chargedBytes[priority] -= frame.length + FRAME_OVERHEAD_BYTES;
    assert(this.#chargedBytes[priority] >= 0, "a queue gives out no more than it took");
    return frame;
  }
}
