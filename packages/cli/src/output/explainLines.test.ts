import { Writable } from "node:stream";
import type { BlockLifeJson, HeightLivesJson } from "@sealwright/api";
import { describe, expect, it } from "vitest";
import { explainLines, type Testimony, type Witness } from "./explainLines.js";
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
  return { name: `node ${index}`, lives };
}

function lines(witnesses: readonly Witness[], patch: Partial<Testimony> = {}): string[] {
  return explainLines("0", "7", { witnesses, silent: [], names, ...patch }, out);
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
    expect(lines([witness(0, { blocks: [made] }), witness(1, { blocks: [seen] })])).toEqual([
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
    const text = lines([witness(0, { blocks: [kept, gone] })]).join("\n");
    expect(text).toContain("thread 0, height 7: final");
    expect(text).toContain("thread 0, height 7: abandoned");
    expect(text).toContain("abandoned: a later term went on from a block below it (says node 0)");
  });

  it("says why there is no block", () => {
    const missing = { reason: "producerSilent", lateMs: 4_000 } as const;
    expect(lines([witness(1, { missing })])).toEqual([
      "thread 0 has no block at height 7",
      "  producerSilent, 4000 ms more than allowed: nothing of it came from its producer: down, cut off, stuck or waiting (says node 1)",
    ]);
  });

  it("counts a node's own attestation among those who attested it, and tells it once", () => {
    const atMs = START_MS + 30;
    const attested = life({ timeline: [{ stage: "attested", atMs }], votes: [{ keeperId: KEEPERS[0], atMs }] });
    const text = lines([witness(0, { blocks: [attested] })]);
    expect(text).toContain("  attested by node 0");
    expect(text.filter((line) => line.includes("attest"))).toHaveLength(2);
  });

  it("says a reason once, with all nodes that give it", () => {
    const late = (lateMs: number) => life({ delay: { reason: "carriedLate", lateMs } });
    const text = lines([witness(0, { blocks: [late(576)] }), witness(1, { blocks: [late(561)] })]);
    expect(text.at(-1)).toBe(
      "  carriedLate, 561 to 576 ms more than allowed: the block that carries its quorum came late (say node 0, node 1)",
    );
  });

  it("names no maker of a genesis block", () => {
    const genesis = life({ delay: { reason: "genesis", lateMs: 0 }, producer: "0".repeat(64) });
    expect(lines([witness(0, { blocks: [genesis] }), witness(1, { blocks: [genesis] })])).toEqual([
      "thread 0, height 7: final",
      `  block ${"1".repeat(64)}, term 0, the genesis block`,
      "  genesis: the thread begins with it; nobody made it (say node 0, node 1)",
    ]);
  });

  it("says who did not answer", () => {
    const missing = { reason: "pruned", lateMs: 0 } as const;
    expect(lines([witness(0, { missing })], { silent: ["node 1"] })).toEqual([
      "thread 0 has no block at height 7",
      "  pruned: it is older than what this node keeps (says node 0)",
      "  no answer from node 1",
    ]);
  });
});
