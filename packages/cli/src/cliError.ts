import type { ExitCode } from "./exitCodes.js";

/** Ends the command with a text for a person: what happened and why, and what to do. */
export class CliError extends Error {
  override readonly name = "CliError";

  constructor(
    readonly exitCode: ExitCode,
    /** Stable, for programs. */
    readonly code: string,
    message: string,
    readonly advice: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
