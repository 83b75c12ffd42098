import { describe, expect, it } from "vitest";
import { runCommand, workersEnd } from "./runCommand.js";

interface Simulated {
  readonly violations: readonly { readonly seed: number; readonly again: string; readonly story: string }[];
}

const CALM = ["sim", "--seed", "7", "--nodes", "4", "--faults", "none"];
const BROKEN = ["sim", "--seed", "1", "--nodes", "4", "--faults", "crash,powerCut", "--break", "vote-before-fsync"];

describe("sealwright sim", () => {
  it("writes the trace to standard error, with --json too", async () => {
    const { code, stdout, stderr } = await runCommand(...CALM, "--trace", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ seeds: 1, violations: [] });
    const [first, ...more] = stderr.split("\n");
    expect(first).toBe("0 k0 starts");
    expect(more.length).toBeGreaterThan(100);
  });

  it("prints the whole command that shows a violation again", async () => {
    const { code, stdout } = await runCommand(...BROKEN, "--json");
    expect(code).toBe(1);
    const [violation] = (JSON.parse(stdout) as Simulated).violations;
    expect(violation?.again).toBe(
      "npx sealwright sim --seed 1 --nodes 4 --faults crash,powerCut --executor ledger --break vote-before-fsync --trace",
    );
    const again = await runCommand(...violation!.again.split(" ").slice(2));
    expect(again.code).toBe(1);
    expect(again.stdout).toContain(`seed 1 (again: ${violation!.again})\n${violation!.story}`);
  });

  it.each(["SIGKILL", "SIGTERM"] as const)("leaves no worker behind when it ends with %s", async (signal) => {
    await workersEnd(signal, "sim", "--seeds", "100");
  });
});
