import type { Clock } from "@sealwright/types";

/**
 * Keeps work that nobody waits for to a small share of the time, whatever the machine: after each piece it rests in
 * proportion to what the piece took.
 */
export class WorkPace {
  readonly #clock: Clock;
  readonly #restPerWork: number;
  readonly #resting = new Set<() => void>();
  #isHurried = false;

  /** @param restPerWork 19: a twentieth of the time at most */
  constructor(restPerWork: number, dependencies: { readonly clock: Clock }) {
    this.#restPerWork = restPerWork;
    this.#clock = dependencies.clock;
  }

  /** @returns what is called, and waited for, after each piece of one work that begins now */
  begin(): () => Promise<void> {
    let beginMs = this.#clock.monotonicMs();
    return async () => {
      await this.#rest((this.#clock.monotonicMs() - beginMs) * this.#restPerWork);
      beginMs = this.#clock.monotonicMs();
    };
  }

  /** From now on nothing rests any more. */
  hurry(): void {
    this.#isHurried = true;
    for (const goOn of this.#resting) goOn();
  }

  async #rest(ms: number): Promise<void> {
    if (this.#isHurried) return;
    await new Promise<void>((resolve) => {
      const goOn = (): void => {
        timer.cancel();
        this.#resting.delete(goOn);
        resolve();
      };
      const timer = this.#clock.setTimer(ms, goOn);
      this.#resting.add(goOn);
    });
  }
}
