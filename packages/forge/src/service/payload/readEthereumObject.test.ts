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

const SIGNATURE =
  "0xa627242e4a5853708f4ebf923960fb8192f93f2233cd347e05239d86dd9fb66b721ceec1baeae6647f498c9126074f1101a87854d674b6eebc220fd8c3d8405bdfd8e286b707975d9e00a56ec6cbbf762f23607d490f0bbb16c3e0e483d51875";
const SELECTION_PROOF =
  "0xa63f73a03f1f42b1fd0a988b614d511eb346d0a91c809694ef76df5ae021f0f144d64e612d735bc8820950cf6f7f84cd0ae194bfe3d4242fe79688f83462e3f69d9d33de71aab0721b7dab9d6960875e5fdfd26b171a75fb51af822043820c47";
const VOTED_ROOT = "0x100814c335d0ced5014cfa9d2e375e6d9b4e197381f8ce8af0473200fdc917fd";
const AGGREGATE = {
  aggregation_bits: "0x00000101",
  data: {
    slot: "0",
    index: "0",
    beacon_block_root: VOTED_ROOT,
    source: { epoch: "0", root: ZERO },
    target: { epoch: "0", root: VOTED_ROOT },
  },
  signature: SIGNATURE,
};
const PROOF = { aggregator_index: "1", aggregate: AGGREGATE, selection_proof: SELECTION_PROOF };
const CONTRIBUTION = {
  aggregator_index: "11",
  contribution: {
    slot: "0",
    beacon_block_root: VOTED_ROOT,
    subcommittee_index: "1",
    aggregation_bits: "0x21000000000000000000000000000080",
    signature: SIGNATURE,
  },
  selection_proof: SELECTION_PROOF,
};

// Published values: the test data of the remote signer whose protocol this is, and of an independent implementation; the
// last two were computed with Ethereum's executable specification (eth-consensus-specs 1.7.0a13), which agrees on the others.
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
  [
    "AGGREGATE_AND_PROOF",
    { aggregate_and_proof: PROOF },
    "8d777156899cb02e0e66217afd832886239752a59a393218f6c603bcf615b4f8",
    { kind: "beaconOther" },
  ],
  [
    "AGGREGATE_AND_PROOF_V2",
    {
      aggregate_and_proof: {
        version: "ELECTRA",
        data: { ...PROOF, aggregate: { ...AGGREGATE, committee_bits: "0x0100000000000000" } },
      },
    },
    "6036dbc4f5ef80b012ab49b395c54b8f7ac6cc13b3345102e6258aa1f4095c9a",
    { kind: "beaconOther" },
  ],
  [
    "SYNC_COMMITTEE_CONTRIBUTION_AND_PROOF",
    { contribution_and_proof: CONTRIBUTION },
    "ce43520a3c0fd05ef6dd8ec7ebbb2e84b5572e71d3e23b1035d6d4061f49da4c",
    { kind: "beaconOther" },
  ],
] as const;

/** Bits of an aggregate, and the root by the executable specification: none, more than one leaf, as many as there may be. */
const AGGREGATION_BITS = [
  ["none", "0x01", "d4aafb4cd11981414ad3b030184cd5d8e9e939be889f34b4d54bd0f93fd427d3"],
  [
    "300",
    "0x0100000000000000000000000000000000000000000000000000000000000080010000000018",
    "b7d46c6a54221e3e273d5e3595aff1a64acc4d86f22e08cc90e545f004b9f087",
  ],
  ["2048", `0x${"ff".repeat(256)}01`, "5f767c3568fe753984798e855d4cb7e4b767b8f86e4e7bd0f22fded04afd3ff5"],
] as const;

function aggregateOf(changes: object, type = "AGGREGATE_AND_PROOF"): object {
  return { type, fork_info: FORK, aggregate_and_proof: { ...PROOF, aggregate: { ...AGGREGATE, ...changes } } };
}

function codeOf(body: unknown): string {
  try {
    readEthereumObject(body, testKey(1));
    return "accepted";
  } catch (error) {
    if (error instanceof ServiceRefusal) return error.code;
    throw error;
  }
}

function messageOf(body: unknown): string {
  try {
    readEthereumObject(body, testKey(1));
    return "accepted";
  } catch (error) {
    return String(error);
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

  it.each(AGGREGATION_BITS)("[FS9] computes the root of an aggregate of %s votes", (_count, aggregation_bits, root) => {
    expect(readEthereumObject(aggregateOf({ aggregation_bits }), testKey(1)).request).toMatchObject({
      signingRoot: root,
    });
  });

  it("[FS9] takes an aggregate of several committees in either form of its envelope", () => {
    const bits = {
      aggregation_bits: "0x010000000000000000000000000000000000000000000000000000000000000003",
      committee_bits: "0x0200000000000080",
    };
    const root = "4fa4acbd3a97b84338641d39134c18dfae983c5f05bcb4df29bdf7546a5bf261";
    const body = aggregateOf(bits, "AGGREGATE_AND_PROOF_V2");
    expect(readEthereumObject(body, testKey(1)).request).toMatchObject({ signingRoot: root });
    const data = { ...PROOF, aggregate: { ...AGGREGATE, ...bits } };
    const enveloped = { ...body, aggregate_and_proof: { version: "FULU", data } };
    expect(readEthereumObject(enveloped, testKey(1)).request).toMatchObject({ signingRoot: root });
  });

  it.each(["DEPOSIT", "VOLUNTARY_EXIT", "VALIDATOR_REGISTRATION", "BLOCK", "TRANSFER"])(
    "[FS9] says why it signs no %s, and what to do",
    (type) => {
      const told = messageOf({ type, fork_info: FORK });
      expect(told).toContain(`${type} is not signed here`);
      expect(told).toMatch(/: (ask|make|leave)/);
    },
  );

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
    ["votes without an end", aggregateOf({ aggregation_bits: "0x00000100" }), "undecodable"],
    ["no votes at all", aggregateOf({ aggregation_bits: "0x" }), "undecodable"],
    ["votes of more than a committee", aggregateOf({ aggregation_bits: `0x${"ff".repeat(256)}02` }), "undecodable"],
    ["votes that are no hex", aggregateOf({ aggregation_bits: "0xzz" }), "undecodable"],
    ["too few committees", aggregateOf({ committee_bits: "0x01" }), "undecodable"],
    ["an aggregate without a signature", aggregateOf({ signature: undefined }), "undecodable"],
    [
      "an aggregate under another root",
      { ...aggregateOf({}), signingRoot: `0x${AGGREGATION_BITS[0][2]}` },
      "signingRootMismatch",
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
