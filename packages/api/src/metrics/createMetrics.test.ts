import { describe, expect, it } from "vitest";
import { createMetrics } from "./createMetrics.js";
import { openMetricsOf } from "./openMetrics.js";

describe("createMetrics", () => {
  it("shows named series at 0 before anything happened, so that no panel finds nothing", async () => {
    const metrics = createMetrics();
    metrics.counter({
      name: "sealwright_refusals_total",
      help: "Refusals.",
      labels: ["code"],
      series: [{ code: "queueFull" }],
    });
    metrics.counter({ name: "sealwright_blocks_total", help: "Blocks." });
    const text = await metrics.text();
    expect(text).toContain('sealwright_refusals_total{code="queueFull"} 0');
    expect(text).toContain("sealwright_blocks_total 0");
  });

  it("counts what is beyond the last bucket, in its whole size", async () => {
    const metrics = createMetrics();
    metrics.histogram({ name: "sealwright_wait_seconds", help: "Waits.", buckets: [1, 10] }).observe(86_400);
    const text = await metrics.text();
    expect(text).toContain('sealwright_wait_seconds_bucket{le="10"} 0');
    expect(text).toContain('sealwright_wait_seconds_bucket{le="+Inf"} 1');
    expect(text).toContain("sealwright_wait_seconds_sum 86400");
  });

  it.each([
    ["counter", "sealwright_blocks"],
    ["gauge", "sealwright_blocks_total"],
    ["gauge", "sealwright_wait_ms"],
    ["gauge", "blocks"],
    ["histogram", "sealwright_wait"],
    ["histogram", "sealwright_wait_milliseconds"],
  ] as const)("refuses a %s named %s", (kind, name) => {
    expect(() => createMetrics()[kind]({ name, help: "x" })).toThrow(name);
  });

  it("refuses a metric without help", () => {
    expect(() => createMetrics().gauge({ name: "sealwright_x", help: "" })).toThrow("help");
  });

  it("collects at every reading", async () => {
    const metrics = createMetrics();
    let value = 1;
    metrics.gauge({ name: "sealwright_queue_messages", help: "Queue.", collect: (gauge) => gauge.set(value) });
    expect(await metrics.text()).toContain("sealwright_queue_messages 1");
    value = 2;
    expect(await metrics.text()).toContain("sealwright_queue_messages 2");
  });

  it("keeps the registries of two nodes in one process apart", async () => {
    const [one, two] = [createMetrics(), createMetrics()];
    one.gauge({ name: "sealwright_x", help: "x" }).set(5);
    two.gauge({ name: "sealwright_x", help: "x" });
    expect(await two.text()).toContain("sealwright_x 0");
  });
});

describe("openMetricsOf", () => {
  it("names counter families without _total and marks the end", () => {
    const text = "# HELP a_total A.\n# TYPE a_total counter\na_total 1\n\n# HELP b B.\n# TYPE b gauge\nb 2\n";
    expect(openMetricsOf(text)).toBe(
      "# HELP a A.\n# TYPE a counter\na_total 1\n# HELP b B.\n# TYPE b gauge\nb 2\n# EOF\n",
    );
  });
});
