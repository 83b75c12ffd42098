import { ByteWriter } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { writeErrorTrace } from "../../service/octez/errorTrace.js";
import { errorTraceText } from "./errorTraceText.js";

function traceOf(text: string): Uint8Array {
  const writer = new ByteWriter();
  writeErrorTrace(writer, text);
  return writer.finish();
}

describe("the text of an error trace", () => {
  it.each(["a", "unknownKey: no key tz1 is served here", "x".repeat(65), "m".repeat(400)])(
    "is the message itself: %s",
    (text) => {
      expect(errorTraceText(traceOf(text))).toBe(text);
    },
  );

  it("is whatever can be printed where there is no message, and is cut", () => {
    expect(errorTraceText(Buffer.from("\0\0plain\x01words\0"))).toBe("plain words");
    expect(errorTraceText(Buffer.from("x".repeat(10_000))).length).toBe(500);
  });

  it("does not trust the lengths in it", () => {
    const trace = traceOf("some message");
    const at = Buffer.from(trace).indexOf("\x02msg\0") + 5;
    for (const length of [0, -1, 0x7fffffff, -0x80000000]) {
      const broken = Buffer.from(trace);
      broken.writeInt32LE(length, at);
      expect(errorTraceText(broken)).toContain("some message");
    }
    for (let end = 0; end < trace.length; end++) expect(() => errorTraceText(trace.subarray(0, end))).not.toThrow();
  });
});
