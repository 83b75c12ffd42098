export { type Arbitraries, createArbitraries } from "./arbitraries.js";
export { ManualClock } from "./manualClock.js";
export { SeededRandom } from "./seededRandom.js";
