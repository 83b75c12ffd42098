import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type KeyValueOp, type KeyValueStore, prefixRange } from "./keyValueStore.js";
import { memoryStore, type MemoryStore } from "./memoryStore.js";
import { describeKeyValueStore } from "./testing/describeKeyValueStore.js";
import { levelHarness, memoryHarness } from "./testing/storeHarness.js";

describeKeyValueStore("the memory store", async () => memoryHarness());

const opOf = (key: number, value: number | null): KeyValueOp => {
  const bytes = new Uint8Array([1, key]);
  return value === null ? { type: "delete", key: bytes } : { type: "put", key: bytes, value: new Uint8Array([value]) };
};
const contents = async (store: KeyValueStore): Promise<[number, number][]> => {
  const found: [number, number][] = [];
  for await (const { key, value } of store.entries(prefixRange(new Uint8Array([1])))) found.push([key[1]!, value[0]!]);
  return found;
};
const sorted = (model: ReadonlyMap<number, number>): [number, number][] => [...model].sort(([a], [b]) => a - b);
const apply = (model: Map<number, number>, ops: readonly (readonly [number, number | null])[]): void => {
  for (const [key, value] of ops) {
    if (value === null) model.delete(key);
    else model.set(key, value);
  }
};

const opsArbitrary = fc.array(fc.tuple(fc.nat(30), fc.option(fc.nat(255))), { maxLength: 6 });
const stepArbitrary = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant("commit" as const), ops: opsArbitrary, durable: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("restart" as const) }) },
);

describe("power cuts of the memory store", () => {
  it("lose what was not committed durably, and nothing else, over any sequence of commits and cuts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stepArbitrary, { maxLength: 30 }), async (steps) => {
        let store: MemoryStore = memoryStore();
        let live = new Map<number, number>();
        const durable = new Map<number, number>();
        for (const step of steps) {
          if (step.type === "restart") {
            store = store.crash();
            live = new Map(durable);
          } else {
            await store.commit(
              step.ops.map(([key, value]) => opOf(key, value)),
              step,
            );
            apply(live, step.ops);
            if (step.durable) apply(durable, step.ops);
          }
          expect(await contents(store)).toEqual(sorted(live));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("never tell a commit under way that it is done", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const store = memoryStore({ beforeWrite: () => held });
    const underWay = store.commit([opOf(1, 1)], { durable: true });
    const refused = expect(underWay).rejects.toMatchObject({ code: "closed" });
    await Promise.resolve();
    const next = store.crash();
    release();
    await refused;
    expect(await contents(next)).toEqual([]);
    await expect(store.get(new Uint8Array([1]))).rejects.toMatchObject({ code: "closed" });
  });
});

describe("any sequence of durable commits and restarts", () => {
  it("reads back from LevelDB as a plain map would have it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stepArbitrary, { maxLength: 12 }), async (steps) => {
        const harness = await levelHarness();
        const model = new Map<number, number>();
        let store = await harness.open();
        for (const step of steps) {
          if (step.type === "restart") store = await harness.open();
          else {
            await store.commit(
              step.ops.map(([key, value]) => opOf(key, value)),
              { durable: true },
            );
            apply(model, step.ops);
          }
        }
        expect(await contents(store)).toEqual(sorted(model));
        await harness.close();
      }),
      { numRuns: 15 },
    );
  });
});
