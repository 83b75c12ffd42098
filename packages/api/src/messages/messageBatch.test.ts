import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMessageBatch, encodeMessageBatch, MESSAGES_PER_BATCH_MAX } from "./messageBatch.js";

describe("message batches", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { minLength: 1, maxLength: 20 }), (messages) => {
        const decoded = decodeMessageBatch(encodeMessageBatch(messages));
        expect(decoded).toEqual({ ok: true, value: messages });
      }),
    );
  });

  it("never throw on any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeMessageBatch(bytes)));
  });

  it("are refused when empty, cut off, or too many", () => {
    expect(decodeMessageBatch(new Uint8Array())).toEqual({ ok: false, error: { code: "empty" } });
    expect(decodeMessageBatch(Uint8Array.of(0, 0))).toMatchObject({
      ok: false,
      error: { code: "decodeError", offset: 0 },
    });
    const cut = Uint8Array.of(0, 0, 0, 1, 9, 0, 0, 0, 5, 1);
    expect(decodeMessageBatch(cut)).toMatchObject({ ok: false, error: { code: "decodeError", offset: 5 } });
    const many = Array.from({ length: MESSAGES_PER_BATCH_MAX + 1 }, () => Uint8Array.of(1));
    expect(decodeMessageBatch(encodeMessageBatch(many))).toEqual({ ok: false, error: { code: "tooMany" } });
  });
});
