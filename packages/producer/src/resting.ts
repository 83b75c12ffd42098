import type { Term } from "@sealwright/types";
import type { IgnoredReason } from "./ignoredReason.js";
import type { ProducerBase, ProducerState } from "./producerState.js";
import type { ProducerStep } from "./producerStep.js";
import type { StopReason } from "./stopReason.js";

/** What goes from phase to phase. */
export function baseOf({ config, accusations, finalHeight }: ProducerBase): ProducerBase {
  return { config, accusations, finalHeight };
}

/** Production ends for good: whoever routes messages gets those that wait. */
export function park(state: ProducerState, reason: StopReason): ProducerStep {
  return { state: { phase: "parked", ...baseOf(state) }, effects: [{ type: "stopped", reason }] };
}

export function lookForStart(state: ProducerState, term: Term): ProducerStep {
  return { state: { phase: "starting", ...baseOf(state), term }, effects: [{ type: "findStart", term }] };
}

/** Where a producer that stops goes: into the term that it was told to go on in meanwhile, if it was, else to rest. */
export function rest(state: ProducerState, next: Term | null, reason: StopReason): ProducerStep {
  return next === null ? park(state, reason) : lookForStart(state, next);
}

export function withEffectsBefore(effects: ProducerStep["effects"], step: ProducerStep): ProducerStep {
  return { state: step.state, effects: [...effects, ...step.effects] };
}

/** A command that is not followed leaves everything as it is. */
export function ignore(state: ProducerState, command: "start" | "prepare", reason: IgnoredReason): ProducerStep {
  return { state, effects: [{ type: "commandIgnored", command, reason }] };
}
