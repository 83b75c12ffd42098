import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  accountIdFromBytes,
  blockIdFromBytes,
  DEFAULT_THREAD_ID,
  envelopeHashFromBytes,
  height,
  idBytes,
  keeperIdFromBytes,
  messageHashFromBytes,
  networkIdFromBytes,
  parseAccountId,
  parseBlockId,
  parseEnvelopeHash,
  parseKeeperId,
  parseMessageHash,
  parseNetworkId,
  parseThreadId,
  round,
  seqNo,
  signerIndex,
  term,
  threadIdFromBytes,
  unixMs,
  ZERO_BLOCK_ID,
} from "./ids.js";

describe.each([
  ["BlockId", parseBlockId, blockIdFromBytes, 32],
  ["ThreadId", parseThreadId, threadIdFromBytes, 34],
  ["KeeperId", parseKeeperId, keeperIdFromBytes, 32],
  ["NetworkId", parseNetworkId, networkIdFromBytes, 32],
  ["MessageHash", parseMessageHash, messageHashFromBytes, 32],
  ["AccountId", parseAccountId, accountIdFromBytes, 32],
  ["EnvelopeHash", parseEnvelopeHash, envelopeHashFromBytes, 32],
] as const)("%s", (kind, parse, fromBytes, length) => {
  it("comes from bytes and from its own text alike, and gives its bytes back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: length, maxLength: length }), (bytes) => {
        const id = fromBytes(bytes);
        expect(parse(id)).toEqual({ ok: true, value: id });
        expect(idBytes(id)).toEqual(bytes);
      }),
    );
  });

  it.each([
    ["empty", ""],
    ["short", "a".repeat(2 * length - 1)],
    ["long", "a".repeat(2 * length + 1)],
    ["upper case", "A".repeat(2 * length)],
    ["not hex", "g".repeat(2 * length)],
    ["with a line end", `${"a".repeat(2 * length)}\n`],
  ])("is not parsed from a text that is %s: one id has one spelling", (_case, text) => {
    expect(parse(text)).toEqual({ ok: false, error: { code: "badId", kind, text: text.slice(0, 80) } });
  });

  it("refuses bytes of another length as our own bug", () => {
    expect(() => fromBytes(new Uint8Array(length + 1))).toThrow(RangeError);
  });
});

it("an error about a bad id quotes at most 80 characters of what a stranger sent", () => {
  expect(parseBlockId("x".repeat(1_000_000))).toMatchObject({ error: { text: "x".repeat(80) } });
});

it("bytes of a text that is no id are refused", () => {
  expect(() => idBytes("xyz" as typeof ZERO_BLOCK_ID)).toThrow(RangeError);
});

describe.each([
  ["Height", height],
  ["Term", term],
  ["Round", round],
  ["SeqNo", seqNo],
] as const)("%s", (_kind, make) => {
  it("takes 0 to 2^64 - 1 and nothing else", () => {
    expect(make(0)).toBe(0n);
    expect(make(2n ** 64n - 1n)).toBe(2n ** 64n - 1n);
    for (const bad of [-1n, 2n ** 64n, 1.5, Number.NaN]) expect(() => make(bad)).toThrow(RangeError);
  });
});

it("signer indexes are whole numbers of 16 bits", () => {
  expect(signerIndex(0xffff)).toBe(0xffff);
  for (const bad of [-1, 0x1_0000, 0.5, Number.NaN]) expect(() => signerIndex(bad)).toThrow(RangeError);
});

it("times are safe non-negative whole milliseconds", () => {
  expect(unixMs(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
  for (const bad of [-1, 0.5, 2 ** 53, Number.NaN, Infinity]) expect(() => unixMs(bad)).toThrow(RangeError);
});

it("the ids that stand for nothing and for the default thread parse as what they are", () => {
  expect(parseBlockId(ZERO_BLOCK_ID).ok && parseThreadId(DEFAULT_THREAD_ID).ok).toBe(true);
});
