import { createMetrics } from "@sealwright/api";
import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { addProcessMetrics } from "./processMetrics.js";

describe("process metrics", () => {
  it("have help, base units, and none of the names that promtool refuses", async () => {
    const metrics = createMetrics();
    const stop = addProcessMetrics(metrics, { clock: new ManualClock() });
    const text = await metrics.text();
    stop();
    const typed = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    expect(typed.length).toBeGreaterThanOrEqual(8);
    for (const [, name = "", type] of typed) {
      expect(text).toContain(`# HELP ${name} `);
      expect(name.endsWith("_total")).toBe(type === "counter");
    }
    expect(text).toMatch(/^process_resident_memory_bytes [1-9]/m);
    expect(text).toMatch(/^process_cpu_seconds_total [0-9.]+$/m);
    expect(text).toMatch(/^nodejs_eventloop_delay_seconds\{delay_quantile="0.99"\} /m);
  });
});
