import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { flawOf, flawOfVerdict, placesIn, verdictsIn } from "./referenceMap.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAP = readFileSync(new URL("../../docs/forge-map.md", import.meta.url), "utf8");

/** How many entries each list has, by the letter before its numbers. */
const LISTS = { B: 6, N: 9, G: 10, "": 9, T: 11 };

describe("docs/forge-map.md", () => {
  it("names only files, exports and tests that are there", () => {
    const places = placesIn(MAP);
    expect(places.length).toBeGreaterThan(50);
    expect(places.map((place) => flawOf(place, ROOT)).filter((flaw) => flaw !== null)).toEqual([]);
  });

  it("has one verdict on every entry of every list: solved with its test, or not applicable with its reason", () => {
    const rows = verdictsIn(MAP, /^[A-Z]?[0-9]+$/);
    const wanted = Object.entries(LISTS).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, i) => `${letter}${i + 1}`),
    );
    expect(rows.map(({ id }) => id)).toEqual(wanted);
    expect(rows.map(flawOfVerdict).filter((flaw) => flaw !== null)).toEqual([]);
    expect(new Set(rows.map(({ verdict }) => verdict))).toEqual(new Set(["solved", "not applicable"]));
  });

  it("is found wrong when a verdict is unknown, has no reason, or no test where one is due", () => {
    const rows = verdictsIn(
      ["| B1 | x | maybe | y |", "| B2 | x | later | |", "| B3 | x | solved | `forge/src/keyId.ts#KeyId` |"].join("\n"),
      /^B/,
    );
    expect(rows.map(flawOfVerdict)).toEqual([
      'B1 has the verdict "maybe"',
      "B2 does not say how",
      "B3 is solved, and no test shows it",
    ]);
  });
});
