import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { SignalWatch } from "./signalWatch.js";

describe("SignalWatch", () => {
  it("listens once however many watch, calls them all, and leaves nothing behind", () => {
    const watch = new SignalWatch();
    const abort = new AbortController();
    const called: number[] = [];
    for (let i = 0; i < 100; i++) watch.watch(abort.signal, () => called.push(i));
    expect(getEventListeners(abort.signal, "abort")).toHaveLength(1);
    abort.abort();
    expect(called).toHaveLength(100);
    expect(getEventListeners(abort.signal, "abort")).toHaveLength(0);
  });

  it("stops listening with the last one that stops watching", () => {
    const watch = new SignalWatch();
    const abort = new AbortController();
    const called: string[] = [];
    const [first, second] = [
      watch.watch(abort.signal, () => called.push("first")),
      watch.watch(abort.signal, () => called.push("second")),
    ];
    first();
    expect(getEventListeners(abort.signal, "abort")).toHaveLength(1);
    second();
    expect(getEventListeners(abort.signal, "abort")).toHaveLength(0);
    abort.abort();
    expect(called).toEqual([]);
  });
});
