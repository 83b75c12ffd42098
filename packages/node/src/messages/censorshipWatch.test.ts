import { createTestNetwork, sealTestBlock } from "@sealwright/consensus/testing";
import { type KeeperId, type MessageHash, type SealedBlock, sha256Hex, signerIndex, unixMs } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { BlockTally, CENSORED_AFTER_MS } from "./blockTally.js";
import { CensorshipWatch, type Look, type WaitingMessage, WATCHED_PER_KEEPER_MAX } from "./censorshipWatch.js";

const { rules, root } = createTestNetwork(4);
const COMPLAINTS_MAX = rules.keepers.faultTolerance + 1;
const LIMITS = { gasMax: 1_000n, externalsMax: 1_000, importsMax: 10, outboundMax: 10, sizeBytesMax: 1_000_000 };
const PEER = rules.keepers.at(signerIndex(2)).id;

function message(name: string, from: KeeperId | null = PEER): WaitingMessage {
  const bytes = Buffer.from(name);
  return { hash: sha256Hex(bytes) as MessageHash, bytes, expiresAtMs: unixMs(1_000_000), from };
}

function blockOf(count: number): SealedBlock {
  const externals = Array.from({ length: count }, (_, i) => Uint8Array.of(i));
  return sealTestBlock(rules, root, { externals }).block;
}

/** A watch, with a producer that seals a block a second. */
class WatchWorld {
  readonly #tally = new BlockTally(LIMITS);
  readonly watch = new CensorshipWatch({ complaintsMax: COMPLAINTS_MAX, tally: this.#tally });
  atMs = 0;
  isAdmissible = true;

  /** @returns the last look */
  pass(ms: number, block: SealedBlock | null = blockOf(0), lagMs = 0): Look {
    let look = this.#look();
    for (const endMs = this.atMs + ms; this.atMs < endMs;) {
      this.atMs += 1_000;
      if (block !== null) this.#tally.noteBlock(block, unixMs(block.header.timeMs + lagMs));
      look = this.#look();
    }
    return look;
  }

  newProducer(): void {
    this.#tally.newProducer();
    this.watch.newProducer();
  }

  #look(): Look {
    const looked = this.watch.messages.map((waiting) => ({ ...waiting, isAdmissible: this.isAdmissible }));
    return this.watch.look(looked, this.atMs);
  }
}

describe("a watch for censorship", () => {
  it("[S1] suspects a producer that leaves an admissible message out for 10 s, though its blocks have room", () => {
    const world = new WatchWorld();
    world.watch.add(message("left out"));
    expect(world.pass(CENSORED_AFTER_MS - 1_000)).toEqual({ handOver: [message("left out").bytes], isCensored: false });
    expect(world.pass(1_000).isCensored).toBe(true);
  });

  it("[S1] suspects nobody whose blocks are full, are old, or do not come", () => {
    for (const [block, lagMs] of [
      [blockOf(200), 0],
      [blockOf(0), 6_000],
      [null, 0],
    ] as const) {
      const world = new WatchWorld();
      world.watch.add(message("waits"));
      expect(world.pass(CENSORED_AFTER_MS * 2, block, lagMs).isCensored).toBe(false);
    }
  });

  it("[S1] does not take a producer's slowness for room: its larger blocks show what it can do", () => {
    const world = new WatchWorld();
    world.watch.add(message("waits"));
    world.pass(1_000, blockOf(60));
    expect(world.pass(CENSORED_AFTER_MS, blockOf(50)).isCensored).toBe(false);
  });

  it("[S1] forgets what is not admissible at one look, and a suspicion that has no ground any more", () => {
    const world = new WatchWorld();
    world.watch.add(message("spent"));
    expect(world.pass(CENSORED_AFTER_MS).isCensored).toBe(true);
    world.isAdmissible = false;
    expect(world.pass(1_000)).toEqual({ handOver: [], isCensored: false });
    expect(world.watch.messages).toEqual([]);
  });

  it("[S1] gives each producer its own 10 s, and this keeper too after it slept", () => {
    const world = new WatchWorld();
    world.watch.add(message("patient"));
    world.pass(CENSORED_AFTER_MS - 1_000);
    world.newProducer();
    expect(world.pass(CENSORED_AFTER_MS - 1_000).isCensored).toBe(false);
    world.atMs += 5_000;
    expect(world.pass(CENSORED_AFTER_MS - 1_000).isCensored).toBe(false);
    expect(world.pass(1_000).isCensored).toBe(true);
  });

  it("[S1] holds a message against f + 1 producers and no more, so that it is no weapon", () => {
    const world = new WatchWorld();
    let complaints = 0;
    for (let turn = 0; turn < COMPLAINTS_MAX + 3; turn++) {
      world.watch.add(message("poison"));
      if (world.pass(CENSORED_AFTER_MS + 1_000).isCensored) complaints++;
      world.newProducer();
    }
    expect(complaints).toBe(COMPLAINTS_MAX);
  });

  it("[I12] watches only so many messages of each keeper, whatever another one brings", () => {
    const { watch } = new WatchWorld();
    for (let i = 0; i < 100; i++) watch.add(message(`flood ${i}`));
    expect(watch.messages).toHaveLength(WATCHED_PER_KEEPER_MAX);
    watch.add(message("own", null));
    expect(watch.messages).toHaveLength(WATCHED_PER_KEEPER_MAX + 1);
    watch.dropExpired(unixMs(2_000_000));
    expect(watch.messages).toEqual([]);
    for (let i = 0; i < 100; i++) watch.add(message(`later ${i}`));
    expect(watch.messages).toHaveLength(WATCHED_PER_KEEPER_MAX);
  });
});
