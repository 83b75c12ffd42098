import { afterAll, describe, expect, it } from "vitest";
import { brokenSize } from "./bounds.js";
import { collectionSizes } from "./collectionSizes.js";
import { PrivateFields } from "./privateFields.js";

class Cache {
  readonly #known = new Map<number, readonly number[]>();
  add(key: number, items: readonly number[]): void {
    this.#known.set(key, items);
  }
}

class Service {
  readonly #cache = new Cache();
  readonly deps = { parent: this as unknown, open: new Set<number>() };
  get cache(): Cache {
    return this.#cache;
  }
}

describe("sizes of collections", () => {
  const fields = new PrivateFields();
  afterAll(() => fields.close());

  it("are seen in private fields, in what lies inside of them, and in circles", () => {
    const service = new Service();
    service.cache.add(1, [1, 2, 3]);
    service.cache.add(2, [4]);
    service.deps.open.add(7);
    const sizes = collectionSizes([service], fields);
    expect(Object.fromEntries(sizes)).toMatchObject({ "Cache.#known": 4, "Service.deps.open": 1 });
  });

  it("show a cache that only grows", () => {
    const service = new Service();
    for (let i = 0; i < 1_000; i++) service.cache.add(i, [i]);
    expect(brokenSize(collectionSizes([service], fields))).toBe("Cache.#known: 1000, at most 600 are allowed");
  });
});
