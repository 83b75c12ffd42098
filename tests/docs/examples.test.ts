import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const PAGES = ["README.md", ...readdirSync(new URL("docs/", ROOT)).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith(".md"),
);
/** What makes a network another one than that of `npm start`, whose folder is the default. */
const PARAMETERS = /--(?:nodes|threads|executor|accounts) /;

/** Commands of all `sh` blocks of a page, with the lines that a `\` joins. */
function commandsIn(text: string): readonly string[] {
  return [...text.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, block]) =>
    block!.replace(/\\\n/g, " ").split("\n").filter(Boolean),
  );
}

describe("examples in the documentation", () => {
  it("a devnet with an engine or a size of its own has a folder of its own: the default one is refused", () => {
    const others = PAGES.flatMap((page) => commandsIn(readFileSync(new URL(page, ROOT), "utf8"))).filter(
      (command) => command.includes("sealwright devnet") && PARAMETERS.test(command),
    );
    expect(others.length).toBeGreaterThan(1);
    expect(others.filter((command) => !/--data-dir \S/.test(command))).toEqual([]);
  });
});
