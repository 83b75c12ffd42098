import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseDevnetPlace, type DevnetWishes } from "@sealwright/devnet";
import { describe, expect, it } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const PAGES = ["README.md", ...readdirSync(new URL("docs/", ROOT)).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith(".md"),
);
/** What makes a network another one than that of `npm start`. */
const PARAMETERS = /--(?:nodes|threads|executor|accounts) /;

/** Commands of all `sh` blocks of a page, with the lines that a `\` joins. */
function commandsIn(text: string): readonly string[] {
  return [...text.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, block]) =>
    block!.replace(/\\\n/g, " ").split("\n").filter(Boolean),
  );
}

function wishesIn(command: string): DevnetWishes {
  const valueOf = (option: string): string | undefined => new RegExp(`--${option} (\\S+)`).exec(command)?.[1];
  const numberOf = (option: string): number | undefined => {
    const value = valueOf(option);
    return value === undefined ? undefined : Number(value);
  };
  return {
    nodes: numberOf("nodes"),
    threads: numberOf("threads"),
    accounts: numberOf("accounts"),
    executor: valueOf("executor") as DevnetWishes["executor"],
  };
}

describe("examples in the documentation", () => {
  it("a devnet with an engine or a size of its own has a folder of its own, and need not name one", async () => {
    const others = PAGES.flatMap((page) => commandsIn(readFileSync(new URL(page, ROOT), "utf8"))).filter(
      (command) => command.includes("sealwright devnet") && PARAMETERS.test(command),
    );
    expect(others.length).toBeGreaterThan(1);
    expect(others.filter((command) => command.includes("--data-dir"))).toEqual([]);
    const root = mkdtempSync(join(tmpdir(), "sealwright-examples-"));
    try {
      const usual = await chooseDevnetPlace(root, {});
      const places = await Promise.all(others.map((command) => chooseDevnetPlace(root, wishesIn(command))));
      expect(places.map(({ dir }) => dir)).not.toContain(usual.dir);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
