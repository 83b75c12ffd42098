import { Writable } from "node:stream";
import type { BlockLifeJson, HeightLivesJson } from "@sealwright/api";
import { describe, expect, it } from "vitest";
import { explainLines, type Witness } from "./explainLines.js";
import { Output } from "./output.js";

const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
const out = new Output(false, sink as NodeJS.WriteStream, sink as NodeJS.WriteStream);
const KEEPERS = ["a".repeat(64), "b".repeat(64)] as const;
const names = new Map(KEEPERS.map((id, index) => [id, `node ${index}`]));
const START_MS = Date.UTC(2030, 0, 1, 12);

function life(patch: Partial<BlockLifeJson>): BlockLifeJson {
  return {
    block: { threadId: "0".repeat(68), height: "7", term: "0", blockId: "1".repeat(64) },
    parentId: "2".repeat(64),
    producer: KEEPERS[0],
    status: "final",
    timeline: [],
    votes: [],
    carriedBy: null,
    delay: null,
    ...patch,
  };
}

function witness(index: 0 | 1, patch: Partial<HeightLivesJson>): Witness {
  const lives = {
    threadId: "0".repeat(68),
    height: "7",
    keeperId: KEEPERS[index],
    blocks: [],
    missing: null,
    ...patch,
  };
  return { name: `node ${index}`, lives, names };
}

describe("explainLines", () => {
  it("puts what all nodes saw in the order of time, with what attested it, what carried it, and why it was late", () => {
    const made = life({
      timeline: [
        { stage: "sealed", atMs: START_MS },
        { stage: "final", atMs: START_MS + 900 },
      ],
      votes: [{ keeperId: KEEPERS[1], atMs: START_MS + 50 }],
      carriedBy: "3".repeat(64),
      delay: { reason: "carriedLate", lateMs: 120 },
    });
    const seen = life({ timeline: [{ stage: "received", atMs: START_MS + 20 }] });
    expect(explainLines("0", "7", [witness(0, { blocks: [made] }), witness(1, { blocks: [seen] })], out)).toEqual([
      "",
      "thread 0, height 7: final",
      `  block ${"1".repeat(64)}, term 0, made by node 0`,
      "  12:00:00.000      +0 ms  node 0  sealed: it has its id",
      "  12:00:00.020     +20 ms  node 1  received",
      "  12:00:00.050     +50 ms  node 0  has the attestation of node 1",
      "  12:00:00.900    +900 ms  node 0  final, on disk",
      "  attested by node 1",
      `  quorum carried by block ${"3".repeat(64)}`,
      "  carriedLate, 120 ms more than allowed: the block that carries its quorum came late (says node 0)",
    ]);
  });

  it("shows every block of the height, such as one that a later term left behind", () => {
    const gone = life({ status: "abandoned", delay: { reason: "abandoned", lateMs: 0 } });
    const kept = life({ block: { ...gone.block, term: "1", blockId: "9".repeat(64) } });
    const text = explainLines("0", "7", [witness(0, { blocks: [kept, gone] })], out).join("\n");
    expect(text).toContain("thread 0, height 7: final");
    expect(text).toContain("thread 0, height 7: abandoned");
    expect(text).toContain("abandoned: a later term went on from a block below it (says node 0)");
  });

  it("says why there is no block", () => {
    const missing = { reason: "producerSilent", lateMs: 4_000 } as const;
    expect(explainLines("0", "7", [witness(1, { missing })], out)).toEqual([
      "thread 0 has no block at height 7",
      "  producerSilent, 4000 ms more than allowed: its producer is silent: down, cut off or stuck (says node 1)",
    ]);
  });
});
