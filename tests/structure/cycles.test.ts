import { describe, expect, it } from "vitest";
import { checkCycles } from "./checkCycles.js";
import { plantWorkspace } from "./plantedWorkspace.js";
import { readWorkspace } from "./workspace.js";

describe("cycles", () => {
  it("no file and no package of this workspace reaches itself", () => {
    expect(checkCycles(readWorkspace())).toEqual([]);
  });

  it("the check catches three files in a circle, one of them for a type", () => {
    const forge = {
      files: {
        "src/a.ts": `import { b } from "./b.js";`,
        "src/b.ts": `import type { C } from "./deep/c.js";`,
        "src/deep/c.ts": `export { a } from "../a.js";`,
      },
    };
    expect(checkCycles(plantWorkspace({ forge }))).toEqual([
      expect.stringContaining(
        "packages/forge/src/a.ts -> packages/forge/src/b.ts -> packages/forge/src/deep/c.ts -> packages/forge/src/a.ts",
      ),
    ]);
  });

  it("the check catches two packages that import each other through different files", () => {
    const store = { files: { "src/a.ts": `import { x } from "@sealwright/tezos";`, "src/b.ts": "" } };
    const tezos = { files: { "src/a.ts": "", "src/b.ts": `import { x } from "@sealwright/store/testing";` } };
    expect(checkCycles(plantWorkspace({ store, tezos }))).toEqual([expect.stringContaining("store -> tezos -> store")]);
  });

  it("the check lets a diamond pass", () => {
    const forge = {
      files: {
        "src/top.ts": `import "./left.js"; import "./right.js";`,
        "src/left.ts": `import "./bottom.js";`,
        "src/right.ts": `import "./bottom.js";`,
        "src/bottom.ts": "",
      },
    };
    expect(checkCycles(plantWorkspace({ forge }))).toEqual([]);
  });
});
