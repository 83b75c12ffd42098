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

export interface SeedOptions {
  readonly keepTrace: boolean;
  /** Whether a violation is told with the smallest plan that still shows it, which takes a run per fault. */
  readonly shrinks: boolean;
}

/** Runs one seed; a violation is shrunk and told. */
export async function runSeed(
  options: PlanOptions,
  { keepTrace, shrinks }: SeedOptions = { keepTrace: false, shrinks: true },
): Promise<SeedResult> {
  const trace: string[] = [];
  const plan = drawPlan(options);
  const outcome = await new Simulation(keepTrace ? { plan, print: (line) => trace.push(line) } : { plan }).run();
  if (outcome.violation === null) return { ...outcome, violation: null, trace };
  const story = storyOf(shrinks ? await shrink(plan, outcome) : { plan, outcome });
  return { ...outcome, violation: { seed: plan.seed, invariant: outcome.violation.invariant, story }, trace };
}
