import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { REFUSAL_STATUS, WATERMARK_REASONS } from "./serviceRefusal.js";

describe("the operator's page", () => {
  it("names every code of an answer in a row of its status", async () => {
    const page = await readFile(new URL("../../../../docs/forge-service.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| (\d{3}) +\| ([^|]+)\|/gm)].map(([, status, codes = ""]) => ({ status, codes }));
    const missing = Object.entries(REFUSAL_STATUS).filter(
      ([code, status]) =>
        !WATERMARK_REASONS.has(code) &&
        !rows.some((row) => row.status === String(status) && row.codes.includes(`\`${code}\``)),
    );
    expect(missing).toEqual([]);
  });
});
