import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { straighten } from "../../scripts/bundle/straightImports.mjs";
import { loadedWith, readBundle } from "./loadedParts.js";

const SERVER = [
  "node_modules/fastify/",
  "node_modules/typebox/",
  "packages/api/dist/server/",
  "packages/api/dist/http/",
];
const NODE = [
  "packages/node/dist/startNode.js",
  "packages/keeper/",
  "packages/producer/",
  "packages/network/dist/tls/tlsTransport.js",
];
const TON = ["node_modules/@ton/", "packages/execution/dist/tvm/"];

describe("the bundle of the command", () => {
  let bundle: Metafile;
  beforeAll(async () => {
    bundle = await readBundle();
  });
  const command = (name: string): readonly string[] => loadedWith(bundle, `packages/cli/dist/commands/${name}.js`);

  it("loads nothing but the command line itself for help and typing errors", () => {
    const loaded = loadedWith(bundle, "packages/cli/dist/main.js");
    expect(loaded.filter((path) => !/^(packages\/cli\/dist|node_modules\/commander)\//.test(path))).toEqual([]);
  });

  it.each(["status", "watch", "explain", "evidence", "send"])(
    "loads no library for %s, which only asks a node",
    (name) => {
      expect(command(name)).toContain("packages/api/dist/client/sealwrightClient.js");
      expect(command(name).filter((path) => path.startsWith("node_modules/"))).toEqual([]);
    },
  );

  it.each<[string, readonly string[]]>([
    ["keys", [...SERVER, ...NODE, ...TON]],
    ["init", [...SERVER, ...NODE, ...TON]],
    ["doctor", [...SERVER, ...NODE, ...TON]],
    ["devnet", [...SERVER, ...NODE]],
    ["bench", [...SERVER, ...NODE]],
    ["forge", [...NODE, ...TON]],
    ["node", ["packages/devnet/", "node_modules/@ton/ton/"]],
  ])("loads for %s nothing of a part that it does not run", (name, parts) => {
    expect(command(name).filter((path) => parts.some((part) => path.startsWith(part)))).toEqual([]);
  });

  it("has each of these parts, so that their absence says something", () => {
    const modules = Object.keys(bundle.inputs);
    const parts = [...SERVER, ...NODE, ...TON];
    expect(parts.filter((part) => !modules.some((path) => path.startsWith(part)))).toEqual([]);
  });

  it("has one HTTP client, ours: the one of TON's library stays with the rest of that library", () => {
    expect(Object.keys(bundle.inputs).filter((path) => path.startsWith("node_modules/axios/"))).toEqual([]);
  });

  it("holds no validator that no server of ours asks for", () => {
    const modules = Object.values(bundle.outputs).flatMap(({ inputs }) => Object.keys(inputs));
    expect(modules.filter((path) => path.includes("node_modules/ajv/"))).toEqual([]);
  });

  it("imports only Node and our own packages from outside: foreign ones are CommonJS, and quicker to require", () => {
    const imported = Object.values(bundle.outputs)
      .flatMap(({ imports }) => imports)
      .filter(({ external, kind }) => external === true && kind !== "require-call")
      .map(({ path }) => path);
    const foreign = imported.filter((path) => !isBuiltin(path) && !path.startsWith("@sealwright/"));
    expect(foreign).toEqual([]);
  });

  it("loads no server for the threads that execute, check and send", () => {
    const workers = [
      "crypto/dist/pool/cryptoWorker",
      "execution/dist/host/executionWorker",
      "devnet/dist/load/loadWorker",
    ];
    const loaded = workers.flatMap((worker) => loadedWith(bundle, `packages/${worker}.js`));
    expect(loaded.filter((path) => SERVER.some((part) => path.startsWith(part)))).toEqual([]);
  });
});

describe("straight imports", () => {
  const dir = mkdtempSync(join(tmpdir(), "sealwright-straight-"));
  afterAll(() => rmSync(dir, { recursive: true }));
  function write(name: string, ...lines: string[]): string {
    const path = join(dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, lines.join("\n"));
    return path;
  }
  const lead = (name: string, as: string, file: string): string =>
    `import { ${name} as ${as} } from ${JSON.stringify(join(dir, file))};`;

  it("lead past every door to the module that has the thing, by that module's name for it", () => {
    write(
      "index.js",
      `export { a as b } from "./inner/index.js";`,
      `export { c, } from "./c.js";`,
      `//# sourceMappingURL=index.js.map`,
    );
    write("inner/index.js", `export { own as a } from "./deep.js";`);
    write("inner/deep.js", `export const own = 1;`);
    write("c.js", `export const c = 1;`);
    const user = write("user.js", `import { b as mine, c } from "./index.js";`, `mine(c);`);
    expect(straighten(user, new Set())).toBe(
      `${lead("own", "mine", "inner/deep.js")} ${lead("c", "c", "c.js")}\nmine(c);`,
    );
  });

  it("leave alone what a door names as a whole, modules that do something, and packages that stay outside", () => {
    write("whole/index.js", `export * as limits from "./limits.js";`);
    write("busy/index.js", `export { c } from "../c.js";`, `start();`);
    const lines = [`import { c } from "./busy/index.js";`, `import { runSeeds } from "@sealwright/sim";`];
    expect(straighten(write("other.js", ...lines), new Set(["@sealwright/sim"]))).toBe(lines.join("\n"));
    const limits = write("limited.js", `import { limits } from "./whole/index.js";`);
    expect(straighten(limits, new Set())).toBe(`import { limits as limits } from "./whole/index.js";`);
  });

  it("leave a module's lines where they were", () => {
    const user = write("lines.js", `import { b } from "./index.js";`, `b();`);
    expect(straighten(user, new Set()).split("\n")).toHaveLength(2);
  });
});
