import { Command } from "commander";
import { LOG_FORMATS, LOG_LEVELS, SOFTWARE_VERSION } from "@sealwright/node";
import { addDevnetCommand } from "./commands/devnetCommand.js";
import { runNode, type NodeCommandOptions } from "./commands/node.js";
import type { ExitCode } from "./exitCodes.js";

const EPILOGUE = `
Exit codes: 0 done · 1 failed, violated or rejected · 2 bad option or configuration · 3 cannot start (port, folder,
permission, disk, other network) · 4 a node stopped itself for safety`;

/** @param setExit called with the exit code of a command that ran */
export function createProgram(setExit: (code: ExitCode) => void): Command {
  const program = new Command("sealwright")
    .description("Build, forge and finalize blocks: run a network on this machine, run a keeper, use a network.")
    .version(SOFTWARE_VERSION, "-V, --version")
    .showHelpAfterError("(--help shows all options)")
    .addHelpText("after", EPILOGUE)
    .exitOverride();
  addDevnetCommand(program, setExit);
  addNodeCommand(program, setExit);
  for (const command of program.commands) command.exitOverride().showHelpAfterError("(--help shows all options)");
  return program;
}

function addNodeCommand(program: Command, setExit: (code: ExitCode) => void): void {
  program
    .command("node")
    .description("run one keeper")
    .requiredOption("-c, --config <file>", "node.yaml")
    .option("--data-dir <dir>", "instead of dataDir in the file")
    .option("--listen-keeper <host:port>", "instead of listen.keeper")
    .option("--listen-api <host:port>", "instead of listen.api")
    .option("--log-level <level>", `instead of log.level: ${LOG_LEVELS.join(", ")}`)
    .option("--log-format <format>", `instead of log.format: ${LOG_FORMATS.join(", ")}`)
    .option("--exit-with-parent", "stop when standard input closes")
    .option("--json", "errors as JSON too")
    .action(async (options: NodeCommandOptions) => setExit(await runNode(options)));
}
