export { ackBy, INTERVAL_MS, ProducerWorld, SHARE_STATE_EVERY, TIMEOUT_MS } from "./producerWorld.js";
