import type { Clock, Timer } from "@sealwright/types";
import { QUESTION_TIME_MAX_MS, type QuestionStop } from "./questionStop.js";

const LOOKS = 10;

/**
 * Keeps the question that a worker has within its time. Looks are counted, not time: a process that was stopped for a
 * while, or had no processor, did not execute meanwhile.
 */
export class QuestionTimer {
  #timer: Timer | null = null;

  constructor(
    private readonly deps: { readonly stop: Pick<QuestionStop, "stop">; readonly clock: Pick<Clock, "setTimer"> },
  ) {}

  /** The question of this job goes to a worker that has nothing else to do. */
  begins(job: number, looks = 0): void {
    this.#timer = this.deps.clock.setTimer(QUESTION_TIME_MAX_MS / LOOKS, () => {
      if (looks + 1 === LOOKS) this.deps.stop.stop(job);
      else this.begins(job, looks + 1);
    });
  }

  /** Or none is under way. */
  ends(): void {
    this.#timer?.cancel();
  }
}
