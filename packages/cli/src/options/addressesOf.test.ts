import { describe, expect, it } from "vitest";
import { addressesOf } from "./addressesOf.js";

const DEFAULTS = { keeperPort: 8_500, apiPort: 8_600 };

describe("the addresses of a new network", () => {
  it("refuses ports that two listeners of one host would share", () => {
    const places = addressesOf({ ...DEFAULTS, nodes: 100 });
    expect(new Set(places.flatMap(({ keeper, api }) => [keeper.port, api.port])).size).toBe(200);
    expect(() => addressesOf({ ...DEFAULTS, nodes: 101 })).toThrow(/101 each on one host: some would be used twice/);
    expect(() => addressesOf({ ...DEFAULTS, nodes: 4, apiPort: 65_533 })).toThrow(/end at 65536/);
  });

  it("gives keepers on hosts of their own the same ports, which differ", () => {
    const hosts = Array.from({ length: 101 }, (_, i) => `10.0.0.${i}`).join();
    expect(addressesOf({ ...DEFAULTS, nodes: 101, hosts })[100]).toEqual({
      keeper: { host: "10.0.0.100", port: 8_500 },
      api: { host: "10.0.0.100", port: 8_600 },
    });
    expect(() => addressesOf({ nodes: 2, hosts: "a,b", keeperPort: 8_500, apiPort: 8_500 })).toThrow(/used twice/);
  });
});
