import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mutatedSource } from "./mutatedSource.js";
import { MUTATIONS } from "./mutations.js";

const packages = new URL("../../../", import.meta.url);

describe("the rules that can be broken", () => {
  it.each(MUTATIONS.map((mutation) => [mutation.rule, mutation] as const))(
    "%s stands exactly once in the code as it is now",
    (_rule, mutation) => {
      const source = readFileSync(new URL(mutation.file, packages), "utf8");
      expect(mutatedSource(mutation, source)).toContain(mutation.replace);
    },
  );

  it("have names of their own", () => {
    expect(new Set(MUTATIONS.map(({ rule }) => rule)).size).toBe(MUTATIONS.length);
  });
});
