import { createTestNetwork, switchTo } from "@sealwright/consensus/testing";
import { type BlockId, height, type KeeperId, signerIndex, term } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { initialProducerState } from "./producerState.js";
import { ackBy, ProducerWorld } from "./testing/index.js";

/** With five keepers, the terms 0, 5, 10 … belong to one of them. */
const { rules, root } = createTestNetwork(5);

function started(): ProducerWorld {
  const world = new ProducerWorld(rules, root);
  world.start();
  return world;
}

function stopping(): ProducerWorld {
  const world = started();
  world.build();
  world.dispatch({ type: "stop" });
  expect(world.state.phase).toBe("stopping");
  return world;
}

const types = (effects: readonly { readonly type: string }[]): string[] => effects.map(({ type }) => type);

describe("a command while a block is finished", () => {
  it("[P4] a prepare is followed when the block is out, or will not leave", () => {
    const endings: Record<string, (world: ProducerWorld) => readonly { readonly type: string }[]> = {
      signed: (world) => world.seal(),
      failed: (world) => {
        const blockId = world.last("recordSeal").block.id;
        return world.dispatch({ type: "sealFailed", blockId, code: "unreachable" });
      },
      refused: (world) => {
        const blockId = world.last("recordSeal").block.id;
        return world.dispatch({ type: "sealRefused", blockId, code: "watermark" });
      },
      abandoned: (world) => world.dispatch({ type: "abandoned", blockIds: [root.id] }),
    };
    for (const [ending, reach] of Object.entries(endings))
      for (const at of [term(0), term(5)]) {
        const world = stopping();
        expect(world.dispatch({ type: "prepare", term: at })).toEqual([]);
        const effects = reach(world);
        expect(effects.at(-1), ending).toEqual({ type: "findStart", term: at });
        expect(types(effects), ending).not.toContain("stopped");
        expect(world.state, ending).toMatchObject({ phase: "starting", term: at });
      }
  });

  it("[P4] the newest one counts: a later term over an earlier, a stop over both", () => {
    const world = stopping();
    world.dispatch({ type: "prepare", term: term(10) });
    expect(world.dispatch({ type: "prepare", term: term(5) })).toEqual([
      { type: "commandIgnored", command: "prepare", reason: "olderTerm" },
    ]);
    expect(world.state).toMatchObject({ next: 10n });
    world.dispatch({ type: "stop" });
    expect(types(world.seal())).toEqual(["publish", "stopped"]);
    expect(world.state.phase).toBe("parked");
  });

  it("[P4] a start in a later term does not wait", () => {
    const world = stopping();
    world.start({ term: term(5), switchCertificate: switchTo(rules, root, 5n) });
    expect(world.producing.term).toBe(5n);
  });

  it("[I2] a start from below that block waits for it, and then looks what can be continued", () => {
    const world = started();
    world.produce();
    world.tick();
    world.build();
    world.dispatch({ type: "stop" });
    expect(world.start()).toEqual([]);
    expect(types(world.seal())).toEqual(["publish", "findStart"]);
  });
});

describe("a command while it produces", () => {
  it("[P4] a prepare for a later term ends the present one: all that was built comes back, and it looks there", () => {
    const world = started();
    world.produce();
    expect(world.dispatch({ type: "prepare", term: term(5) })).toEqual([{ type: "findStart", term: 5n }]);

    const sealing = started();
    sealing.build();
    expect(sealing.dispatch({ type: "prepare", term: term(5) })).toEqual([]);
    expect(types(sealing.seal())).toEqual(["publish", "findStart"]);
    expect(sealing.state).toMatchObject({ phase: "starting", term: 5n });
  });

  it("[P4] one for an earlier term changes nothing, in any phase", () => {
    const reach: (() => ProducerWorld)[] = [
      () => {
        const world = new ProducerWorld(rules, root);
        world.start({ term: term(10), switchCertificate: switchTo(rules, root, 10n) });
        return world;
      },
      () => {
        const world = new ProducerWorld(rules, root);
        world.dispatch({ type: "prepare", term: term(10) });
        return world;
      },
    ];
    for (const make of reach) {
      const world = make();
      const before = world.state;
      const ignored = world.start({ term: term(5) }).filter(({ type }) => type !== "wakeAt");
      expect(ignored).toEqual([{ type: "commandIgnored", command: "start", reason: "olderTerm" }]);
      expect(world.dispatch({ type: "prepare", term: term(0) })[0]).toEqual({
        ...{ type: "commandIgnored", command: "prepare", reason: "olderTerm" },
      });
      expect(world.state).toEqual(before);
    }
  });

  it("[P4] a start of the same term from another block is followed while nothing was sealed in it", () => {
    const world = started();
    const first = world.produce();
    world.start({ term: term(5), parent: root, switchCertificate: switchTo(rules, root, 5n) });
    const late = world.last("build").order;
    world.start({ term: term(5), parent: first, switchCertificate: switchTo(rules, first, 5n) });
    expect(world.last("build").order).toMatchObject({ parent: { block: first.id }, height: 2n });
    const stale = world.builtFor(late);
    expect(world.dispatch({ type: "built", unsealed: stale, messagesWaiting: 0 })).toContainEqual({
      type: "discard",
      builds: [stale.built.ref.build],
    });
  });

  it("[P4] the same start again, or one from its own newest block, changes nothing and loses nothing", () => {
    const world = started();
    const tip = world.produce();
    world.tick();
    for (const parent of [root, tip]) {
      const before = world.state;
      expect(types(world.start({ parent })).filter((type) => type !== "wakeAt")).toEqual([]);
      expect(world.state).toEqual(before);
    }
  });

  it("[I2] a start of the same term from below what it sealed, or seals, there is not followed", () => {
    const sealed = started();
    const first = sealed.produce();
    sealed.produce();
    const from = { ...root, id: "ab".repeat(32) as BlockId };
    const sealing = started();
    sealing.build();
    for (const [world, parent] of [
      [sealed, first],
      [sealed, from],
      [sealing, from],
    ] as const) {
      const before = world.state;
      expect(world.start({ parent })[0]).toEqual({
        ...{ type: "commandIgnored", command: "start", reason: "sealedOtherwise" },
      });
      expect(world.state).toEqual(before);
    }
  });
});

describe("a command that is not for this node", () => {
  it("[I12] not in the BK set, or the term of another: it is ignored, with the reason, and throws nothing", () => {
    const other = rules.keepers.indexOf(new ProducerWorld(rules, root).state.config.self) === signerIndex(0) ? 1 : 0;
    const selves = [
      ["ff".repeat(32) as KeeperId, "notInKeeperSet"],
      [rules.keepers.at(signerIndex(other)).id, "termOfAnother"],
    ] as const;
    for (const [self, reason] of selves) {
      const world = new ProducerWorld(rules, root);
      world.state = initialProducerState({ ...world.state.config, self });
      expect(world.start()).toEqual([{ type: "commandIgnored", command: "start", reason }]);
      expect(world.dispatch({ type: "prepare", term: term(0) })).toEqual([
        { type: "commandIgnored", command: "prepare", reason },
      ]);
      expect(world.tick()).toEqual([]);
      expect(world.state.phase).toBe("parked");
    }
  });

  it("what is found for a term of another starts nothing", () => {
    const world = new ProducerWorld(rules, root);
    world.dispatch({ type: "prepare", term: term(0) });
    const params = { ...world.startParams(), term: term(1) };
    const effects = world.dispatch({ type: "startFound", term: term(0), outcome: { type: "start", params } });
    expect(types(effects)).toEqual(["commandIgnored", "stopped"]);
    expect(world.state.phase).toBe("parked");
  });
});

describe("accusations that wait for a block", () => {
  const accuse = (world: ProducerWorld, signer: number, at: number): void =>
    void world.dispatch({ type: "accusation", accusation: ackBy(signer), height: height(at) });
  const signers = Array.from(
    { length: 10 },
    (_, signer) => [Buffer.from(ackBy(signer)).toString("hex"), signer] as const,
  );
  const signerOf = new Map<string, number>(signers);
  const waiting = (world: ProducerWorld): (number | undefined)[] =>
    world.state.accusations.map(({ bytes }) => signerOf.get(Buffer.from(bytes).toString("hex")));

  it("fall away when what they are about is final, and are not taken any more", () => {
    const world = started();
    for (const at of [1, 2, 3]) accuse(world, at, at);
    world.dispatch({ type: "final", height: height(2) });
    expect(waiting(world)).toEqual([3]);
    accuse(world, 9, 2);
    world.dispatch({ type: "final", height: height(1) });
    expect(waiting(world)).toEqual([3]);
    world.dispatch({ type: "final", height: height(53) });
    expect(waiting(world)).toEqual([]);
  });

  it("[I12] are only such as a block may hold", () => {
    const world = started();
    world.dispatch({ type: "accusation", accusation: Uint8Array.of(1, 2, 3), height: height(5) });
    expect(waiting(world)).toEqual([]);
    world.produce();
  });

  it("are held once, also when they come again", () => {
    const world = started();
    accuse(world, 1, 5);
    accuse(world, 1, 5);
    accuse(world, 2, 5);
    expect(waiting(world)).toEqual([1, 2]);
    world.produce();
    expect(world.last("publish").block.body.accusations).toHaveLength(2);
    expect(waiting(world)).toEqual([]);
  });

  it("are kept while production breaks off, stops and starts, and those that left with a block are not", () => {
    const world = started();
    accuse(world, 1, 5);
    world.dispatch({ type: "abandoned", blockIds: [root.id] });
    accuse(world, 2, 5);
    world.dispatch({ type: "startFound", term: term(0), outcome: { type: "start", params: world.startParams() } });
    expect(waiting(world)).toEqual([1, 2]);
    world.build();
    accuse(world, 3, 5);
    world.dispatch({ type: "stop" });
    world.seal();
    expect([world.state.phase, waiting(world)]).toEqual(["parked", [3]]);
    world.start({ term: term(5), switchCertificate: switchTo(rules, root, 5n) });
    expect(waiting(world)).toEqual([3]);
  });
});
