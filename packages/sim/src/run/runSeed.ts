import { drawPlan, type PlanOptions } from "./plan.js";
import { shrink } from "./shrink.js";
import { type SimOutcome, Simulation } from "./simulation.js";
import { storyOf } from "./story.js";

/** What one seed gave; plain data, so that it travels between processes. */
export interface SeedResult extends Omit<SimOutcome, "violation"> {
  readonly violation: { readonly seed: number; readonly invariant: string; readonly story: string } | null;
  /** All lines of the trace, when they were asked for. */
  readonly trace: readonly string[];
}

/** Runs one seed; a violation is shrunk and told. */
export async function runSeed(options: PlanOptions, keepTrace = false): Promise<SeedResult> {
  const trace: string[] = [];
  const plan = drawPlan(options);
  const outcome = await new Simulation(keepTrace ? { plan, print: (line) => trace.push(line) } : { plan }).run();
  if (outcome.violation === null) return { ...outcome, violation: null, trace };
  const story = storyOf(await shrink(plan, outcome));
  return { ...outcome, violation: { seed: plan.seed, invariant: outcome.violation.invariant, story }, trace };
}
