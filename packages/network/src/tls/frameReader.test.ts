import { concatBytes } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeFrame, type FrameKind } from "./frame.js";
import { FrameReader } from "./frameReader.js";

const MAX = 64;
type Frame = readonly [kind: number, payload: readonly number[]];

/** Feeds `stream` in chunks of the given sizes, repeated. */
function readAll(stream: Uint8Array, chunkSizes: readonly number[]) {
  const reader = new FrameReader(MAX);
  const frames: Frame[] = [];
  for (let at = 0, turn = 0; at < stream.length; turn += 1) {
    const size = chunkSizes[turn % chunkSizes.length]!;
    const chunk = Buffer.from(stream.subarray(at, at + size));
    const fault = reader.push(chunk, (kind, payload) => frames.push([kind, [...payload]]) > 0);
    if (fault !== null) return { frames, fault };
    at += size;
  }
  return { frames, fault: null };
}

const anyFrame = fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: MAX }));
const anyChunkSizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 8 });

describe("frame reader", () => {
  it("[S5] gives back the frames that were written, however the stream is cut", () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 20 }), anyChunkSizes, (frames, chunkSizes) => {
        const stream = concatBytes(...frames.map(([kind, payload]) => encodeFrame(kind as FrameKind, payload)));
        expect(readAll(stream, chunkSizes)).toEqual({
          frames: frames.map(([kind, payload]) => [kind, [...payload]]),
          fault: null,
        });
      }),
    );
  });

  it("[S5] never throws and never hands on more than the limit, whatever arrives", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), anyChunkSizes, (stream, chunkSizes) => {
        const { frames } = readAll(stream, chunkSizes);
        expect(frames.every(([, payload]) => payload.length <= MAX)).toBe(true);
      }),
    );
  });

  it("[S5] finds an oversized frame in its header, before any of its payload", () => {
    const reader = new FrameReader(MAX);
    expect(reader.push(Buffer.from([0, 0, 0, MAX + 2, 4]), () => true)).toBe("oversizedFrame");
  });

  it("[S5] stops at once when the receiver has had enough", () => {
    const reader = new FrameReader(MAX);
    const two = concatBytes(encodeFrame(4, Uint8Array.of(1)), encodeFrame(4, Uint8Array.of(2)));
    const seen: number[] = [];
    reader.push(Buffer.from(two), (_kind, payload) => {
      seen.push(payload[0]!);
      return false;
    });
    expect(seen).toEqual([1]);
  });
});
