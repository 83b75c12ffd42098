import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { readPage } from "@sealwright/dashboard";
import {
  type ConfigFlags,
  describeConfigError,
  type NodeConfig,
  parseNodeConfig,
  SafetyStop,
  startNode,
} from "@sealwright/node";
import { CliError } from "../cliError.js";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { obeyOrders } from "../drill/obeyOrders.js";
import { onStopSignal } from "../signals.js";
import { whyUnreadable } from "../output/fileFault.js";

export interface NodeCommandOptions {
  readonly config: string;
  readonly dataDir?: string;
  readonly listenKeeper?: string;
  readonly listenApi?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
  /** Stop when stdin closes: a parent that goes, in whatever way, takes its nodes with it. */
  readonly exitWithParent?: boolean;
  /** A devnet's own keepers only: orders of a fault drill come on stdin. */
  readonly obeyParent?: boolean;
}

/** What keeps a node from starting is in its way, unless it is one of these. */
const EXIT_OF: Readonly<Record<string, ExitCode>> = {
  stoppedForSafety: EXIT.stoppedForSafety,
  unknownPeer: EXIT.usage,
};

/** Runs one keeper until it is asked to stop. */
export async function runNode(options: NodeCommandOptions): Promise<ExitCode> {
  const config = await readConfig(options);
  stopOnOwnBugs();
  const stopping = new AbortController();
  const { signal } = stopping;
  onStopSignal(() => stopping.abort());
  const drill = options.obeyParent === true ? obeyOrders(process.stdin) : null;
  if (options.exitWithParent === true) onParentGone(() => stopping.abort());
  const surface = { page: await readPage(), ...(drill !== null ? { drill } : {}) };
  const started = await startNode(config, surface, { signal });
  if (!started.ok) {
    const { code, message } = started.error;
    if (code === "aborted") return EXIT.ok;
    throw new CliError(EXIT_OF[code] ?? EXIT.cannotStart, code, message);
  }
  const node = started.value;
  const stop = (): void => void node.stop();
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop);
  const exit = await node.done;
  if (exit.reason === "stopped") return EXIT.ok;
  const why = exit.error instanceof Error ? exit.error.message : String(exit.error);
  const advice =
    exit.error instanceof SafetyStop
      ? "it does not start again by itself: the next start says what to do"
      : "nothing was signed on; look into the log above, then start it again";
  throw new CliError(EXIT.stoppedForSafety, "stoppedForSafety", `the node stopped itself: ${why}`, advice, {
    cause: exit.error,
  });
}

async function readConfig(options: NodeCommandOptions): Promise<NodeConfig> {
  const path = resolve(options.config);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const message = `configuration ${path} cannot be read: ${whyUnreadable(cause)}`;
    const advice = "sealwright init makes the files of a network";
    throw new CliError(EXIT.usage, "configUnreadable", message, advice, { cause });
  }
  const config = parseNodeConfig(text, dirname(path), process.env, flagsOf(options));
  if (config.ok) return config.value;
  throw new CliError(EXIT.usage, config.error.code, `configuration ${path}: ${describeConfigError(config.error)}`);
}

function flagsOf({ dataDir, listenKeeper, listenApi, logLevel, logFormat }: NodeCommandOptions): ConfigFlags {
  return {
    ...(dataDir === undefined ? {} : { dataDir: resolve(dataDir) }),
    ...(listenKeeper === undefined ? {} : { "listen.keeper": listenKeeper }),
    ...(listenApi === undefined ? {} : { "listen.api": listenApi }),
    ...(logLevel === undefined ? {} : { "log.level": logLevel }),
    ...(logFormat === undefined ? {} : { "log.format": logFormat }),
  };
}

function onParentGone(stop: () => void): void {
  process.stdin.on("end", stop).on("close", stop).on("error", stop).resume();
}

/** What nobody caught is our bug: a keeper that may be wrong about its own state must not sign on. */
function stopOnOwnBugs(): void {
  const end = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${JSON.stringify({ level: "error", code: "node.bug", error: text })}\n`);
    process.exit(EXIT.stoppedForSafety);
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
}
