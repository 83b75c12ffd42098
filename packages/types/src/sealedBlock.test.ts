import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLS_SIGNATURE_BYTES } from "./attestation.js";
import { bodyRootsOf } from "./blockBody.js";
import { type BlockHeader, blockIdOf, type BodyRoots, HEADER_BYTES, HEADER_LEAF, headerLeaves } from "./blockHeader.js";
import { idBytes } from "./ids.js";
import { BLOCK_BYTES_MAX } from "./limits.js";
import { merkleProof, verifyInclusion } from "./merkle.js";
import { unwrap } from "./result.js";
import { decodeSealedBlock, decodeSealedHeader, envelopeHashOf } from "./sealedBlock.js";
import { createArbitraries } from "./testing/arbitraries.js";

const any = createArbitraries(fc);
const block = fc
  .sample(any.sealedBlock, { numRuns: 200, seed: 7 })
  .find(
    ({ body }) =>
      body.attestations.length > 0 &&
      body.externals.length > 0 &&
      body.receipts.length > 0 &&
      body.outbound.length > 0 &&
      body.stateUpdate.length > 0,
  )!;

describe("decodeSealedBlock", () => {
  it("[§8] any byte changed in the body is refused: the id commits to all of it", () => {
    for (let at = HEADER_BYTES + BLS_SIGNATURE_BYTES; at < block.bytes.length; at++) {
      const bytes = block.bytes.slice();
      bytes[at]! ^= 1;
      const result = decodeSealedBlock(bytes);
      if (result.ok) throw new Error(`byte ${at} changed nothing`);
      expect(["decodeError", "rootMismatch"]).toContain(result.error.code);
    }
  });

  it("[§8] any byte changed in the header is refused or makes another block", () => {
    for (let at = 0; at < HEADER_BYTES; at++) {
      const bytes = block.bytes.slice();
      bytes[at]! ^= 1;
      const result = decodeSealedBlock(bytes);
      if (result.ok) expect(result.value.id).not.toBe(block.id);
    }
  });

  it("[§8] another signature is another envelope of the same block: a bad copy cannot change an honest id", () => {
    const bytes = block.bytes.slice();
    bytes[HEADER_BYTES]! ^= 1;
    const copy = unwrap(decodeSealedBlock(bytes));
    expect(copy.id).toBe(block.id);
    expect(copy.envelopeHash).not.toBe(block.envelopeHash);
    expect(copy.envelopeHash).toBe(envelopeHashOf(block.id, copy.signature));
  });

  it("names the root that the body does not have", () => {
    const bytes = block.bytes.slice();
    bytes[bytes.length - 1]! ^= 1;
    expect(decodeSealedBlock(bytes)).toEqual({ ok: false, error: { code: "rootMismatch", root: "stateUpdate" } });
  });

  it("[I12] refuses more bytes than a block may have, unread", () => {
    const bytes = BLOCK_BYTES_MAX + 1;
    expect(decodeSealedBlock(new Uint8Array(bytes))).toEqual({ ok: false, error: { code: "blockTooLarge", bytes } });
  });

  it("the header alone can be read without the body", () => {
    expect(unwrap(decodeSealedHeader(block.bytes))).toEqual(block.header);
    expect(decodeSealedHeader(block.bytes.subarray(0, HEADER_BYTES - 1)).ok).toBe(false);
  });
});

describe("block ids", () => {
  it("[§10] change with every field of the header", () => {
    const other = fc.sample(any.header, { numRuns: 1, seed: 8 })[0]!;
    const fields = Object.keys(block.header) as (keyof BlockHeader)[];
    for (const field of fields.filter((name) => name !== "roots")) {
      expect(blockIdOf({ ...block.header, [field]: other[field] }), field).not.toBe(block.id);
    }
    for (const root of Object.keys(block.header.roots) as (keyof BodyRoots)[]) {
      const roots = { ...block.header.roots, [root]: other.roots[root] };
      expect(blockIdOf({ ...block.header, roots }), root).not.toBe(block.id);
    }
  });

  it("[§10] are Merkle roots, so that each root of a part can be proved against the id", () => {
    const leaves = headerLeaves(block.header);
    expect(leaves).toHaveLength(Object.keys(HEADER_LEAF).length);
    for (const [name, index] of Object.entries(HEADER_LEAF)) {
      expect(verifyInclusion(idBytes(block.id), leaves[index]!, merkleProof(leaves, index)), name).toBe(true);
    }
    expect(leaves[HEADER_LEAF.externals]).toBe(block.header.roots.externals);
    expect(leaves[HEADER_LEAF.stateRoot]).toBe(block.header.stateRoot);
  });

  it("keep their frozen value", () => {
    expect(blockIdOf(FIXED_HEADER)).toBe(FROZEN_ID);
  });
});

describe("bodyRootsOf", () => {
  it("gives every part a root of its own", () => {
    const other = fc
      .sample(any.body, { numRuns: 40, seed: 3 })
      .find((body) => body.refs.length > 0 && body.switchCertificate !== null)!;
    const table = block.header.roots.threadsTable;
    const before = bodyRootsOf(block.body, table);
    expect(before.threadsTable).toBe(table);
    const parts = [
      "attestations",
      "switchCertificate",
      "refs",
      "externals",
      "outbound",
      "receipts",
      "stateUpdate",
      "accusations",
    ] as const;
    const changed = {
      ...other,
      directives: { shareState: !block.body.directives.shareState },
      accusations: [Uint8Array.of(1, 2, 3)],
    };
    for (const part of [...parts, "directives"] as const) {
      const after = bodyRootsOf({ ...block.body, [part]: changed[part] }, table);
      for (const name of Object.keys(before) as (keyof BodyRoots)[]) {
        if (name === part) expect(after[name], name).not.toEqual(before[name]);
        else expect(after[name], name).toEqual(before[name]);
      }
    }
  });
});

const bytes32 = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const FIXED_HEADER: BlockHeader = {
  networkId: "11".repeat(32) as BlockHeader["networkId"],
  threadId: "22".repeat(34) as BlockHeader["threadId"],
  parentId: "33".repeat(32) as BlockHeader["parentId"],
  height: 4n as BlockHeader["height"],
  seqNo: 5n as BlockHeader["seqNo"],
  term: 6n as BlockHeader["term"],
  round: 1n as BlockHeader["round"],
  producer: "77".repeat(32) as BlockHeader["producer"],
  selector: { seed: "88".repeat(32) as BlockHeader["parentId"], index: 2 },
  timeMs: 1_700_000_000_000 as BlockHeader["timeMs"],
  randomness: { ancestorId: "99".repeat(32) as BlockHeader["parentId"], distance: 3 },
  gasUsed: 10n,
  stateRoot: bytes32(11),
  roots: {
    attestations: bytes32(12),
    switchCertificate: bytes32(13),
    refs: bytes32(14),
    externals: bytes32(15),
    outbound: bytes32(16),
    receipts: bytes32(17),
    stateUpdate: bytes32(18),
    directives: bytes32(19),
    accusations: bytes32(20),
    threadsTable: bytes32(21),
  },
};
/** Computed apart, with another language's SHA-256. */
const FROZEN_ID = "1bdb6cbfb43708115182d7e02a8e1ac99b9366375aacb51c37d1cefb7db2ef37";
