import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mutatedSource } from "./mutatedSource.js";
import { MUTATIONS } from "./mutations.js";

const packages = new URL("../../../", import.meta.url);

describe("the rules that can be broken", () => {
  it.each(MUTATIONS.map((mutation) => [mutation.rule, mutation] as const))(
    "%s stands exactly once in the code as it is now",
    (rule, { edits }) => {
      for (const { file, replace } of edits) {
        const source = readFileSync(new URL(file, packages), "utf8");
        const inFile = edits.filter((edit) => edit.file === file);
        expect(mutatedSource(rule, inFile, source)).toContain(replace);
      }
    },
  );

  it("have names of their own", () => {
    expect(new Set(MUTATIONS.map(({ rule }) => rule)).size).toBe(MUTATIONS.length);
  });
});
