import {
  type BlockId,
  concatBytes,
  height,
  type KeeperId,
  term,
  type ThreadId,
  unixMs,
  unwrap,
} from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { type BlockState, decodeBlockState, encodeBlockState } from "./blockState.js";

const state: BlockState = {
  id: "1".repeat(64) as BlockId,
  threadId: "2".repeat(68) as ThreadId,
  height: height(7),
  term: term(1),
  parentId: "3".repeat(64) as BlockId,
  producer: "4".repeat(64) as KeeperId,
  status: "prefinal",
  timeline: { receivedMs: unixMs(1_000), prefinalMs: unixMs(2_000) },
};

describe("the record of a block's life", () => {
  it("is read as it was written", () => {
    expect(unwrap(decodeBlockState(encodeBlockState(state)))).toEqual(state);
  });

  it("has the bytes of the versions that had room for a carrier, and is read also with one", () => {
    const bytes = encodeBlockState(state);
    expect(bytes.at(-1)).toBe(0);
    const withCarrier = concatBytes(bytes.subarray(0, -1), Uint8Array.of(1), new Uint8Array(32).fill(5));
    expect(unwrap(decodeBlockState(withCarrier))).toEqual(state);
  });
});
