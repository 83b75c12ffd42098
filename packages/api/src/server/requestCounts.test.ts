import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { RequestCounts } from "./requestCounts.js";

const WINDOW_MS = 1_000;

function counting() {
  const clock = new ManualClock();
  const counts = new RequestCounts(clock);
  const request = (address: string): number => {
    let counted = 0;
    counts.incr(address, (_error, result) => (counted = result!.current), WINDOW_MS);
    return counted;
  };
  return { clock, request };
}

describe("requests of an address", () => {
  it("are counted apart from those of others, until their window is over", () => {
    const { clock, request } = counting();
    expect(["a", "a", "b"].map(request)).toEqual([1, 2, 1]);
    clock.advance(WINDOW_MS - 1);
    expect(request("a")).toBe(3);
    clock.advance(1);
    expect(request("a")).toBe(1);
  });

  it("are forgotten when thousands of others came since, and not before", () => {
    const { request } = counting();
    request("kept");
    request("quiet");
    for (let i = 0; i < 4_998; i += 1) request(String(i));
    expect(request("kept")).toBe(2);
    request("one more");
    expect(["kept", "quiet"].map(request)).toEqual([3, 1]);
  });
});
