import { describe, expect, it } from "vitest";
import { SimRandom } from "../world/simRandom.js";
import { Corpus } from "./corpus.js";

const bytes = (value: number, length = 1) => new Uint8Array(length).fill(value);

describe("corpus", () => {
  it("lets the oldest kept input go when it is full, and never a seed", () => {
    const corpus = new Corpus([bytes(0)], { inputsMax: 2, bytesMax: 100 });
    for (let value = 1; value <= 5; value++) corpus.keep(bytes(value));
    const random = new SimRandom(1, "corpus");
    const picked = new Set(Array.from({ length: 200 }, () => corpus.pick(random)[0]));
    expect(picked).toEqual(new Set([0, 4, 5]));
  });

  it("is bounded in bytes too", () => {
    const corpus = new Corpus([], { inputsMax: 100, bytesMax: 10 });
    for (let i = 0; i < 20; i++) corpus.keep(bytes(i, 4));
    expect(corpus.size).toBe(1 + 2);
    corpus.keep(bytes(1, 11));
    expect(corpus.size).toBe(1);
  });
});
