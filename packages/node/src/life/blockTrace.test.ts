import { fakeBlock } from "@sealwright/api/testing";
import { DEFAULT_THREAD_ID, height, type KeeperId, signerIndex, term, unixMs } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { BlockTrace, TRACED_BLOCKS_MAX, votesOf } from "./blockTrace.js";

const keeper = (index: number): KeeperId => String(index).padStart(64, "0") as KeeperId;
const blockAt = (at: number, text = "") =>
  fakeBlock({ threadId: DEFAULT_THREAD_ID, height: at, externals: [new TextEncoder().encode(text)] });

/** A trace whose clock goes on by one at every look. */
function open() {
  let nowMs = 0;
  return new BlockTrace({ clock: { nowMs: () => unixMs(++nowMs) } });
}

describe("BlockTrace", () => {
  it("joins what was known of a block before it had an id, and keeps the first time of each step", () => {
    const trace = open();
    trace.buildStarted(height(5), term(0));
    trace.built(height(5), term(0));
    trace.held(height(5), term(0), "quorumMissing");
    const block = blockAt(5);
    trace.note(block, "sealed");
    trace.note(block, "sealed");
    trace.noteKnown(block.id, "signed");
    const traced = trace.get(block.id)!;
    expect([...traced.times]).toEqual([
      ["buildStarted", 1],
      ["built", 2],
      ["sealed", 3],
      ["signed", 4],
    ]);
    expect(traced.held).toBe("quorumMissing");
  });

  it("does not take another keeper's block for the one that it began itself", () => {
    const trace = open();
    trace.buildStarted(height(5), term(0));
    const block = blockAt(5);
    trace.arrived(block.id);
    trace.note(block, "applied");
    expect([...trace.get(block.id)!.times.keys()]).toEqual(["received", "applied"]);
  });

  it("shows an attestation when it is good: with its time if it came here, without if a certificate names it", () => {
    const trace = open();
    const block = blockAt(5);
    trace.note(block, "sealed");
    trace.voteArrived(block.id, signerIndex(2));
    trace.voteArrived(block.id, signerIndex(2));
    trace.voteArrived(block.id, signerIndex(3));
    expect(votesOf(trace.get(block.id)!)).toEqual([]);
    trace.voted(block.id, signerIndex(0), keeper(0));
    trace.voted(block.id, signerIndex(2), keeper(2));
    trace.voted(block.id, signerIndex(2), keeper(2));
    expect(votesOf(trace.get(block.id)!)).toEqual([
      { keeperId: keeper(2), atMs: 2 },
      { keeperId: keeper(0), atMs: null },
    ]);
  });

  it("keeps all blocks of a height", () => {
    const trace = open();
    const [one, other] = [blockAt(5, "a"), blockAt(5, "b")];
    for (const block of [one, other, blockAt(6)]) trace.note(block, "applied");
    trace.noteKnown(other.id, "abandoned");
    expect(trace.at(height(5)).map(({ block }) => block.blockId)).toEqual([one.id, other.id]);
  });

  it("is bounded: the oldest blocks go, and what only arrived pushes out nothing that is checked", () => {
    const trace = open();
    const kept = blockAt(1);
    trace.note(kept, "applied");
    for (let n = 0; n < 5_000; n++) trace.arrived(`${n}`.padStart(64, "0") as typeof kept.id);
    expect(trace.get(kept.id)).not.toBeNull();
    for (let n = 0; n < TRACED_BLOCKS_MAX; n++) trace.note(blockAt(2, String(n)), "applied");
    expect(trace.get(kept.id)).toBeNull();
    expect(trace.at(height(2))).toHaveLength(TRACED_BLOCKS_MAX);
  });
});
