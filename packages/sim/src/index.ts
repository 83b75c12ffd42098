export { FAULT_NAMES, type FaultName } from "./faults/fault.js";
export { LIAR_NAMES, type LiarName } from "./liars/liarKinds.js";
export { drawPlan, type PlanOptions, type SimPlan } from "./run/plan.js";
export { runSeed, type SeedResult } from "./run/runSeed.js";
export { runSeeds, type SeedsRequest, type SimReport } from "./run/runSeeds.js";
export { type SimOutcome, Simulation } from "./run/simulation.js";
