import type { Clock, Timer } from "@sealwright/types";
import type { BuildTime } from "../threadExecution.js";
import type { BuildProgress } from "./buildProgress.js";

/** A message is looked at so often before its time is over. */
const LOOKS = 10;

/**
 * Keeps one build within its time: says when it is to take no further message, and when a message runs for too long.
 * Looks are counted, not time: a process that was stopped for a while did not execute meanwhile.
 */
export class BuildTimer {
  readonly #timers: { budget: Timer; look: Timer };
  readonly #lookMs: number;
  #moves: number;
  #looks = 0;

  constructor(
    build: number,
    { budgetMs, messageMs }: BuildTime,
    private readonly deps: {
      readonly progress: BuildProgress;
      readonly clock: Pick<Clock, "setTimer">;
      /** The message at `index` ran out of its time. */
      readonly tooLong: (index: number) => void;
    },
  ) {
    const { progress, clock } = deps;
    this.#moves = progress.moves;
    this.#lookMs = Math.max(1, messageMs / LOOKS);
    this.#timers = { budget: clock.setTimer(budgetMs, () => progress.stop(build)), look: this.#lookLater() };
  }

  cancel(): void {
    this.#timers.budget.cancel();
    this.#timers.look.cancel();
  }

  #lookLater(): Timer {
    return this.deps.clock.setTimer(this.#lookMs, () => this.#look());
  }

  #look(): void {
    const { progress, tooLong } = this.deps;
    const { moves, index } = progress;
    this.#looks = moves === this.#moves && index !== null ? this.#looks + 1 : 0;
    this.#moves = moves;
    if (this.#looks >= LOOKS && index !== null) return tooLong(index);
    this.#timers.look = this.#lookLater();
  }
}
