import { height, type ThreadId, unixMs, unwrap, ZERO_BLOCK_ID } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { decodeMessageStatus, encodeMessageStatus, type MessageStatusRecord } from "./messageStatus.js";

const FINAL: MessageStatusRecord = {
  ...{ state: "final", threadId: "00".repeat(34) as ThreadId, height: height(7), blockId: ZERO_BLOCK_ID },
  ...{ code: 0, atMs: unixMs(1_800_000_000_000) },
};
const GAS_BYTES = 4;

describe("a message's status on disk", () => {
  it("is read as it was written, with the gas of its receipt", () => {
    for (const record of [FINAL, { ...FINAL, gasUsed: 0 }, { ...FINAL, gasUsed: 2_460_000 }])
      expect(unwrap(decodeMessageStatus(encodeMessageStatus(record)))).toEqual(record);
  });

  it("of a version that kept no gas is read as before", () => {
    const bytes = encodeMessageStatus({ ...FINAL, gasUsed: 5 });
    expect(unwrap(decodeMessageStatus(bytes.subarray(0, -GAS_BYTES)))).toEqual(FINAL);
  });
});
