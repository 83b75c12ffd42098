export { INTERVAL_MS, ProducerWorld, TIMEOUT_MS } from "./producerWorld.js";
