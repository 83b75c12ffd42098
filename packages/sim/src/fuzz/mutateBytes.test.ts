import { expect, it } from "vitest";
import { SimRandom } from "../world/simRandom.js";
import { mutateBytes } from "./mutateBytes.js";

it("changes a copy, whatever the input is a view of", () => {
  const random = new SimRandom(1, "mutate");
  const text = "a text whose bytes stand in a buffer";
  for (const input of [Buffer.from(text), new Uint8Array(Buffer.from(text))]) {
    for (let i = 0; i < 1_000; i++) mutateBytes(random, input, input);
    expect(Buffer.from(input).toString()).toBe(text);
  }
});
