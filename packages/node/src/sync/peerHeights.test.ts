import { height, type KeeperId } from "@sealwright/types";
import { expect, it } from "vitest";
import { PeerHeights } from "./peerHeights.js";

it("[I12] f keepers that lie cannot make a node look behind, and f + 1 that are ahead can", () => {
  const heights = new PeerHeights(1);
  expect(heights.behind(height(5))).toBe(0n);
  heights.note("a" as KeeperId, height(1_000_000));
  expect(heights.behind(height(5))).toBe(0n);
  heights.note("b" as KeeperId, height(25));
  expect(heights.behind(height(5))).toBe(20n);
  expect(heights.behind(height(30))).toBe(0n);
  heights.forget("b" as KeeperId);
  expect(heights.behind(height(5))).toBe(0n);
});
