import { createTestNetwork, sealTestBlock } from "@sealwright/consensus/testing";
import { height, type ImportCursor, type ThreadId, unixMs } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { BlockTally, CENSORED_AFTER_MS } from "./blockTally.js";
import { ImportWatch } from "./importWatch.js";

const { rules, root } = createTestNetwork(4);
const LIMITS = { gasMax: 1_000n, externalsMax: 1_000, importsMax: 10, outboundMax: 10, sizeBytesMax: 1_000_000 };
const COMPLAINTS_MAX = 2;
const [NORTH, SOUTH] = ["north" as ThreadId, "south" as ThreadId];
const EMPTY = sealTestBlock(rules, root, {}).block;
const FULL = sealTestBlock(rules, root, { externals: Array.from({ length: 200 }, (_, i) => Uint8Array.of(i)) }).block;

function at(blockHeight: number, position = 0): ImportCursor {
  return { height: height(blockHeight), position };
}

/** A watch, with a producer that seals a block a second. */
class WatchWorld {
  readonly #tally = new BlockTally(LIMITS);
  readonly watch = new ImportWatch({ complaintsMax: COMPLAINTS_MAX, tally: this.#tally });
  atMs = 0;

  /** @returns what the last look said */
  pass(ms: number, first: readonly (readonly [ThreadId, ImportCursor])[], block = EMPTY): boolean {
    let isCensored = this.watch.look(new Map(first), this.atMs);
    for (const endMs = this.atMs + ms; this.atMs < endMs;) {
      this.atMs += 1_000;
      this.#tally.noteBlock(block, unixMs(block.header.timeMs));
      isCensored = this.watch.look(new Map(first), this.atMs);
    }
    return isCensored;
  }

  newProducer(): void {
    this.#tally.newProducer();
    this.watch.newProducer(this.atMs);
  }
}

describe("a watch for imports that are left out", () => {
  it("[S1] suspects a producer that leaves another thread's final message out for 10 s, until it takes it", () => {
    const world = new WatchWorld();
    expect(world.pass(CENSORED_AFTER_MS - 1_000, [[NORTH, at(3)]])).toBe(false);
    expect(world.pass(1_000, [[NORTH, at(3)]])).toBe(true);
    expect(world.pass(0, [[NORTH, at(4)]])).toBe(false);
  });

  it("[S1] is not deceived by a producer that takes those of a third thread", () => {
    const world = new WatchWorld();
    for (let second = 0; second < 10; second++)
      world.pass(1_000, [
        [NORTH, at(3)],
        [SOUTH, at(second)],
      ]);
    expect(world.pass(0, [[NORTH, at(3)]])).toBe(true);
  });

  it("[S1] suspects nobody who takes some each time, who has no room, or who has just begun", () => {
    const world = new WatchWorld();
    for (let i = 0; i < 30; i++) expect(world.pass(1_000, [[NORTH, at(3, i)]])).toBe(false);
    expect(new WatchWorld().pass(CENSORED_AFTER_MS * 2, [[NORTH, at(3)]], FULL)).toBe(false);
    const fresh = new WatchWorld();
    fresh.pass(CENSORED_AFTER_MS - 1_000, [[NORTH, at(3)]]);
    fresh.newProducer();
    expect(fresh.pass(CENSORED_AFTER_MS - 1_000, [[NORTH, at(3)]])).toBe(false);
  });

  it("[S1] does not count time in which it did not look, or produced itself", () => {
    const world = new WatchWorld();
    world.pass(CENSORED_AFTER_MS - 1_000, [[NORTH, at(3)]]);
    world.atMs += 5_000;
    expect(world.pass(CENSORED_AFTER_MS - 1_000, [[NORTH, at(3)]])).toBe(false);
    world.watch.clear();
    expect(world.pass(CENSORED_AFTER_MS - 1_000, [[NORTH, at(3)]])).toBe(false);
  });

  it("[S1] holds a message against f + 1 producers and no more: one of them was honest", () => {
    const world = new WatchWorld();
    const suspected: boolean[] = [];
    for (let turn = 0; turn < COMPLAINTS_MAX + 2; turn++) {
      suspected.push(world.pass(CENSORED_AFTER_MS, [[NORTH, at(3)]]));
      world.newProducer();
    }
    expect(suspected).toEqual([true, true, false, false]);
  });
});
