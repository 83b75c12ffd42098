import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SimRandom } from "../world/simRandom.js";
import { BLIND, Coverage } from "./coverage.js";
import { fuzz } from "./fuzz.js";
import type { FuzzTarget } from "./fuzzTarget.js";

const INPUTS_MAX = 300_000;

/** Three bytes have to be right, one after the other: chance alone needs some thousand million inputs for that. */
const HIDDEN_FAULT = `
export function decode(bytes) {
  if (bytes[0] !== 0x53) return false;
  if (bytes[1] === 0xa7) {
    if (bytes[2] === 0x1e) throw new Error("planted");
  }
  return true;
}`;

describe("what coverage shows", () => {
  let dir: string;
  let coverage: Coverage;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "fuzz-"));
    coverage = new Coverage();
  });
  afterEach(async () => {
    coverage.close();
    await rm(dir, { recursive: true });
  });

  /** Compiled after counting began, where shipped code lies: in a folder of packages. */
  async function plantFault(): Promise<FuzzTarget> {
    const folder = join(dir, "packages", "planted");
    await mkdir(folder, { recursive: true });
    const file = join(folder, "hidden.mjs");
    await writeFile(file, HIDDEN_FAULT);
    const { decode } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Pick<FuzzTarget, "decode">;
    return { name: "hidden", decode, seeds: [new Uint8Array(4)] };
  }

  it("leads to a fault behind three bytes that must be right one after the other", { timeout: 120_000 }, async () => {
    const target = await plantFault();
    const random = new SimRandom(2, target.name);
    const report = fuzz(target, { random, coverage, isOver: (inputs) => inputs >= INPUTS_MAX });
    expect(report.failure?.error).toContain("planted");
    expect(report.failure?.input).toMatch(/^53a71e/);
    // One input for each step that was new, not the whole batch it stood in.
    expect(report.kept).toBeLessThan(10);
  });

  it("is what leads there: without it the same run finds nothing", { timeout: 120_000 }, async () => {
    const target = await plantFault();
    const random = new SimRandom(2, target.name);
    const report = fuzz(target, { random, coverage: BLIND, isOver: (inputs) => inputs >= INPUTS_MAX });
    expect(report).toMatchObject({ failure: null, kept: 0 });
  });
});
