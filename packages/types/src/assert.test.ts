import { describe, expect, it } from "vitest";
import { assert, AssertionError, assertNever } from "./assert.js";
import { err, ok, unwrap } from "./result.js";

describe("assert", () => {
  it("lets what holds pass and throws AssertionError for what does not", () => {
    expect(() => assert(true, "fine")).not.toThrow();
    expect(() => assert(false, "one is not two")).toThrow(new AssertionError("one is not two"));
  });

  it.each([
    [{ type: "melt", at: 3n }, 'unhandled variant: {"type":"melt","at":"3"}'],
    ["melt", 'unhandled variant: "melt"'],
    [undefined, "unhandled variant: undefined"],
  ])("assertNever names the variant that nobody handled: %o", (value, message) => {
    expect(() => assertNever(value as never)).toThrow(new AssertionError(message));
  });
});

describe("Result", () => {
  it("unwrap gives the value, or throws with the error in words, 64-bit numbers included", () => {
    expect(unwrap(ok(7))).toBe(7);
    expect(() => unwrap(err({ code: "tooOld", height: 9n }))).toThrow(
      'unexpected failure: {"code":"tooOld","height":"9"}',
    );
    expect(() => unwrap(err(new Error("disk full")))).toThrow("unexpected failure: disk full");
  });
});
