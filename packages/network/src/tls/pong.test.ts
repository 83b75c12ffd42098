import { unixMs } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeTimedPong, encodeTimedPong, TIMED_PONG_BYTES } from "./pong.js";

describe("a pong that tells the time", () => {
  it("[S12] is read as it was written", () => {
    const echo = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(echo, fc.nat(Number.MAX_SAFE_INTEGER), (bytes, ms) => {
        const pong = { echo: bytes, timeMs: unixMs(ms) };
        expect(encodeTimedPong(pong)).toHaveLength(TIMED_PONG_BYTES);
        expect(decodeTimedPong(encodeTimedPong(pong))).toEqual(pong);
      }),
    );
  });

  it("[S5] is nothing else, and nothing makes its reader throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        const pong = decodeTimedPong(bytes);
        if (pong !== null) expect(encodeTimedPong(pong)).toEqual(bytes);
        else expect(bytes.length !== TIMED_PONG_BYTES || bytes[4]! > 0 || bytes[5]! > 0x1f).toBe(true);
      }),
    );
  });
});
