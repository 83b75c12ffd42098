export { ManualClock } from "./manualClock.js";
export { SeededRandom } from "./seededRandom.js";
