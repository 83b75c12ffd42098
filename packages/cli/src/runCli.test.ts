import { afterEach, describe, expect, it, vi } from "vitest";
import { runCli } from "./runCli.js";

afterEach(() => vi.restoreAllMocks());

/** What a command line ends with, and says to programs and to people. */
async function run(...args: string[]) {
  const stdout = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const code = await runCli(args);
  const textOf = (calls: readonly (readonly unknown[])[]): string => calls.map(([text]) => String(text)).join("");
  const said = { code, stdout: textOf(stdout.mock.calls), stderr: textOf(stderr.mock.calls) };
  vi.restoreAllMocks();
  return said;
}

describe("runCli", () => {
  it.each([
    ["an unknown option", ["devnet", "--node", "4"], "unknownOption", "unknown option '--node'"],
    ["a value that is not allowed", ["devnet", "--nodes", "0"], "invalidArgument", "Allowed: a whole number"],
    ["a missing option", ["send", "--amount", "5"], "missingMandatoryOptionValue", "'--to <account>' not specified"],
    ["an unknown command", ["stauts"], "unknownCommand", "unknown command 'stauts'"],
  ])("tells programs of %s too", async (_what, args, code, text) => {
    const ran = await run(...args, "--json");
    expect(ran.code).toBe(2);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      error: { code, message: expect.stringContaining(text) as string, exitCode: 2 },
    });
    expect(ran.stderr).toContain(text);
  });

  it("tells people alone without --json, and calls help no error", async () => {
    expect(await run("devnet", "--node", "4")).toMatchObject({ code: 2, stdout: "" });
    expect((await run("devnet", "--help")).code).toBe(0);
    for (const asked of ["--version", "-V", "-v", "version"])
      expect((await run(asked)).stdout, asked).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
