import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { assert } from "@sealwright/types";
import { sleepMs } from "../wakefulClock.js";

export interface KeeperProcessOptions {
  /** Program and first arguments; the rest is added here. */
  readonly command: readonly string[];
  readonly configPath: string;
  readonly logPath: string;
}

/** How a keeper's process ended: by a code or by a signal. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** We ended it, or asked it to. */
  readonly isWanted: boolean;
}

const STOP_MS_MAX = 10_000;
const TAIL_CHARS = 4_000;

/**
 * One keeper as a process of its own. Its stdin is a pipe from here that carries nothing but orders of a fault drill:
 * when this process goes, in whatever way, the pipe closes and the keeper stops itself. It leads its own process group, so
 * that a Ctrl-C in the terminal reaches only this process, which then stops the keepers in order.
 */
export class KeeperProcess {
  readonly #child: ChildProcess;
  readonly exited: Promise<ProcessExit>;
  /** While it stands still it cannot notice that this process went. */
  readonly #continue = (): void => void this.#child.kill("SIGCONT");
  #isWanted = false;
  #isPaused = false;
  #exit: ProcessExit | null = null;

  constructor(private readonly options: KeeperProcessOptions) {
    const [program, ...first] = options.command;
    assert(program !== undefined, "a node command names its program");
    const log = openSync(options.logPath, "a");
    try {
      const args = [...first, "--config", options.configPath, "--exit-with-parent", "--obey-parent"];
      this.#child = spawn(program, args, { stdio: ["pipe", log, log], detached: true, env: environmentForNodes() });
    } finally {
      closeSync(log);
    }
    this.#child.stdin?.on("error", () => undefined);
    this.exited = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null): void => {
        process.off("exit", this.#continue);
        this.#exit = { code, signal, isWanted: this.#isWanted };
        resolve(this.#exit);
      };
      this.#child.once("error", () => end(null, null));
      this.#child.once("exit", end);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Null while it runs. */
  get exit(): ProcessExit | null {
    return this.#exit;
  }

  /** Stands still, and notices nothing of it. */
  get isPaused(): boolean {
    return this.#isPaused && this.#exit === null;
  }

  pause(): void {
    this.#isPaused = this.#child.kill("SIGSTOP");
    process.off("exit", this.#continue);
    if (this.#isPaused) process.on("exit", this.#continue);
  }

  resume(): void {
    this.#isPaused = false;
    process.off("exit", this.#continue);
    this.#continue();
  }

  /** Gives an order of a fault drill: one line of JSON on its standard input. */
  order(order: object): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  /** Asks it to end, and ends it when it takes too long. */
  async stop(): Promise<ProcessExit> {
    this.#isWanted = true;
    this.#child.kill("SIGTERM");
    if (this.#isPaused) this.resume();
    this.#child.stdin?.end();
    const timeout = new AbortController();
    const first = await Promise.race([this.exited, sleepMs(STOP_MS_MAX, timeout.signal)]);
    timeout.abort();
    if (first === undefined) this.#child.kill("SIGKILL");
    return this.exited;
  }

  /** Ends it at once, as a crash or a power cut would. */
  async kill(): Promise<ProcessExit> {
    this.#isWanted = true;
    this.#child.kill("SIGKILL");
    return this.exited;
  }

  /** The last line of its log that says something. */
  async lastWords(): Promise<string> {
    const text = await readFile(this.options.logPath, "utf8").catch(() => "");
    const lines = text
      .slice(-TAIL_CHARS)
      .split("\n")
      .filter((line) => line.trim() !== "");
    return lines[lines.length - 1] ?? "";
  }
}

/** What is set for one node by hand would be set for all: a devnet's nodes listen to their files alone. */
function environmentForNodes(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SEALWRIGHT_")));
}
