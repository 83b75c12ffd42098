import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMessageText } from "./messageText.js";

describe("parseMessageText", () => {
  it("reads hex, in either case, with or without 0x", () => {
    const bytes = Uint8Array.of(0xab, 0xcd, 0x01);
    for (const text of ["abcd01", "ABCD01", "0xabcd01"]) expect(parseMessageText(text)).toEqual(bytes);
  });

  it("reads base64 in both alphabets, whenever it is not hex", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (bytes) => {
        for (const encoding of ["base64", "base64url"] as const) {
          const text = Buffer.from(bytes).toString(encoding);
          fc.pre(!/^[0-9a-fA-F]*$/.test(text));
          expect(parseMessageText(text)).toEqual(bytes);
        }
      }),
    );
  });

  it.each(["xyz!", "ab cd", "🙂", "=", "a===", "A"])("refuses %j", (text) => {
    expect(parseMessageText(text)).toBeNull();
  });
});
