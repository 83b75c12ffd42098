import type { WireMessage } from "@sealwright/types";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
// Nothing else of ours may be loaded here, or coverage would not see into it.
import { type Fuzzing, openFuzzing } from "./openFuzzing.js";

const INPUTS = 2_000;

const WIRE_KINDS = {
  candidate: true,
  attestation: true,
  certificate: true,
  externals: true,
  status: true,
  blockRequest: true,
  blockResponse: true,
  suspect: true,
  lock: true,
  yield: true,
  evidence: true,
  ack: true,
  nack: true,
  snapshotRequest: true,
  snapshots: true,
  snapshotChunkRequest: true,
  snapshotChunk: true,
} as const satisfies Record<WireMessage["type"], true>;

describe("hostile bytes", () => {
  let fuzzing: Fuzzing;
  beforeAll(async () => {
    fuzzing = await openFuzzing(fc);
  });
  afterAll(() => fuzzing.coverage.close());

  it("[I12] make no decoder throw", { timeout: 120_000 }, () => {
    for (const target of fuzzing.targets) {
      const report = fuzzing.run(target, { seed: 1, isGuided: false, isOver: (inputs) => inputs >= INPUTS });
      expect(report.failure, target.name).toBeNull();
    }
  });

  it("that reach something new inside a decoder are seen and kept", { timeout: 60_000 }, () => {
    const target = fuzzing.targets.find(({ name }) => name === "evidence")!;
    const report = fuzzing.run(target, { seed: 1, isGuided: true, isOver: (inputs) => inputs >= 500 });
    expect(report.kept).toBeGreaterThan(0);
  });

  it("begin with inputs that every decoder accepts", () => {
    const accepting = fuzzing.targets.filter(({ decode, seeds }) => seeds.some(decode));
    expect(accepting.map(({ name }) => name)).toEqual(fuzzing.targets.map(({ name }) => name));
  });

  it("begin with messages of every kind between keepers", async () => {
    const { decodeWireMessage } = await import("@sealwright/types");
    const { seeds } = fuzzing.targets.find(({ name }) => name === "wireMessage")!;
    const kinds = seeds.map((seed) => decodeWireMessage(seed)).map((read) => (read.ok ? read.value.type : null));
    expect(new Set(kinds)).toEqual(new Set(Object.keys(WIRE_KINDS)));
  });
});
