import { readFile } from "node:fs/promises";
import type { SealwrightClient } from "@sealwright/api/client";

/** What a node costs its machine. */
export interface NodeFigures {
  readonly rssMb: number;
  /** Processor time since the process started. */
  readonly cpuS: number;
  /** Since the figures were last read. */
  readonly eventLoopDelayP99Ms: number;
  /** Highest resident memory so far; that of now where the system does not tell. */
  readonly peakRssMb: number;
}

/** Of a node that does not answer. */
export const NO_FIGURES: NodeFigures = { rssMb: 0, cpuS: 0, eventLoopDelayP99Ms: 0, peakRssMb: 0 };

/** A node's figures from its own metrics; zeros of a node that does not answer. */
export async function readNodeFigures(client: SealwrightClient, pid: number): Promise<NodeFigures> {
  const text = await client.metrics().catch(() => null);
  if (text === null) return NO_FIGURES;
  const rssMb = megabytes(metricOf(text, "process_resident_memory_bytes"));
  return {
    rssMb,
    cpuS: round(metricOf(text, "process_cpu_seconds_total"), 2),
    eventLoopDelayP99Ms: round(metricOf(text, 'nodejs_eventloop_delay_seconds{delay_quantile="0.99"}') * 1_000, 1),
    peakRssMb: (await peakOf(pid)) ?? rssMb,
  };
}

/** One sample of Prometheus' text format, by its name with labels; 0 where there is none. */
export function metricOf(text: string, sample: string): number {
  const line = text.split("\n").find((one) => one.startsWith(`${sample} `));
  return line === undefined ? 0 : Number(line.slice(sample.length + 1).split(" ")[0]);
}

async function peakOf(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kib = /^VmHWM:\s+([0-9]+) kB$/m.exec(text)?.[1];
  return kib === undefined ? null : megabytes(Number(kib) * 1_024);
}

function megabytes(bytes: number): number {
  return round(bytes / 1_048_576, 1);
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
