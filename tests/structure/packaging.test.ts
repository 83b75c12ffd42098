import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkDeclarations } from "./checkDeclarations.js";
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

  it("declare nothing in terms of packages without types, so that they compile where @types are not installed", () => {
    const names = readWorkspace().packages.map(({ name }) => name);
    expect(names.flatMap((name) => checkDeclarations(name))).toEqual([]);
  });
});

describe("the check of declarations", () => {
  it("tells what has no types, and lets pass what has", () => {
    const root = mkdtempSync(join(tmpdir(), "sealwright-declarations-"));
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    write("node_modules/bare/package.json", `{ "main": "./lib" }`);
    write("node_modules/bare/lib/index.js", "");
    write("node_modules/@a/typed/package.json", `{ "types": "./index.d.ts" }`);
    write(
      "packages/forge/dist/deep/index.d.ts",
      [`import type { A } from "@a/typed/part";`, `export * from "../b.js";`, `import type { C } from "bare";`].join(
        "\n",
      ),
    );
    expect(checkDeclarations("forge", root)).toEqual([expect.stringContaining("deep/index.d.ts: names bare")]);
    rmSync(root, { recursive: true });
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
    ["does not export ./client", { files: { "src/index.ts": "", "src/client/index.ts": "" } }],
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

  it("catches a client's door that leads to a library, and lets pass Node's own modules, types and the ground floor", () => {
    const exports = {
      ".": MANIFEST.exports?.["."] ?? {},
      "./client": { types: "./dist/client/index.d.ts", default: "./dist/client/index.js" },
    };
    const problems = (...lines: string[]): readonly string[] => {
      const files = {
        "src/index.ts": "",
        "src/client/index.ts": `export { a } from "./a.js";`,
        "src/client/a.ts": lines.join("\n"),
      };
      const types = { ...GOOD, files: { "src/index.ts": `import { hashInto } from "@chainsafe/hashtree";` } };
      return checkPackaging(
        plantWorkspace({ types, api: { ...GOOD, manifest: { ...MANIFEST, exports }, files } }),
        "free",
      );
    };
    const free = [
      `import http from "node:http";`,
      `import type { Static } from "typebox";`,
      `import { toHex } from "@sealwright/types";`,
    ];
    expect(problems(...free)).toEqual([]);
    expect(problems(...free, `import { Type } from "typebox";`)).toEqual([
      "packages/api/src/client/index.ts: loads typebox, by packages/api/src/client/a.ts. A client does without.",
    ]);
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
