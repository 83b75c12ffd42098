import { unixMs, ZERO_BLOCK_ID } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { ExecutionError } from "../threadExecution.js";
import { JobQueue, QUESTIONS_MAX } from "./jobQueue.js";
import { packBytes } from "./packedBytes.js";
import type { Job, NumberedJob } from "./workerProtocol.js";

const ADMIT = { type: "admit", messages: packBytes([]), nowMs: unixMs(0) } as const;
const READ = { type: "totals", at: ZERO_BLOCK_ID } as const;
const FINALIZE = { type: "finalize", blockId: ZERO_BLOCK_ID } as const;
const QUESTION = {
  type: "query",
  query: { type: "emulate", message: new Uint8Array(0), ignoresSignatures: true },
  ...{ at: undefined, nowMs: unixMs(0) },
} as const;

const WAITING_MAX = 128;

/** A queue in front of a worker that answers when it is told to. */
class Bench {
  readonly sent: NumberedJob[] = [];
  readonly refusals: string[] = [];
  readonly queue = new JobQueue({ waitingMax: WAITING_MAX, send: (job) => this.sent.push(job) });

  push(job: Job): void {
    this.queue.push(job).catch((error: unknown) => {
      if (!(error instanceof ExecutionError) || !error.retryable) throw error;
      this.refusals.push(job.type);
    });
  }

  /** The worker does everything; @returns the kinds of jobs in the order in which it got them */
  run(): string[] {
    for (let at = 0; at < this.sent.length; at++) this.queue.answered({ number: this.sent[at]!.number, value: null });
    return this.sent.map(({ job }) => job.type);
  }
}

describe("a worker's queue", () => {
  it("questions wait behind admissions", () => {
    const bench = new Bench();
    for (const job of [QUESTION, QUESTION, ADMIT, ADMIT, FINALIZE, ADMIT]) bench.push(job);
    expect(
      bench.sent.map(({ job }) => job.type),
      "one of them, and room for what comes now",
    ).toEqual(["query", "admit"]);
    expect(bench.run()).toEqual(["query", "admit", "finalize", "admit", "admit", "query"]);
  });

  it("any number of questions turns no message away, and those beyond a few come again later", async () => {
    const bench = new Bench();
    for (let i = 0; i < QUESTIONS_MAX + 4; i++) bench.push(QUESTION);
    for (let i = 0; i < 8; i++) bench.push(ADMIT);
    await Promise.resolve();
    expect(bench.refusals).toEqual(["query", "query", "query"]);
    expect(bench.run().slice(0, 9)).toEqual(["query", ...Array.from({ length: 8 }, () => "admit")]);
  });

  it("any number of reads keeps no block out", async () => {
    const bench = new Bench();
    for (let i = 0; i < WAITING_MAX + 4; i++) bench.push(READ);
    bench.push(FINALIZE);
    await Promise.resolve();
    expect(bench.refusals).toEqual(["totals", "totals"]);
    expect(bench.run().at(-1)).toBe("finalize");
  });
});
