import { describe, expect, it } from "vitest";
import { machineTracesIn } from "./checkPortable.js";
import { checkReadmes } from "./checkReadmes.js";
import { switchedTestsIn } from "./checkTestsRun.js";
import { plantWorkspace } from "./plantedWorkspace.js";
import { readTextFiles, readWorkspace } from "./workspace.js";

describe("READMEs", () => {
  it("every package of this workspace has one with its invariants", () => {
    expect(checkReadmes(readWorkspace())).toEqual([]);
  });

  it("the check catches a missing README and one that only mentions invariants", () => {
    const files = {};
    const found = checkReadmes(
      plantWorkspace({
        types: { files },
        store: { files, readme: "# store\n\nIt has Invariants.\n" },
        forge: { files, readme: "# forge\n\n## Invariants\n\n1. Never twice.\n" },
      }),
    );
    expect(found).toEqual([
      expect.stringContaining("packages/types: has no README.md"),
      expect.stringContaining('packages/store/README.md: has no heading "Invariants"'),
    ]);
  });
});

describe("tests", () => {
  it("none of this workspace is skipped, left to do, or alone", () => {
    const files = readTextFiles().filter((file) => /\.(test|bench)\.tsx?$|\/testing\/.*\.tsx?$/.test(file.path));
    expect(files.length).toBeGreaterThan(0);
    expect(files.flatMap((file) => switchedTestsIn(file.path, file.text))).toEqual([]);
  });

  it.each([
    ["it.skip(name, f)"],
    ["it.only(name, f)"],
    ["describe.only(name, f)"],
    ["it.todo(name)"],
    ["it.concurrent.skip(name, f)"],
    ["it.skipIf(condition)(name, f)"],
    ["describe.runIf(condition)(name, f)"],
    ["it.fails(name, f)"],
    ["it.skip.each(table)(name, f)"],
    ["it.each(table).skip(name, f)"],
    ["const maybe = process.env.CI ? it : it.skip"],
    ["it(name, { skip: true }, f)"],
    ["it.each(table)(name, { only: true }, f)"],
    ["it(name, (ctx) => ctx.skip())"],
    ["it(name, ({ skip }) => skip())"],
    ["xit(name, f)"],
  ])("the check catches %s", (text) => {
    expect(switchedTestsIn("a.test.ts", text)).toHaveLength(1);
  });

  it("the check lets ordinary tests pass, and words in names and comments", () => {
    const text = `it("[F1] cannot skip or .only one", f); // it.skip\nit.each(table)("%s", f); queue.skip(3); cursor.only(1);`;
    expect(switchedTestsIn("a.test.ts", text)).toEqual([]);
  });
});

describe("files", () => {
  it("none of this project mentions a machine's own paths or where packages come from", () => {
    expect(readTextFiles().flatMap(machineTracesIn)).toEqual([]);
  });

  // Put together here, so that this file does not offend itself.
  it.each([
    ["a home folder", ["", "home", "ada", "project"].join("/")],
    ["a home folder in quotes", `cwd: "${["", "root", "project"].join("/")}"`],
    ["a home folder after a scheme", `file://${["", "Users", "ada"].join("/")}`],
    ["a home folder on another system", ["C:", "Users", "ada"].join("\\")],
    ["a registry's host", `https://${["registry", "npmjs", "org"].join(".")}/x`],
    ["a registry's setting", ["registry", "https://example.org"].join("=")],
  ])("the check catches %s", (_name, text) => {
    expect(machineTracesIn({ path: "a.md", text })).toHaveLength(1);
  });

  it("the check lets relative paths, routes and local addresses pass", () => {
    const path = (...parts: readonly string[]): string => parts.join("/");
    const local = path("http://127.0.0.1:8080", "home", "x");
    const relative = [path("..", "root", "x"), path("${dir}", "root", "a")].join(", ");
    const text = `${path("packages", "work", "src")}, GET /v1/messages, ${local}, ${relative}, ${path("", "tmp", "x")}`;
    expect(machineTracesIn({ path: "a.md", text })).toEqual([]);
  });
});
