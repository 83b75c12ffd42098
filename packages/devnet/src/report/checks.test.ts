import { describe, expect, it } from "vitest";
import { Checks } from "./checks.js";
import { metricOf } from "./nodeFigures.js";

describe("Checks", () => {
  it("counts every check, and tells what did not hold with its rule in front", () => {
    const checks = new Checks();
    checks.check("I3", true, () => "never called");
    checks.check("I3", false, () => "two final blocks at height 5");
    checks.check("I9", true, () => "never called");
    expect(checks).toMatchObject({ checked: 3, perRule: { I3: 2, I9: 1 } });
    expect(checks.violations).toEqual(["I3: two final blocks at height 5"]);
  });

  it("keeps a bounded list of violations and counts the rest", () => {
    const checks = new Checks();
    for (let i = 0; i < 150; i++) checks.check("I5", false, () => `number ${i}`);
    expect(checks.violations).toHaveLength(101);
    expect(checks.violations[100]).toBe("and 50 more");
  });
});

describe("metricOf", () => {
  it("reads one sample by its whole name, labels included", () => {
    const text = 'a_total 1\na 2.5\nb{q="0.5"} 3\nb{q="0.99"} 4 1700000000\n';
    expect([metricOf(text, "a"), metricOf(text, 'b{q="0.99"}'), metricOf(text, "absent")]).toEqual([2.5, 4, 0]);
  });
});
