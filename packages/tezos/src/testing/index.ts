export {
  SAMPLE_CHAIN_ID,
  sampleAttestation,
  sampleBlockHeader,
  type SamplePlace,
  samplePreattestation,
} from "./samples.js";
