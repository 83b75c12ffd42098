import type { SimPlan } from "./plan.js";
import { type SimOutcome, Simulation } from "./simulation.js";

export interface Shrunk {
  readonly plan: SimPlan;
  readonly outcome: SimOutcome;
}

/** Leaves out one fault or liar after the other as long as the same invariant breaks: what stays, it takes. */
export async function shrink(plan: SimPlan, outcome: SimOutcome): Promise<Shrunk> {
  let smallest: Shrunk = { plan, outcome };
  for (const candidate of smaller(plan)) {
    const next = candidate(smallest.plan);
    const tried = await new Simulation({ plan: next }).run();
    if (tried.violation?.invariant === outcome.violation?.invariant) smallest = { plan: next, outcome: tried };
  }
  return smallest;
}

function smaller(plan: SimPlan): ((from: SimPlan) => SimPlan)[] {
  return [
    ...plan.faults.map((fault) => (from: SimPlan) => ({ ...from, faults: from.faults.filter((one) => one !== fault) })),
    ...plan.liars.map((liar) => (from: SimPlan) => ({ ...from, liars: from.liars.filter((one) => one !== liar) })),
  ];
}
