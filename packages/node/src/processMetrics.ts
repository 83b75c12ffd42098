import type { Metrics } from "@sealwright/api";
import type { Clock } from "@sealwright/types";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";

const EVENT_LOOP_RESOLUTION_MS = 10;
const NS_PER_SECOND = 1e9;
const QUANTILES = ["0.5", "0.9", "0.99"] as const;

/**
 * CPU, memory and event-loop delay of this process. By hand because three of prom-client's default metrics fail
 * promtool's lint.
 * @returns stops the measuring
 */
export function addProcessMetrics(metrics: Metrics, { clock }: { readonly clock: Clock }): () => void {
  addCpu(metrics);
  addMemory(metrics);
  metrics
    .gauge({ name: "process_start_time_seconds", help: "Start of the process in seconds since 1970." })
    .set(clock.nowMs() / 1000 - process.uptime());
  metrics
    .gauge({
      name: "nodejs_version_info",
      help: "Version of Node.js, always 1.",
      labels: ["version"],
      series: [{ version: process.version }],
    })
    .set({ version: process.version }, 1);
  return addEventLoop(metrics);
}

function addCpu(metrics: Metrics): void {
  const counter = metrics.counter({
    name: "process_cpu_seconds_total",
    help: "Processor time spent by the process, user and system, in seconds.",
  });
  let counted = 0;
  metrics.beforeRead(() => {
    const { user, system } = process.cpuUsage();
    const spent = (user + system) / 1e6;
    counter.inc(Math.max(0, spent - counted));
    counted = Math.max(spent, counted);
  });
}

function addMemory(metrics: Metrics): void {
  metrics.gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory of the process in bytes.",
    collect: (gauge) => gauge.set(process.memoryUsage.rss()),
  });
  const used = metrics.gauge({
    name: "nodejs_heap_used_bytes",
    help: "JavaScript heap in use, main thread, in bytes.",
  });
  const limit = metrics.gauge({ name: "nodejs_heap_limit_bytes", help: "Most that the JavaScript heap may grow to." });
  const external = metrics.gauge({
    name: "nodejs_external_memory_bytes",
    help: "Memory outside the heap that JavaScript objects hold, main thread.",
  });
  metrics.beforeRead(() => {
    const heap = getHeapStatistics();
    used.set(heap.used_heap_size);
    limit.set(heap.heap_size_limit);
    external.set(heap.external_memory);
  });
}

/** Since the last reading: with one Prometheus that is the delay within each scrape interval. */
function addEventLoop(metrics: Metrics): () => void {
  const delays = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });
  delays.enable();
  const quantiles = metrics.gauge({
    name: "nodejs_eventloop_delay_seconds",
    help: "Delay of the main event loop since the last reading, by quantile, in seconds.",
    // "quantile" itself belongs to summaries, and promtool says so.
    labels: ["delay_quantile"],
  });
  const max = metrics.gauge({
    name: "nodejs_eventloop_delay_max_seconds",
    help: "Longest delay of the main event loop since the last reading, in seconds.",
  });
  metrics.beforeRead(() => {
    // The sampler itself counts its own interval; only what comes on top is delay.
    const beyond = (ns: number): number => Math.max(0, ns - EVENT_LOOP_RESOLUTION_MS * 1e6) / NS_PER_SECOND;
    for (const quantile of QUANTILES) {
      quantiles.set({ delay_quantile: quantile }, beyond(delays.percentile(Number(quantile) * 100)));
    }
    max.set(beyond(delays.max));
    delays.reset();
  });
  return () => void delays.disable();
}
