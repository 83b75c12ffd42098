import { describe, expect, it } from "vitest";
import { runCommand, workersEnd } from "./runCommand.js";

interface Explored {
  readonly states: number;
  readonly bounds: readonly Readonly<Record<string, unknown>>[];
  readonly violations: readonly {
    readonly search: string;
    readonly invariant: string;
    readonly again: string;
    readonly story: string;
  }[];
}

async function explored(...args: string[]): Promise<Explored & { readonly code: number }> {
  const { code, stdout } = await runCommand("explore", ...args, "--json");
  return { code, ...(JSON.parse(stdout) as Explored) };
}

describe("sealwright explore", () => {
  it("tells programs of states, bounds and violations, for each search", async () => {
    const report = await explored("--search", "seven,disks", "--states", "300");
    expect(report).toMatchObject({ code: 0, states: 600, violations: [] });
    const shared = { crashes: 0, statesMax: 300, states: 300, endedBy: "bound", complete: false };
    const [seven, disks] = report.bounds;
    expect(seven).toMatchObject({ ...shared, name: "seven", keepers: 7, liars: 2, blocks: 2, height: 2, terms: 2 });
    expect(seven!["closingsTried"]).toEqual({ states: expect.any(Number) as number, runs: 21 });
    expect(disks).toMatchObject({ ...shared, name: "disks", liars: 1, blocks: 3, crashes: 1, closingsTried: null });
  });

  it("names the search of a violation, how it ended, and the command that finds it again", async () => {
    const args = ["--search", "rivals", "--break", "votes-on-two-chains"];
    const report = await explored(...args);
    expect(report).toMatchObject({ code: 1, bounds: [{ name: "rivals", endedBy: "violation", complete: false }] });
    expect(report.violations).toMatchObject([
      {
        search: "rivals",
        invariant: "I1",
        again: "npx sealwright explore --search rivals --break votes-on-two-chains",
      },
    ]);
    const { stdout } = await runCommand("explore", ...args);
    expect(stdout).toMatch(/^ {2}rivals .* \d+ states, ended by a violation/m);
    expect(stdout).toContain(`search "rivals" breaks I1 (again: ${report.violations[0]!.again})`);
  });

  it("says which searches there are when one has no such name", async () => {
    const { code, stderr } = await runCommand("explore", "--search", "terms,nothing");
    expect(code).toBe(2);
    expect(stderr).toContain("--search names nothing, allowed is all, or some of terms, crashes, bodies");
  });

  it.each(["SIGKILL", "SIGTERM"] as const)("leaves no worker behind when it ends with %s", async (signal) => {
    await workersEnd(signal, "explore", "--search", "terms,crashes");
  });
});
