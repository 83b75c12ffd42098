import { Argument, Command, Option } from "commander";
import type { BenchmarkName } from "@sealwright/devnet";
import type { BenchCommandOptions } from "./commands/bench.js";
import type { DevnetCommandOptions } from "./commands/devnet.js";
import type { DoctorOptions } from "./commands/doctor.js";
import type { EvidenceOptions } from "./commands/evidence.js";
import type { ExplainOptions } from "./commands/explain.js";
import type { ForgeCommandOptions } from "./commands/forge.js";
import type { InitOptions } from "./commands/init.js";
import type { KeysListOptions, KeysNewOptions } from "./commands/keys.js";
import type { NodeCommandOptions } from "./commands/node.js";
import type { SendOptions } from "./commands/send.js";
import type { ExploreCommandOptions } from "./commands/explore.js";
import type { SimCommandOptions } from "./commands/sim.js";
import type { StatusOptions } from "./commands/status.js";
import type { WatchOptions } from "./commands/watch.js";
import type { ExitCode } from "./exitCodes.js";
import { ALL_BENCHMARKS, DEVNET_PRESETS, DEVNETS_DIR, EXECUTORS, LOG_FORMATS, LOG_LEVELS } from "./options/presets.js";
import { VERSION } from "./version.js";
import { collectFaults } from "./options/parseFault.js";
import {
  collect,
  parseAmount,
  parseDuration,
  parseHeight,
  parseMessageHash,
  parsePort,
  parseThread,
  parseRates,
  wholeNumber,
} from "./options/parseOption.js";

const EPILOGUE = `
Exit codes: 0 done · 1 failed, violated or rejected · 2 bad option or configuration · 3 cannot start (port, folder,
permission, disk, other network) · 4 a node stopped itself for safety`;

/** @param setExit called with the exit code of a command that ran */
export function createProgram(setExit: (code: ExitCode) => void): Command {
  const program = new Command("sealwright")
    .description("Build, forge and finalize blocks: run a network on this machine, run a keeper, use a network.")
    .version(VERSION, "-V, --version")
    .showHelpAfterError("(--help shows all options)")
    .addHelpText("after", EPILOGUE)
    .exitOverride();
  addDevnetCommand(program, setExit);
  addNodeCommand(program, setExit);
  addForgeCommand(program, setExit);
  addInitCommand(program, setExit);
  addKeysCommands(program, setExit);
  addSendCommand(program, setExit);
  addStatusCommand(program, setExit);
  addWatchCommand(program, setExit);
  addEvidenceCommand(program, setExit);
  addExplainCommand(program, setExit);
  addDoctorCommand(program, setExit);
  addBenchCommand(program, setExit);
  addSimCommand(program, setExit);
  addExploreCommand(program, setExit);
  return program;
}

function addDevnetCommand(program: Command, setExit: (code: ExitCode) => void): void {
  program
    .command("devnet")
    .description("run a whole network on this machine: keeper processes, real sockets, signatures and disks")
    .option("--nodes <number>", NODES_HELP, wholeNumber(1, 64))
    .option("--threads <number>", THREADS_HELP, wholeNumber(1, 64))
    .addOption(new Option("--executor <name>", EXECUTOR_HELP).choices(EXECUTORS))
    .option("--accounts <number>", ACCOUNTS_HELP, wholeNumber(2, 100_000))
    .option("--duration <time>", "end by itself after this time, such as 20s, and report", parseDuration)
    .option("--load <number>", "signed transfers a second, half of them across threads", wholeNumber(1, 100_000))
    .option("--fault <fault>", FAULT_HELP, collectFaults, [])
    .option("--report <file>", "write the report as JSON")
    .option("--ready-file <file>", "written with the network's addresses once it finalizes blocks")
    .option("--data-dir <dir>", DATA_DIR_HELP)
    .option("--port <number>", "API of the first node, 0 for any free ones", parsePort, 8_600)
    .option("--json", "JSON lines instead of text")
    .action(async (options: DevnetCommandOptions) =>
      setExit(await (await import("./commands/devnet.js")).runDevnetCommand(options)),
    );
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
    .addOption(new Option("--obey-parent", "take orders of a fault drill on standard input").hideHelp())
    .option("--json", "errors as JSON too")
    .action(async (options: NodeCommandOptions) =>
      setExit(await (await import("./commands/node.js")).runNode(options)),
    );
}

function addForgeCommand(program: Command, setExit: (code: ExitCode) => void): void {
  program
    .command("forge")
    .description("sign for bakers and keepers over HTTP, never twice")
    .requiredOption("-c, --config <file>", "forge.yaml")
    .addOption(
      new Option(
        "--export-marks <file>",
        "write the watermarks to a file, or to an Octez baker's folder, instead of signing",
      ).conflicts("importMarks"),
    )
    .option("--to-octez-signer", "with --export-marks: raise the files in an Octez remote signer's folder")
    .option(
      "--import-marks <file>",
      "raise the watermarks to those of a file, or of an Octez signer's folder, instead of signing",
    )
    .option("--chain <id>", "chain of an Octez baker's file (Net…), or genesis validators root of an EIP-3076 file")
    .option("--json", "JSON lines instead of text")
    .action(async (options: ForgeCommandOptions) =>
      setExit(await (await import("./commands/forge.js")).runForge(options)),
    );
}

function addInitCommand(program: Command, setExit: (code: ExitCode) => void): void {
  program
    .command("init")
    .description("make genesis, keys and configuration of a network")
    .option("--dir <dir>", "where to", "./network")
    .option("--name <name>", "the network's name", "sealwright")
    .option("--nodes <number>", "keepers", wholeNumber(1, 1_024), 4)
    .option("--threads <number>", "threads", wholeNumber(1, 256), 2)
    .option("--hosts <hosts>", "where keepers run: one for all, or one each, commas between")
    .option("--keeper-port <port>", "first port for keepers", wholeNumber(1, 64_000), 8_500)
    .option("--api-port <port>", "first port of the HTTP API", wholeNumber(1, 64_000), 8_600)
    .option(
      "--test-accounts <number>",
      "funded accounts whose keys are written to accounts.json",
      wholeNumber(0, 100_000),
      0,
    )
    .addOption(
      // Help prints a default as JSON, which has no bigint.
      new Option("--balance <amount>", "of each test account, base units")
        .argParser(parseAmount)
        .default(1_000_000_000n, "1000000000"),
    )
    .option("--fee <amount>", "of each transfer, base units", wholeNumber(0, 1_000_000), 1)
    .option(
      "--lottery-window <ms>",
      "with more than 10 keepers: a lottery picks each block's verifiers, and the others wait this long before they attest",
      wholeNumber(1, 500),
    )
    .option("--json", "JSON instead of text")
    .action(async (options: InitOptions) => setExit(await (await import("./commands/init.js")).runInit(options)));
}

function addKeysCommands(program: Command, setExit: (code: ExitCode) => void): void {
  const keys = program.command("keys").description("make and list keys");
  keys
    .command("new")
    .description("make a keeper's keys, or an account's")
    .addOption(new Option("--kind <kind>", "whose").choices(["keeper", "account"]).default("keeper"))
    .requiredOption("--out <path>", "folder for a keeper's keys, file for an account's")
    .option("--json", "JSON instead of text")
    .action(async (options: KeysNewOptions) => setExit(await (await import("./commands/keys.js")).runKeysNew(options)));
  keys
    .command("list")
    .description("list the keys below a folder; opens none")
    .option("--dir <dir>", "where", ".")
    .option("--json", "JSON instead of text")
    .action(async (options: KeysListOptions) =>
      setExit(await (await import("./commands/keys.js")).runKeysList(options)),
    );
}

/** Options of all commands that talk to a node. */
function addTargetOptions(command: Command): Command {
  return command
    .option("--endpoint <url>", "a node's API; the devnet that runs here unless told (or SEALWRIGHT_ENDPOINT)")
    .option("--data-dir <dir>", `the folder of that devnet (default: the one in ${DEVNETS_DIR} that runs)`)
    .option("--json", "JSON instead of text");
}

function addSendCommand(program: Command, setExit: (code: ExitCode) => void): void {
  addTargetOptions(program.command("send"))
    .description("send a signed transfer, and see how far it gets")
    .requiredOption("--to <account>", "an account id, or a test account such as account-1")
    .requiredOption("--amount <number>", "base units", parseAmount)
    .option("--from <account>", "a test account; the first other one unless told")
    .option("--key <file>", "send from the account of this key file instead")
    .option("--accounts <file>", "test accounts; those of the devnet unless told")
    .addOption(
      new Option("--wait <status>", "until when").choices(["queued", "included", "prefinal", "final"]).default("final"),
    )
    .option("--timeout <time>", "how long to wait", parseDuration, 30_000)
    .action(async (options: SendOptions) => setExit(await (await import("./commands/send.js")).runSend(options)));
}

function addEvidenceCommand(program: Command, setExit: (code: ExitCode) => void): void {
  addTargetOptions(program.command("evidence"))
    .description("which keepers were caught breaking a rule, with proof")
    .action(async (options: EvidenceOptions) =>
      setExit(await (await import("./commands/evidence.js")).runEvidence(options)),
    );
}

function addStatusCommand(program: Command, setExit: (code: ExitCode) => void): void {
  addTargetOptions(program.command("status"))
    .description("where each thread stands on each node, or where a message stands")
    .option("--message <hash>", "a message instead", parseMessageHash)
    .action(async (options: StatusOptions) => setExit(await (await import("./commands/status.js")).runStatus(options)));
}

function addWatchCommand(program: Command, setExit: (code: ExitCode) => void): void {
  addTargetOptions(program.command("watch"))
    .description("blocks as they become final")
    .option("--thread <index>", "of one thread only", parseThread)
    .option("--blocks <number>", "end after so many", wholeNumber(1, 1_000_000_000))
    .action(async (options: WatchOptions) => setExit(await (await import("./commands/watch.js")).runWatch(options)));
}

function addExplainCommand(program: Command, setExit: (code: ExitCode) => void): void {
  addTargetOptions(program.command("explain"))
    .description("the life of a block: who did what when, and why it was late or is not there")
    .argument("<thread>", "index or id", parseThread)
    .argument("<height>", "its height", parseHeight)
    .action(async (thread: string, height: string, options: ExplainOptions) =>
      setExit(await (await import("./commands/explain.js")).runExplain(thread, height, options)),
    );
}

function addDoctorCommand(program: Command, setExit: (code: ExitCode) => void): void {
  program
    .command("doctor")
    .description(
      "look at configuration, keys, ports, disk, clock and memory of a keeper, running or not; change nothing",
    )
    .option("-c, --config <file>", "node.yaml; those of the devnet unless told")
    .option("--data-dir <dir>", `the folder of that devnet (default: the one in ${DEVNETS_DIR} that runs)`)
    .option("--endpoint <url>", "another node's API to compare clocks with; may be given several times", collect, [])
    .option("--json", "JSON instead of text")
    .addHelpText("after", "\nExit codes: 0 all well · 1 something is worth a look · 2 something is in the way")
    .action(async (options: DoctorOptions) => setExit(await (await import("./commands/doctor.js")).runDoctor(options)));
}

function addBenchCommand(program: Command, setExit: (code: ExitCode) => void): void {
  program
    .command("bench")
    .description("measure this build on this machine, on fresh networks of its own")
    .addArgument(new Argument("<benchmark>", BENCHMARK_HELP).choices([...ALL_BENCHMARKS, FORGE_BENCHMARK]))
    .option("--quick", "one run with windows of 20 s instead of five with 60 s")
    .option("--nodes <number>", "keepers", wholeNumber(1, 64), DEVNET_PRESETS.nodes)
    .option("--threads <number>", "threads", wholeNumber(1, 64), DEVNET_PRESETS.threads)
    .option("--rates <list>", "messages a second of each step, commas between", parseRates)
    .option("--out <file>", "the result; .sealwright/bench/<benchmark>.json unless told")
    .option("--json", "the result as JSON instead of a table")
    .option("--sign-threads <number>", "threads that sign, in w7", wholeNumber(1, 64), 2)
    .action(async (benchmark: BenchmarkName | typeof FORGE_BENCHMARK, options: BenchCommandOptions) =>
      setExit(
        benchmark === FORGE_BENCHMARK
          ? await (await import("./commands/forgeBench.js")).runForgeBenchCommand(options)
          : await (await import("./commands/bench.js")).runBenchCommand(benchmark, options),
      ),
    );
}

function addSimCommand(program: Command, setExit: (code: ExitCode) => void): void {
  program
    .command("sim")
    .description("simulate whole networks from seeds, with faults, and check every invariant all the time")
    .option("--seeds <number>", "how many runs", wholeNumber(1, 10_000_000), 100)
    .option("--seed-base <number>", "the first seed", wholeNumber(0, 2 ** 40), 1)
    .option("--seed <number>", "this one seed only: replays a failure", wholeNumber(0, 2 ** 40))
    .option("--nodes <range>", "keepers, such as 4 or 4..7", "4..7")
    .option("--faults <list>", "all, none, or kinds of faults and liars with commas between", "all")
    .addOption(new Option("--executor <name>", "execution engine").choices(EXECUTORS).default("ledger"))
    .option("--trace", "print everything that happens, to standard error")
    .option("--break <rule>", "break a rule of the protocol in the simulated keepers, to see that it is found")
    .option("--json", "one JSON object instead of text")
    .action(async (options: SimCommandOptions) => setExit(await (await import("./commands/sim.js")).runSim(options)));
}

function addExploreCommand(program: Command, setExit: (code: ExitCode) => void): void {
  program
    .command("explore")
    .description("search everything that can happen among a few keepers, of whom as many lie as may")
    .option("--deep", "larger worlds, for hours instead of minutes")
    .option("--search <list>", "all, or names of searches with commas between", "all")
    .option("--states <number>", "ends each search after so many states at the latest", wholeNumber(1, 100_000_000))
    .option("--break <rule>", "break a rule of the protocol, to see that it is found")
    .option("--json", "one JSON object instead of text")
    .action(async (options: ExploreCommandOptions) =>
      setExit(await (await import("./commands/explore.js")).runExplore(options)),
    );
}

const FAULT_HELP =
  'do harm on purpose, such as "8s kill keeper:2" or "5s stop producer:0"; kill, stop, cont, restart, partition, heal; may be given several times';
const NODES_HELP = `keepers, each a process (default: those of the folder, ${DEVNET_PRESETS.nodes} in a new one)`;
const THREADS_HELP = `threads, each with a producer (default: those of the folder, ${DEVNET_PRESETS.threads} in a new one)`;
const DATA_DIR_HELP = `the network's folder; it goes on from there (default: one for each engine and size, ${DEVNETS_DIR}/devnet, ${DEVNETS_DIR}/devnet-ledger, …)`;
const EXECUTOR_HELP = `execution engine (default: that of the folder with --data-dir, else ${DEVNET_PRESETS.executor})`;
const ACCOUNTS_HELP = `funded test accounts (default: ${DEVNET_PRESETS.accounts.tvm} wallets, or ${DEVNET_PRESETS.accounts.ledger} with the ledger)`;
const BENCHMARK_HELP =
  "w1 opaque messages, rising load; w2 signed transfers, rising load; w3 transfers at a fixed 1,000/s; w5 faults under a fixed load; w6 transfers between TVM wallets, rising load; idle ticks of an idle network; w7 the forge alone";
const FORGE_BENCHMARK = "w7";
