import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { shellWord } from "./shellWord.js";

describe("a path in a command that is shown", () => {
  it("stays as it is where a shell takes it as one word", () => {
    expect(shellWord("network/node-0/node.yaml")).toBe("network/node-0/node.yaml");
  });

  it.each(["my network/node.yaml", "it's", "a$HOME", "", "zwölf", "*", `"\\`])(
    "reaches a command whole: %s",
    (path) => {
      expect(execFileSync("sh", ["-c", `printf %s ${shellWord(path)}`], { encoding: "utf8" })).toBe(path);
    },
  );
});
