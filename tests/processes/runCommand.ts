import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));
const LOOK_AGAIN_MS = 100;

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line of `sealwright` to its end. */
export function runCommand(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, NO_COLOR: "1" }, maxBuffer: 256 * 1024 * 1024 };
    execFile(process.execPath, [BIN, ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

/** Ends a command that has workers with a signal and waits until they are gone too: for ever, if they stay. */
export async function workersEnd(signal: NodeJS.Signals, ...args: string[]): Promise<void> {
  const command = spawn(process.execPath, [BIN, ...args], { stdio: "ignore" });
  const ended = once(command, "exit");
  let workers: number[] = [];
  try {
    while (workers.length === 0) {
      await sleep(LOOK_AGAIN_MS);
      workers = await childrenOf(command);
    }
    // They have begun to work, and look up between two pieces of it only.
    await sleep(10 * LOOK_AGAIN_MS);
    workers = await childrenOf(command);
    command.kill(signal);
    await ended;
    while ((await running(workers)).length > 0) await sleep(LOOK_AGAIN_MS);
  } finally {
    command.kill("SIGKILL");
    for (const pid of await running(workers)) process.kill(pid, "SIGKILL");
  }
}

async function childrenOf({ pid }: ChildProcess): Promise<number[]> {
  return pidsOf(await ps("--ppid", String(pid)));
}

async function running(pids: readonly number[]): Promise<number[]> {
  return pids.length === 0 ? [] : pidsOf(await ps("--pid", pids.join()));
}

/** Who has ended and was not yet buried does not count. */
function pidsOf(lines: string): number[] {
  return lines
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([pid, state]) => pid !== "" && state?.startsWith("Z") === false)
    .map(([pid]) => Number(pid));
}

function ps(...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile("ps", ["-o", "pid=,stat=", ...args], (_nobodyThere, stdout) => resolve(stdout));
  });
}
