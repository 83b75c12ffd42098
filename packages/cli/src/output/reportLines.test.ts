import type { FaultReport } from "@sealwright/devnet";
import { describe, expect, it } from "vitest";
import { faultLine } from "./reportLines.js";

const DONE: FaultReport = {
  at: "4s",
  action: "kill",
  target: "producer:0",
  keeper: 2,
  blipMs: 1_374,
  hangoverMs: null,
  failure: null,
};

describe("the line of a fault", () => {
  it("says whom it happened to and what it did", () => {
    expect(faultLine(DONE)).toBe(
      "  fault     4s kill producer:0 (keeper 2): longest without a final block 1374 ms, hangover not told",
    );
    expect(faultLine({ ...DONE, action: "heal", target: null, keeper: null, hangoverMs: 9 })).toBe(
      "  fault     4s heal: longest without a final block 1374 ms, hangover 9 ms",
    );
  });

  it("tells no effect of one that could not be done, and no keeper where none was found", () => {
    expect(faultLine({ ...DONE, failure: "no keeper says who produces thread 0", keeper: null })).toBe(
      "  fault     4s kill producer:0: could not be done",
    );
  });
});
