import { describe, expect, it } from "vitest";
import { testKey } from "../../testing/requests.js";
import { ServiceRefusal } from "../serviceRefusal.js";
import { readEthereumObject } from "./readEthereumObject.js";

const GENESIS_ROOT = "04700007fabc8282644aed6d1c7c9e21d38a03a0c4ba193f3afe428824b3a673";
const FORK = {
  fork: { previous_version: "0x00000001", current_version: "0x00000001", epoch: "1" },
  genesis_validators_root: `0x${GENESIS_ROOT}`,
};
const ROOT = "0xb2eedb01adbd02c828d5eec09b4c70cbba12ffffba525ebf48aca33028e8ad89";
const ZERO = `0x${"00".repeat(32)}`;
const ATTESTATION = {
  slot: "32",
  index: "0",
  beacon_block_root: ROOT,
  source: { epoch: "0", root: ZERO },
  target: { epoch: "0", root: ROOT },
};
const BLOCK_HEADER = {
  slot: "0",
  proposer_index: "4666673844721362956",
  parent_root: "0x367cbd40ac7318427aadb97345a91fa2e965daf3158d7f1846f1306305f41bef",
  state_root: "0xfd18cf40cc907a739be483f1ca0ee23ad65cdd3df23205eabc6d660a75d1f54e",
  body_root: "0xe74b0fc13f19ae2077403afa03fdc155484f22d05d93eb084473951bb3a8d1ae",
};

// Published values: the test data of the remote signer whose protocol this is, and of an independent implementation.
const VECTORS = [
  [
    "BLOCK_V2",
    { beacon_block: { version: "BELLATRIX", block_header: BLOCK_HEADER } },
    "26d0ee0b6c2261cd6010112a024de4f3d2e1e9844d11d60b057fac344c745464",
    { kind: "beaconBlock", slot: 0n },
  ],
  [
    "ATTESTATION",
    { attestation: ATTESTATION },
    "548c9a015f4c96cb8b1ddbbdfca85846f85bf9f344a434c140f378cdfb5341f0",
    { kind: "beaconAttestation", sourceEpoch: 0n, targetEpoch: 0n },
  ],
  [
    "AGGREGATION_SLOT",
    { aggregation_slot: { slot: "119" } },
    "1fb90dd6e8b2670e6949347bc4eaacd37f9b6cc6e42c559973e362c800e853b9",
    { kind: "beaconOther" },
  ],
  [
    "RANDAO_REVEAL",
    { randao_reveal: { epoch: "3" } },
    "3d047c51a8b03630781dc4c5519c17f7de87174246ff2deed0f195c6c775f91e",
    { kind: "beaconOther" },
  ],
  [
    "SYNC_COMMITTEE_MESSAGE",
    {
      sync_committee_message: {
        beacon_block_root: "0x235bc3400c2839fd856a524871200bd5e362db615fc4565e1870ed9a2a936464",
        slot: "0",
      },
    },
    "a6f60df2817ea5b52eed1fefebbad746ef64c6249fc05c90c9e0f520cc75bb95",
    { kind: "beaconOther" },
  ],
  [
    "SYNC_COMMITTEE_SELECTION_PROOF",
    { sync_aggregator_selection_data: { slot: "0", subcommittee_index: "0" } },
    "50d85c783ab27c1eb3f3efa914b91cb93ffd677137b15c27ba5bb548306e6963",
    { kind: "beaconOther" },
  ],
] as const;

function codeOf(body: unknown): string {
  try {
    readEthereumObject(body, testKey(1));
    return "accepted";
  } catch (error) {
    if (error instanceof ServiceRefusal) return error.code;
    throw error;
  }
}

describe("readEthereumObject", () => {
  it.each(VECTORS)("[FS9] computes the published signing root of a %s", (type, object, root, place) => {
    const body = { type, fork_info: FORK, signingRoot: `0x${root}`, ...object };
    const { request, chain } = readEthereumObject(body, testKey(1));
    expect(request).toMatchObject({ ...place, signingRoot: root, genesisRoot: GENESIS_ROOT });
    expect(chain).toBe(GENESIS_ROOT);
  });

  it("[FS9] takes the version of the fork that the object's epoch lies in", () => {
    const fork = { previous_version: "0x00000001", current_version: "0x00000002", epoch: "4" };
    const rootAt = (epoch: string): unknown => {
      const body = { type: "RANDAO_REVEAL", fork_info: { ...FORK, fork }, randao_reveal: { epoch } };
      return readEthereumObject(body, testKey(1)).request;
    };
    expect(rootAt("3")).toMatchObject({ signingRoot: VECTORS[3][2] });
    expect(rootAt("4")).not.toMatchObject({ signingRoot: VECTORS[3][2] });
  });

  it.each([
    ["no object at all", "text", "undecodable"],
    ["no type", { fork_info: FORK }, "undecodable"],
    ["a type that is not signed here", { type: "VOLUNTARY_EXIT", fork_info: FORK }, "unsupportedType"],
    ["no fork", { type: "RANDAO_REVEAL", randao_reveal: { epoch: "3" } }, "undecodable"],
    ["a negative epoch", { type: "RANDAO_REVEAL", fork_info: FORK, randao_reveal: { epoch: "-3" } }, "negativeNumber"],
    [
      "an epoch beyond 64 bits",
      { type: "RANDAO_REVEAL", fork_info: FORK, randao_reveal: { epoch: "1".repeat(20) + "9" } },
      "undecodable",
    ],
    [
      "a short root",
      { type: "ATTESTATION", fork_info: FORK, attestation: { ...ATTESTATION, beacon_block_root: "0x00" } },
      "undecodable",
    ],
    [
      "another root than the object has",
      { type: "ATTESTATION", fork_info: FORK, attestation: ATTESTATION, signingRoot: ROOT },
      "signingRootMismatch",
    ],
  ])("[FS9] refuses %s", (_name, body, code) => {
    expect(codeOf(body)).toBe(code);
  });
});
