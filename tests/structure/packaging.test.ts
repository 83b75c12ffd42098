import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkPackaging } from "./checkPackaging.js";
import { type PlantedPackage, plantWorkspace } from "./plantedWorkspace.js";
import { type PackageManifest, readWorkspace, REPOSITORY_ROOT } from "./workspace.js";

const MANIFEST: Partial<PackageManifest> = {
  type: "module",
  sideEffects: false,
  engines: { node: ">=20" },
  exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
  files: ["dist", "!dist/.tsbuildinfo", "src", "!src/**/*.test.ts"],
};
const TESTING = { types: "./dist/testing/index.d.ts", default: "./dist/testing/index.js" };
const GOOD: PlantedPackage = { files: { "src/index.ts": "" }, manifest: MANIFEST, license: "free" };

function problemsOf(changes: Partial<PlantedPackage>): readonly string[] {
  return checkPackaging(plantWorkspace({ forge: { ...GOOD, ...changes } }), "free");
}

describe("the packages of this workspace", () => {
  it("can be packed, installed and imported alone", () => {
    const license = readFileSync(join(REPOSITORY_ROOT, "LICENSE"), "utf8");
    expect(checkPackaging(readWorkspace(), license)).toEqual([]);
  });
});

describe("the packaging check", () => {
  it("lets a package pass that has all", () => {
    expect(problemsOf({})).toEqual([]);
  });

  it.each<[string, Partial<PlantedPackage>]>([
    ["LICENSE", { license: "mine" }],
    ["sideEffects is true", { manifest: { ...MANIFEST, sideEffects: true } }],
    ["type is commonjs", { manifest: { ...MANIFEST, type: "commonjs" } }],
    ["files is dist", { manifest: { ...MANIFEST, files: ["dist"] } }],
    [
      "exports ./testing, which src does not have",
      { manifest: { ...MANIFEST, exports: { ...MANIFEST.exports, "./testing": TESTING } } },
    ],
    ["does not export ./testing", { files: { "src/index.ts": "", "src/testing/index.ts": "" } }],
    [
      ". is to be",
      { manifest: { ...MANIFEST, exports: { ".": { default: "./dist/index.js", types: "./dist/index.d.ts" } } } },
    ],
    ["exports ./deep", { manifest: { ...MANIFEST, exports: { ...MANIFEST.exports, "./deep": {} } } }],
    ["has no optional peer vitest", { files: { "src/index.ts": `import type { it } from "vitest";` } }],
    ["has a peer vitest", { manifest: { ...MANIFEST, peerDependencies: { vitest: "4" } } }],
  ])("tells: %s", (problem, changes) => {
    expect(problemsOf(changes)).toEqual([expect.stringContaining(problem)]);
  });

  it("catches a front door that loads a test tool by way of another package, and lets its contract suites do so", () => {
    const manifest = {
      ...MANIFEST,
      exports: {
        ...MANIFEST.exports,
        "./testing": TESTING,
        "./testing/contracts": { types: "./dist/testing/contracts.d.ts", default: "./dist/testing/contracts.js" },
      },
      peerDependencies: { vitest: "4" },
    };
    const suite = `import { it } from "vitest";`;
    const forge = (testing: string): PlantedPackage => ({
      ...GOOD,
      manifest,
      files: {
        "src/index.ts": "",
        "src/testing/index.ts": testing,
        "src/testing/contracts.ts": `export { a } from "./suite.js";`,
        "src/testing/suite.ts": suite,
      },
    });
    const sim = { ...GOOD, files: { "src/index.ts": `import { a } from "@sealwright/forge/testing";` } };
    expect(checkPackaging(plantWorkspace({ forge: forge(""), sim }), "free")).toEqual([]);
    const typesOnly = forge(`export type { A } from "./suite.js";`);
    expect(checkPackaging(plantWorkspace({ forge: typesOnly, sim }), "free")).toEqual([]);
    expect(checkPackaging(plantWorkspace({ forge: forge(`export { a } from "./suite.js";`), sim }), "free")).toEqual([
      expect.stringContaining(
        "packages/forge/src/testing/index.ts: loads vitest, by packages/forge/src/testing/suite.ts",
      ),
      expect.stringContaining("packages/sim/src/index.ts: loads vitest"),
    ]);
  });
});
