import { Command, Option } from "commander";
import { DEVNET_DEFAULTS } from "@sealwright/devnet";
import { LOG_FORMATS, LOG_LEVELS, SOFTWARE_VERSION } from "@sealwright/node";
import { DEFAULT_DATA_DIR, type DevnetCommandOptions, runDevnetCommand } from "./commands/devnet.js";
import { runNode, type NodeCommandOptions } from "./commands/node.js";
import type { ExitCode } from "./exitCodes.js";
import { parseDuration, wholeNumber } from "./options/parseOption.js";

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

function addDevnetCommand(program: Command, setExit: (code: ExitCode) => void): void {
  program
    .command("devnet")
    .description("run a whole network on this machine: keeper processes, real sockets, signatures and disks")
    .option("--nodes <number>", "keepers, each a process", wholeNumber(1, 64), DEVNET_DEFAULTS.nodes)
    .option("--threads <number>", "threads, each with a producer", wholeNumber(1, 64), DEVNET_DEFAULTS.threads)
    .addOption(
      new Option("--executor <name>", "execution engine").choices(["ledger"]).default(DEVNET_DEFAULTS.executor),
    )
    .option("--accounts <number>", "funded test accounts", wholeNumber(2, 100_000), DEVNET_DEFAULTS.accounts)
    .option("--duration <time>", "end by itself after this time, such as 20s, and report", parseDuration)
    .option("--load <number>", "signed transfers a second, half of them across threads", wholeNumber(1, 100_000))
    .option("--report <file>", "write the report as JSON")
    .option("--data-dir <dir>", "the network's folder; it goes on from there", DEFAULT_DATA_DIR)
    .option("--port <number>", "API of the first node, 0 for any free ones", wholeNumber(0, 65_000), 8_600)
    .option("--json", "JSON lines instead of text")
    .action(async (options: DevnetCommandOptions) => setExit(await runDevnetCommand(options)));
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
