import { describe, expect, it } from "vitest";
import { collectFaults, parseFault } from "./parseFault.js";

describe("parseFault", () => {
  it.each([
    ["8s kill keeper:2", { atMs: 8_000, action: "kill", target: { type: "keeper", index: 2 } }],
    ["1500ms stop producer:0", { atMs: 1_500, action: "stop", target: { type: "producer", thread: "0" } }],
    ["1m  partition  keeper:10 ", { atMs: 60_000, action: "partition", target: { type: "keeper", index: 10 } }],
    ["20s heal", { atMs: 20_000, action: "heal", target: null }],
  ])("reads %s", (text, fault) => {
    expect(parseFault(text)).toEqual(fault);
  });

  it("reads a thread by its id", () => {
    const id = "0".repeat(68);
    expect(parseFault(`8s kill producer:${id}`).target).toEqual({ type: "producer", thread: id });
  });

  it.each([
    ["", 'Allowed: "<at> <action> [target]", such as "8s kill keeper:2".'],
    ["8s", 'Allowed: "<at> <action> [target]", such as "8s kill keeper:2".'],
    ["8s kill keeper:2 now", 'Allowed: "<at> <action> [target]", such as "8s kill keeper:2".'],
    ["8 kill keeper:2", '"8" is no time. Allowed: a number and its unit, such as 20s, 1500ms, 2m or 1h.'],
    ["8s kil keeper:2", '"kil" is no action. Allowed: kill, stop, cont, restart, partition, heal.'],
    ["8s kill", "kill needs a target: keeper:<number> as the devnet counts them, from 0, or producer:<thread>"],
    ["8s heal keeper:2", "heal ends all partitions and has no target."],
    ["8s kill keeper:-1", '"keeper:-1" is no target. Allowed: keeper:<number>'],
    ["8s kill producer:", '"producer:" is no target.'],
    ["8s kill node:2", '"node:2" is no target.'],
  ])('refuses "%s" and says what is allowed', (text, message) => {
    expect(() => parseFault(text)).toThrow(message);
  });

  it("collects what is given several times, in order", () => {
    const faults = ["8s kill keeper:2", "12s restart keeper:2"].reduce(
      (before, text) => [...collectFaults(text, before)],
      [] as ReturnType<typeof parseFault>[],
    );
    expect(faults.map(({ action }) => action)).toEqual(["kill", "restart"]);
  });
});
