import { describe, expect, it } from "vitest";
import type { LoadCounts } from "../load/loadPlan.js";
import { checkLoad } from "./checkLoad.js";
import { Checks } from "./checks.js";

function violationsOf(counts: Partial<LoadCounts>): readonly string[] {
  const checks = new Checks();
  const none = { sent: 0, included: 0, final: 0, rejected: 0, expired: 0, lost: 0, unsettled: 0 };
  checkLoad({ ...none, ...counts }, checks);
  return checks.violations;
}

describe("checkLoad", () => {
  it("[I9] [M3] wants a last word on every message that was taken", () => {
    expect(violationsOf({ sent: 5, included: 5, final: 4, lost: 1 })).toEqual([
      'I9: 1 messages were told "included" and never ended',
    ]);
    expect(violationsOf({ sent: 5, final: 4, unsettled: 1 })).toEqual(["M3: 1 accepted messages never ended"]);
  });

  it("lets a network refuse some of a load, and not most of it", () => {
    expect(violationsOf({ sent: 10, final: 5, rejected: 3, expired: 2 })).toEqual([]);
    expect(violationsOf({ sent: 10, final: 4, rejected: 0, expired: 6 })).toEqual([
      "load: of 10 messages 0 were rejected and 6 expired: most of the load was never carried",
    ]);
    expect(violationsOf({})).toEqual([]);
  });
});
