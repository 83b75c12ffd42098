import { readFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import { type Finding, fine, finding } from "./finding.js";

const NODE_MAJOR_MIN = 20;
const HEAP_MB_MIN = 1_024;
/** The rest is for the store's cache, worker threads and the system. */
const HEAP_SHARE_MAX = 0.75;
const FILES_MIN = 8_192;
const CORES_MIN = 2;

export interface MachineFacts {
  readonly nodeVersion: string;
  readonly heapMb: number;
  readonly memoryMb: number;
  readonly cores: number;
  /** Open files that a process may have; null where the system does not tell. */
  readonly filesMax: number | null;
}

/** Node, memory, processors and open files: what every node of this machine has to live with. */
export async function examineMachine(): Promise<readonly Finding[]> {
  return judgeMachine({
    nodeVersion: process.version,
    heapMb: Math.round(getHeapStatistics().heap_size_limit / 1_048_576),
    memoryMb: Math.round(totalmem() / 1_048_576),
    cores: availableParallelism(),
    filesMax: await filesMax(),
  });
}

export function judgeMachine(facts: MachineFacts): readonly Finding[] {
  return [versionFinding(facts), heapFinding(facts), coresFinding(facts), filesFinding(facts)];
}

function versionFinding({ nodeVersion }: MachineFacts): Finding {
  const major = Number(/^v([0-9]+)/.exec(nodeVersion)?.[1] ?? 0);
  if (major >= NODE_MAJOR_MIN) return fine("machine.node", `Node ${nodeVersion}`);
  return finding("machine.node", "fail", `Node ${nodeVersion}`, `install Node ${NODE_MAJOR_MIN} or later`);
}

function heapFinding({ heapMb, memoryMb }: MachineFacts): Finding {
  const found = `heap limit ${heapMb} MB of ${memoryMb} MB memory`;
  if (heapMb < HEAP_MB_MIN) {
    const advice = `set NODE_OPTIONS=--max-old-space-size=${HEAP_MB_MIN * 2}`;
    return finding("machine.heap", "warn", found, advice);
  }
  if (heapMb <= memoryMb * HEAP_SHARE_MAX) return fine("machine.heap", found);
  const advice = `set NODE_OPTIONS=--max-old-space-size=${Math.floor(memoryMb / 2)}, or the system ends the node before its own limit does`;
  return finding("machine.heap", "warn", found, advice);
}

function coresFinding({ cores }: MachineFacts): Finding {
  if (cores >= CORES_MIN) return fine("machine.cores", `${cores} processors`);
  return finding(
    "machine.cores",
    "warn",
    `${cores} processor`,
    `a keeper signs, executes and serves side by side: give it ${CORES_MIN}`,
  );
}

function filesFinding({ filesMax: max }: MachineFacts): Finding {
  if (max === null)
    return finding("machine.files", "skipped", "this system does not tell its limit of open files", "see ulimit -n");
  if (max >= FILES_MIN) return fine("machine.files", `${max} open files allowed`);
  return finding(
    "machine.files",
    "warn",
    `${max} open files allowed`,
    `raise it to ${FILES_MIN}: ulimit -n ${FILES_MIN}`,
  );
}

async function filesMax(): Promise<number | null> {
  const text = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const soft = /^Max open files\s+(\S+)/m.exec(text)?.[1];
  if (soft === undefined) return null;
  return soft === "unlimited" ? Number.MAX_SAFE_INTEGER : Number(soft);
}
