import type { Clock } from "@sealwright/types";

/**
 * A question to something that may hang. However many want to know, it is asked once at a time, and nobody waits longer
 * than the limit: what has not answered by then counts as what `late` says.
 */
export class SharedProbe<T> {
  readonly #options: { readonly waitMsMax: number; readonly late: T };
  readonly #clock: Clock;
  readonly #ask: () => Promise<T>;
  #asked: Promise<T> | null = null;

  /** @param dependencies `ask` ends by itself, though it may do so late, and does not reject */
  constructor(
    options: { readonly waitMsMax: number; readonly late: T },
    dependencies: { readonly clock: Clock; readonly ask: () => Promise<T> },
  ) {
    this.#options = options;
    this.#clock = dependencies.clock;
    this.#ask = dependencies.ask;
  }

  answer(): Promise<T> {
    this.#asked ??= this.#ask().finally(() => (this.#asked = null));
    const asked = this.#asked;
    const { waitMsMax, late } = this.#options;
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(waitMsMax, () => resolve(late));
      void asked.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}
