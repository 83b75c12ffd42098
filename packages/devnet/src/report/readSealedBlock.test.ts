import type { BlockHeadlineJson } from "@sealwright/api";
import { describe, expect, it } from "vitest";
import { Checks } from "./checks.js";
import { checkGone } from "./readSealedBlock.js";

const at = (height: number) => ({ threadId: "00".repeat(34), height: String(height) }) as BlockHeadlineJson;

describe("checkGone", () => {
  it("takes a listed block that cannot be read for pruned only where nodes prune", () => {
    const checks = new Checks();
    checkGone([at(33), at(34)], at(33), checks);
    expect(checks.violations).toEqual([]);
    checkGone([at(1), at(2)], at(2), checks);
    expect(checks.violations).toEqual(["I9: thread 0000, height 2 is listed and cannot be read"]);
  });
});
