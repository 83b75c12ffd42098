import type { ProducerEffect } from "./producerEffect.js";
import type { ProducerState } from "./producerState.js";

/** What became of one event: the next state, and what the runner has to do. */
export interface ProducerStep {
  readonly state: ProducerState;
  readonly effects: readonly ProducerEffect[];
}
