import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { sleepMs, wakefulClock } from "../wakefulClock.js";
import { nodeConfigPathOf } from "./devnetFolder.js";
import { readEndpoints } from "./endpointsFile.js";

const END_MS_MAX = 10_000;
const LOOK_EVERY_MS = 50;

/**
 * Lets keepers go on that a drill had stopped when their devnet was killed: they then notice that it is gone, and end.
 * While one stands still it holds its data, and no other can start with it.
 */
export async function continueOrphans(dir: string): Promise<void> {
  const left = await readEndpoints(dir);
  if (left === null) return;
  await Promise.all(left.nodes.map(({ pid, index }) => continueOrphan(pid, nodeConfigPathOf(dir, index))));
}

async function continueOrphan(pid: number, configPath: string): Promise<void> {
  // Its number may be another process's by now.
  if (pid <= 0 || !(await commandOf(pid)).includes(configPath)) return;
  signal(pid, "SIGCONT");
  const deadlineMs = wakefulClock.monotonicMs() + END_MS_MAX;
  while (signal(pid, 0) && wakefulClock.monotonicMs() < deadlineMs) await sleepMs(LOOK_EVERY_MS);
}

/** Empty when there is no such process. */
async function commandOf(pid: number): Promise<string> {
  try {
    return (await promisify(execFile)("ps", ["-ww", "-o", "args=", "-p", String(pid)])).stdout;
  } catch {
    return "";
  }
}

/** @returns whether the process is there */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
