import { describe, expect, it } from "vitest";
import { checkDependencies } from "./checkDependencies.js";
import { plantWorkspace } from "./plantedWorkspace.js";
import { readWorkspace } from "./workspace.js";

describe("dependencies of this workspace", () => {
  it("are imported, declared and referenced alike", () => {
    expect(checkDependencies(readWorkspace())).toEqual([]);
  });
});

describe("the dependency check", () => {
  it("lets a package pass whose three lists agree", () => {
    const text = `import { a } from "@sealwright/types"; import { readFile } from "node:fs/promises"; import { b } from "pg/lib/b.js";`;
    const forge = { files: { "src/a.ts": text }, dependencies: ["@sealwright/types", "pg"], references: ["types"] };
    expect(checkDependencies(plantWorkspace({ forge }))).toEqual([]);
  });

  it("catches an import that package.json does not declare", () => {
    const forge = { files: { "src/a.ts": `import { b } from "pg";` } };
    expect(checkDependencies(plantWorkspace({ forge }))).toEqual([expect.stringContaining("imports pg, which")]);
  });

  it("catches code that ships on a tool of the tests, and lets a test use it", () => {
    const text = `import { it } from "vitest";`;
    expect(checkDependencies(plantWorkspace({ forge: { files: { "src/a.ts": text } } }))).toHaveLength(1);
    expect(checkDependencies(plantWorkspace({ forge: { files: { "src/a.test.ts": text } } }))).toEqual([]);
  });

  it("catches a declared package that only tests import, or nothing", () => {
    const forge = { files: { "src/a.test.ts": `import { b } from "pg";` }, dependencies: ["pg"] };
    expect(checkDependencies(plantWorkspace({ forge }))).toEqual([
      expect.stringContaining("declares pg, which nothing"),
    ]);
  });

  it("wants what a bundle leaves out declared, although no file of the package imports it", () => {
    const cli = { files: { "src/a.ts": "" }, dependencies: ["pg"], bundle: { external: ["pg", "pino"] } };
    expect(checkDependencies(plantWorkspace({ cli }))).toEqual([
      expect.stringContaining("its bundle asks for pino, which it does not declare"),
    ]);
  });

  it("catches a missing and a needless reference", () => {
    const forge = {
      files: { "src/a.ts": `import { a } from "@sealwright/types";` },
      dependencies: ["@sealwright/types"],
      references: ["store"],
    };
    expect(checkDependencies(plantWorkspace({ forge }))).toEqual([
      expect.stringContaining("lacks a reference to ../types"),
      expect.stringContaining("references ../store, which src does not import"),
    ]);
  });

  it("catches a package that the root does not build", () => {
    const types = { files: { "src/a.ts": "" } };
    expect(checkDependencies(plantWorkspace({ types }, { rootReferences: [] }))).toEqual([
      expect.stringContaining("does not build packages/types"),
    ]);
  });
});
