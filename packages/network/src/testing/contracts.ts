export { describeTransport, type HarnessOptions, type TransportHarness } from "./describeTransport.js";
