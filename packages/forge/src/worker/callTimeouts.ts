import type { Clock, Timer } from "@sealwright/types";

/**
 * One time limit for many calls. All have the same length, so they end in the order in which they began, and one timer
 * for the oldest serves them all: a timer each would be the second largest cost of a signature.
 */
export class CallTimeouts<Call> {
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #onTimeout: (call: Call) => void;
  /** When each is over, oldest first. */
  readonly #endsAtMs = new Map<Call, number>();
  #timer: Timer | null = null;

  constructor(timeoutMs: number, clock: Clock, onTimeout: (call: Call) => void) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#onTimeout = onTimeout;
  }

  begin(call: Call): void {
    this.#endsAtMs.set(call, this.#clock.monotonicMs() + this.#timeoutMs);
    if (this.#timer === null) this.#wakeIn(this.#timeoutMs);
  }

  /**
   * The last one takes the timer with it: nothing stays behind that would keep a process alive.
   * @returns was it under way, and not over yet?
   */
  end(call: Call): boolean {
    const wasUnderWay = this.#endsAtMs.delete(call);
    if (this.#endsAtMs.size === 0) {
      this.#timer?.cancel();
      this.#timer = null;
    }
    return wasUnderWay;
  }

  #wakeIn(waitMs: number): void {
    this.#timer = this.#clock.setTimer(waitMs, () => {
      this.#timer = null;
      this.#endDue();
    });
  }

  #endDue(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [call, endsAtMs] of this.#endsAtMs) {
      if (endsAtMs > nowMs) {
        if (this.#timer === null) this.#wakeIn(endsAtMs - nowMs);
        return;
      }
      this.#endsAtMs.delete(call);
      this.#onTimeout(call);
    }
  }
}
