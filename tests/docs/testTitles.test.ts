import { describe, expect, it } from "vitest";
import { testTitlesIn } from "./testTitles.js";

describe("testTitlesIn", () => {
  it("finds the tests that run, whatever is in front of their sentence", () => {
    const text = `
      describe("a group", () => {
        it("one", f);
        test('two', f);
        it.each([["it", 1]])("three %s", f);
        it.each\`a | b\`("four", f);
        it.concurrent("five", { timeout: 3 }, f);
        it(\`six \${ROUNDS}\`, f);
        describe.each(table)("inner %s", () => it("seven \\"quoted\\"", f));
      });`;
    expect(testTitlesIn("a.test.ts", text)).toEqual([
      "one",
      "two",
      "three %s",
      "four",
      "five",
      "six \${ROUNDS}",
      'seven "quoted"',
    ]);
  });

  it.each([
    ['// it("gone", f);'],
    ['const sentence = "gone";'],
    ['describe("gone", () => f);'],
    ['it("not it", () => expect(text).toBe("gone"));'],
    ['const text = `it("gone", f)`;'],
    ['it.skip("gone", f);'],
    ['it.todo("gone");'],
    ['xit("gone", f);'],
    ['it.skipIf(condition)("gone", f);'],
    ['it.skip.each(table)("gone", f);'],
    ['it("gone", { skip: true }, f);'],
    ['it("gone", (context) => context.skip());'],
    ['describe.skip("group", () => { it("gone", f); });'],
    ['describe("group", { skip: true }, () => { it("gone", f); });'],
  ])("takes for no test: %s", (text) => {
    expect(testTitlesIn("a.test.ts", text)).not.toContain("gone");
  });

  it("finds the neighbours of a test that is switched off", () => {
    expect(testTitlesIn("a.test.ts", 'describe("g", () => { it.skip("off", f); it("on", f); });')).toEqual(["on"]);
  });
});
