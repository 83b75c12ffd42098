import { CommanderError } from "commander";
import type { DevnetError } from "@sealwright/devnet";
import type { ApiClientError } from "@sealwright/api/client";
import { CliError } from "./cliError.js";
import { EXIT, type ExitCode } from "./exitCodes.js";
import { createProgram } from "./program.js";

const USAGE_CODES = new Set(["otherParameters", "notADevnet"]);

/** Runs one command line. @returns the exit code */
export async function runCli(args: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const isJson = args.includes("--json");
  const program = createProgram((code) => (exitCode = code));
  try {
    await program.parseAsync(isVersion(args) ? ["--version"] : [...args], { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has already written its own: help, the version, or what is wrong with the command line.
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    const explanation = explained(error);
    if (isJson) writeJson(explanation);
    return error instanceof CommanderError ? EXIT.usage : report(explanation);
  }
}

/** As other programs are asked for it. */
const isVersion = (args: readonly string[]): boolean =>
  args.length === 1 && (args[0] === "-v" || args[0] === "version");

function writeJson({ code, message, advice, exitCode }: CliError): void {
  process.stdout.write(`${JSON.stringify({ error: { code, message, advice, exitCode } })}\n`);
}

function report(error: CliError): ExitCode {
  process.stderr.write(`error: ${error.message}\n`);
  if (error.advice !== null) process.stderr.write(`  ${error.advice}\n`);
  if (process.env["SEALWRIGHT_DEBUG"] !== undefined) process.stderr.write(`${error.stack}\n${String(error.cause)}\n`);
  return error.exitCode;
}

function explained(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, "");
    return new CliError(EXIT.usage, error.code.replace(/^commander\./, ""), message, null, { cause: error });
  }
  if (isNamed<DevnetError>(error, "DevnetError")) {
    const exitCode = USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.cannotStart;
    return new CliError(exitCode, error.code, error.message, error.advice, { cause: error });
  }
  if (isNamed<ApiClientError>(error, "ApiClientError")) {
    const advice = error.code === "unreachable" ? "is the network running? npx sealwright devnet starts one" : null;
    const refused = error.status === null ? error.message : `refused (${error.code}): ${error.message}`;
    return new CliError(EXIT.failed, error.code, refused, advice, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new CliError(EXIT.failed, "internal", message, "set SEALWRIGHT_DEBUG=1 to see where that came from", {
    cause: error,
  });
}

/** By name, so that their packages are loaded only by commands that need them. */
function isNamed<E extends Error>(error: unknown, name: E["name"]): error is E {
  return error instanceof Error && error.name === name;
}
