import { limits } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { forwardBatches } from "./forwardBatches.js";

describe("forwardBatches", () => {
  it("keeps every message, in order, in runs that fit a frame", () => {
    const messages = Array.from({ length: 100 }, (_, i) => new Uint8Array(limits.EXTERNAL_MESSAGE_BYTES_MAX).fill(i));
    const batches = [...forwardBatches(messages)];
    expect(batches.flat().length).toBe(messages.length);
    expect(batches.flat().every((message, i) => message === messages[i])).toBe(true);
    for (const batch of batches) {
      const bytes = batch.reduce((sum, message) => sum + message.length, 0);
      expect(bytes).toBeLessThan(limits.FRAME_BYTES_MAX / 2);
    }
  });

  it("bounds the number of messages in a frame", () => {
    const messages = Array.from({ length: 2 * limits.FORWARDED_MESSAGES_MAX + 1 }, () => Uint8Array.of(1));
    expect([...forwardBatches(messages)].map((batch) => batch.length)).toEqual([
      limits.FORWARDED_MESSAGES_MAX,
      limits.FORWARDED_MESSAGES_MAX,
      1,
    ]);
  });

  it("makes nothing of nothing", () => {
    expect([...forwardBatches([])]).toEqual([]);
  });
});
