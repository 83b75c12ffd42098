import { FRAME_OVERHEAD_BYTES } from "./limits.js";

/** Counts what listeners have not finished with, and says when to stop reading from one peer and when to go on. */
export class ReceiveWindow {
  #pendingBytes = 0;

  constructor(
    readonly bytesMax: number,
    readonly onReopen: () => void,
  ) {}

  get isOpen(): boolean {
    return this.#pendingBytes < this.bytesMax;
  }

  /** Holds `frameBytes` until `handled` settles. A rejection is a listener's bug and is left unhandled on purpose. */
  hold(frameBytes: number, handled: Promise<unknown>): void {
    const held = frameBytes + FRAME_OVERHEAD_BYTES;
    this.#pendingBytes += held;
    void handled.finally(() => {
      const wasOpen = this.isOpen;
      this.#pendingBytes -= held;
      if (!wasOpen && this.isOpen) this.onReopen();
    });
  }
}
