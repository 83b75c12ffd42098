import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { floorOf, PURE_FLOOR_MAX } from "./floors.js";
import { readWorkspace, REPOSITORY_ROOT } from "./workspace.js";

const COMPILER = join(REPOSITORY_ROOT, "node_modules/ts7/bin/tsc");
/** As a program that trusts no declaration, and is not one of a browser. */
const OPTIONS = {
  target: "es2022",
  lib: ["es2023", "esnext.disposable"],
  module: "nodenext",
  types: ["node"],
  typeRoots: [join(REPOSITORY_ROOT, "node_modules/@types")],
  strict: true,
  skipLibCheck: false,
  noEmit: true,
};

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-declarations-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** What the compiler says of these declarations and of all that they lead to, a line each. */
async function faultsOf(files: readonly string[]): Promise<readonly string[]> {
  await writeFile(join(dir, "tsconfig.json"), JSON.stringify({ compilerOptions: OPTIONS, files }));
  const args = [COMPILER, "-p", dir, "--pretty", "false"];
  const said = await new Promise<string>((resolve) =>
    execFile(process.execPath, args, { cwd: REPOSITORY_ROOT }, (_error, stdout, stderr) => resolve(stdout + stderr)),
  );
  return said.split("\n").filter((line) => line !== "");
}

/** From the API on, declarations lead to those of its HTTP server, which take ten times as long to check as all of ours. */
const isChecked = (name: string): boolean => (floorOf(name) ?? Infinity) <= PURE_FLOOR_MAX && name !== "api";

describe("the declarations that ship", () => {
  it("below the API stand alone: a program needs neither skipLibCheck for them nor the types of browsers", async () => {
    const entries = readWorkspace()
      .packages.filter(({ name }) => isChecked(name))
      .flatMap(({ name }) =>
        ["index", "testing/index"]
          .map((entry) => join(REPOSITORY_ROOT, "packages", name, "dist", `${entry}.d.ts`))
          .filter((path) => existsSync(path)),
      );
    expect(entries.length).toBeGreaterThan(10);
    expect(await faultsOf(entries)).toEqual([]);
  });

  it("are told of when they do not", async () => {
    const planted = join(dir, "planted.d.ts");
    await writeFile(planted, "export declare const code: WebAssembly.Module;\n");
    expect(await faultsOf([planted])).toEqual([expect.stringContaining("Cannot find namespace 'WebAssembly'")]);
  });
});
