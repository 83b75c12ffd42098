import { describe, expect, it } from "vitest";
import { createProgram } from "./program.js";

/** What is wrong with a command line, before any command runs. */
async function flawOf(...args: string[]): Promise<unknown> {
  const program = createProgram(() => undefined);
  for (const command of [program, ...program.commands]) command.configureOutput({ writeErr: () => undefined });
  return program.parseAsync(args, { from: "user" }).then(
    () => null,
    (error: unknown) => (error as { code: unknown }).code,
  );
}

describe("createProgram", () => {
  it("refuses to export and to import watermarks at once", async () => {
    const both = ["--export-marks", "a", "--import-marks", "b"];
    expect(await flawOf("forge", "--config", "none.yaml", ...both)).toBe("commander.conflictingOption");
  });
});
