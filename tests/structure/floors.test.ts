import { describe, expect, it } from "vitest";
import { checkFloors } from "./checkFloors.js";
import { FLOORS, SAME_FLOOR } from "./floors.js";
import { plantWorkspace } from "./plantedWorkspace.js";
import { readWorkspace } from "./workspace.js";

const TYPES = { files: { "src/index.ts": "export const one = 1;" } };

describe("floors of this workspace", () => {
  it("imports between packages go down only, and through the front door", () => {
    expect(checkFloors(readWorkspace())).toEqual([]);
  });

  it("every exception within a floor names packages of one floor", () => {
    for (const [from, targets] of Object.entries(SAME_FLOOR)) {
      const floor = FLOORS.find((packages) => packages.includes(from));
      expect(floor, from).toEqual(expect.arrayContaining([...targets]));
    }
  });
});

describe("the floor check catches", () => {
  const offence = (name: string, path: string, text: string): readonly string[] =>
    checkFloors(
      plantWorkspace({ types: TYPES, store: TYPES, node: TYPES, devnet: TYPES, [name]: { files: { [path]: text } } }),
    );

  it("an import upward", () => {
    expect(offence("forge", "src/a.ts", `import { x } from "@sealwright/node";`)).toEqual([
      expect.stringContaining("imports @sealwright/node from floor 4 on floor 2"),
    ]);
  });

  it("an import upward that is only for a type", () => {
    expect(offence("forge", "src/a.ts", `import type { X } from "@sealwright/node";`)).toHaveLength(1);
  });

  it("an import upward by a re-export, a dynamic import or a test", () => {
    expect(offence("forge", "src/a.ts", `export { x } from "@sealwright/node";`)).toHaveLength(1);
    expect(offence("forge", "src/a.ts", `const x = await import("@sealwright/node");`)).toHaveLength(1);
    expect(offence("forge", "src/a.test.ts", `import { x } from "@sealwright/node";`)).toHaveLength(1);
  });

  it("an import within a floor that nobody listed, and lets a listed one pass", () => {
    expect(offence("tezos", "src/a.ts", `import { x } from "@sealwright/store";`)).toHaveLength(1);
    expect(offence("node", "src/a.ts", `import { x } from "@sealwright/devnet";`)).toHaveLength(1);
    expect(offence("devnet", "src/a.ts", `import { x } from "@sealwright/node";`)).toEqual([]);
  });

  it("a reach into another package's files", () => {
    expect(offence("forge", "src/a.ts", `import { x } from "@sealwright/types/dist/hash.js";`)).toEqual([
      expect.stringContaining("reaches into @sealwright/types/dist/hash.js"),
    ]);
    expect(offence("forge", "src/a.ts", `import { x } from "../../types/src/hash.js";`)).toEqual([
      expect.stringContaining("climbs out of its package"),
    ]);
  });

  it("test helpers in code that ships", () => {
    const text = `import { ManualClock } from "@sealwright/types/testing";`;
    expect(offence("forge", "src/a.ts", text)).toEqual([expect.stringContaining("in code that ships")]);
    expect(offence("forge", "src/a.test.ts", text)).toEqual([]);
    expect(offence("forge", "src/testing/a.ts", text)).toEqual([]);
  });

  it("a package that imports itself by name, or one that does not exist", () => {
    expect(offence("forge", "src/a.ts", `import { x } from "@sealwright/forge";`)).toHaveLength(1);
    expect(offence("forge", "src/a.ts", `import { x } from "@sealwright/unheard";`)).toHaveLength(1);
  });

  it("a package without a floor", () => {
    expect(offence("attic", "src/a.ts", "")).toEqual([expect.stringContaining("packages/attic: has no floor")]);
  });
});
