import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readTextFiles } from "../structure/workspace.js";
import { faultsOf, type Sample, samplesIn } from "./samples.js";

const HERE = dirname(fileURLToPath(import.meta.url));
const PAGE = /^(?:README\.md|packages\/[a-z]+\/README\.md|docs\/[\w-]+\.md)$/;

describe("TypeScript samples", () => {
  it("in the READMEs and docs compile, but for the names that their reader brings", () => {
    const samples = readTextFiles()
      .filter(({ path }) => PAGE.test(path))
      .flatMap(({ path, text }) => samplesIn(path, text));
    expect(samples.length).toBeGreaterThan(10);
    expect([...new Set(faultsOf(samples, HERE))]).toEqual([]);
  });

  it("are found with the line at which they begin", () => {
    const page = "# A\n\n```sh\nx\n```\n\n```ts\nconst a = 1;\n```\n";
    expect(samplesIn("a.md", page)).toEqual([{ page: "a.md", line: 8, text: "const a = 1;\n" }]);
  });

  it("that are wrong are caught, and a reader's own names and a bare return pass", () => {
    const wrong = [
      `import { nothing } from "@sealwright/types";`,
      `import { nothing } from "@sealwright/nothing";`,
      `import { CryptoPool } from "@sealwright/crypto";\nnew CryptoPool({ wokers: 1 });`,
      "const = 1;",
    ];
    const right = `import { merkleRoot } from "@sealwright/types";\nif (merkleRoot(items)) return { given };`;
    const samples = [right, ...wrong].map((text, i): Sample => ({ page: `${i}.md`, line: 1, text }));
    expect([...new Set(faultsOf(samples, HERE))]).toEqual([
      expect.stringMatching(/^1\.md:1: TS2305 /),
      expect.stringMatching(/^2\.md:1: TS2307 /),
      expect.stringMatching(/^3\.md:2: TS2561 /),
      expect.stringMatching(/^4\.md:1: TS1134 /),
    ]);
  });
});
