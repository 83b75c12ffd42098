import { certify, createTestNetwork } from "@sealwright/consensus/testing";
import { assert, type KeeperId, term } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import type { ProducerEffect } from "./producerEffect.js";
import { INTERVAL_MS, ProducerWorld, TIMEOUT_MS } from "./testing/index.js";

const { rules, root } = createTestNetwork(5);

function started(): ProducerWorld {
  const world = new ProducerWorld(rules, root);
  world.start();
  return world;
}

/** Three blocks are out without a vote, the next one is held for it, and two more are built on that one. */
function heldWithMoreBuilt(): ProducerWorld {
  const world = started();
  for (let i = 0; i < 3; i++) world.produce();
  for (let i = 0; i < 3; i++) {
    world.tick();
    world.build();
  }
  expect(world.producing.unsealed).toHaveLength(3);
  world.effects.length = 0;
  return world;
}

const buildsOf = (world: ProducerWorld): number[] => world.producing.unsealed.map(({ built }) => built.ref.build);
const types = (effects: readonly ProducerEffect[]): string[] => effects.map(({ type }) => type);

describe("outcomes of completing a common section", () => {
  it("success: the block goes to disk, to the signer and out, in this order", () => {
    const world = started();
    world.build();
    world.seal();
    const steps = types(world.effects).filter((type) => ["recordSeal", "signSeal", "publish"].includes(type));
    expect(steps).toEqual(["recordSeal", "signSeal", "publish"]);
  });

  it("not ready yet: all that was built stays, it says what is missing, and votes release it, time does not", () => {
    const world = heldWithMoreBuilt();
    const builds = buildsOf(world);
    const first = world.producing.tail[0]!.facts;
    expect(world.producing.hold).toEqual({ blockId: first.id, reason: "majorityMissing" });
    world.tick();
    expect(world.all("recordSeal")).toEqual([]);
    expect(buildsOf(world)).toEqual(builds);
    for (const signer of [0, 1, 2]) world.vote(first, signer);
    world.aggregate(world.last("aggregate"));
    expect(world.all("recordSeal")).toHaveLength(1);
    expect(buildsOf(world)).toEqual(builds.slice(1));
    expect(world.all("discard")).toEqual([]);
  });

  it("ancestor is not ready yet: a block waits while its parent is signed, and follows it without a look at the clock", () => {
    const world = heldWithMoreBuilt();
    world.dispatch({ type: "certificate", certificate: certify(rules, world.producing.tip) });
    const parent = world.last("recordSeal").block;
    world.dispatch({ type: "sealRecorded", blockId: parent.id });
    expect(world.all("recordSeal")).toHaveLength(1);
    world.dispatch({ type: "sealSigned", blockId: parent.id, signature: new Uint8Array(96).fill(1) });
    expect(world.all("recordSeal").map(({ block }) => block.header.parentId)).toEqual([
      parent.header.parentId,
      parent.id,
    ]);
  });

  it("chain to the last final block is broken: production ends, all comes back, and it looks once for what it can still continue", () => {
    const world = heldWithMoreBuilt();
    const builds = buildsOf(world);
    const blockIds = world.producing.tail.map(({ facts }) => facts.id);
    const effects = world.dispatch({ type: "abandoned", blockIds: blockIds.slice(0, 1) });
    expect(effects).toEqual([
      { type: "discard", builds },
      { type: "withdraw", blockIds },
      { type: "interrupted", reason: "chainBroken" },
      { type: "findStart", term: root.term },
    ]);
    for (let i = 0; i < 5; i++) expect(world.tick()).toEqual([]);
    world.dispatch({ type: "startFound", term: root.term, outcome: { type: "nothing" } });
    expect(world.state.phase).toBe("parked");
    for (let i = 0; i < 5; i++) expect(world.tick()).toEqual([]);
    expect(types(world.start())).toContain("build");
  });

  it("chain to the last final block is broken: it goes on from the last block that can still be continued, if there is one", () => {
    const world = heldWithMoreBuilt();
    const alive = world.producing.tail[0]!.facts;
    world.dispatch({ type: "abandoned", blockIds: [world.producing.tail[1]!.facts.id] });
    const params = { ...world.startParams(), parent: alive };
    world.dispatch({ type: "startFound", term: root.term, outcome: { type: "start", params } });
    expect(world.last("build").order.parent).toEqual({ block: alive.id });
  });

  it("not in the BK set: production ends, and all that was built comes back", () => {
    const world = heldWithMoreBuilt();
    const builds = buildsOf(world);
    const { state } = world;
    world.state = { ...state, config: { ...state.config, self: "ff".repeat(32) as KeeperId } };
    expect(world.tick()).toEqual([
      { type: "discard", builds },
      { type: "stopped", reason: "notInKeeperSet" },
    ]);
    expect(world.state.phase).toBe("parked");
  });

  it("assumptions failed: every block that was built goes back at once, not the first alone, and building goes on from the tip", () => {
    const world = heldWithMoreBuilt();
    const builds = buildsOf(world);
    const { state } = world;
    assert(state.phase === "producing", "it produces");
    const wrong = state.unsealed.map((block, i) =>
      i === 0 ? { ...block, assumptions: { ...block.assumptions, keepers: rules.keepers.size + 1 } } : block,
    );
    world.state = { ...state, unsealed: wrong };
    expect(world.tick()).toContainEqual({ type: "discard", builds });
    world.tick();
    expect(world.last("build").order.parent).toEqual({ block: state.tip.id });
  });
});

describe("early exits of a production step", () => {
  it("nothing is built: nothing is sealed, and no second build begins beside the first", () => {
    const world = started();
    world.tick();
    world.tick();
    expect(world.all("build")).toHaveLength(1);
    expect(world.all("recordSeal")).toEqual([]);
  });

  it("it waits for attestations: it is woken by itself too, and looks again with every event", () => {
    const world = heldWithMoreBuilt();
    world.dispatch({ type: "wake" });
    expect(world.last("wakeAt").atMs).toBeGreaterThan(world.atMs);
    expect(world.last("wakeAt").atMs).toBeLessThanOrEqual(world.atMs + TIMEOUT_MS);
  });

  it("what is built is not above the final block: a newer command leaves all of it and begins at its own parent", () => {
    const world = heldWithMoreBuilt();
    const builds = buildsOf(world);
    const final = world.producing.tail[1]!.facts;
    world.start({ term: term(5), parent: final });
    expect(world.all("discard")).toEqual([{ type: "discard", builds }]);
    expect(world.last("build").order).toMatchObject({ parent: { block: final.id }, height: final.height + 1n });
  });

  it("a command interrupts every wait: held for votes, for the builder, for the disk, for the signer", () => {
    const waits: Record<string, () => ProducerWorld> = {
      votes: heldWithMoreBuilt,
      builder: started,
      disk: () => {
        const world = started();
        world.build();
        return world;
      },
      signer: () => {
        const world = started();
        world.build();
        world.dispatch({ type: "sealRecorded", blockId: world.last("recordSeal").block.id });
        return world;
      },
    };
    for (const [wait, reach] of Object.entries(waits)) {
      const world = reach();
      world.start({ term: term(5) });
      expect(world.producing, wait).toMatchObject({ term: 5n, unsealed: [], sealing: { stage: "idle" }, hold: null });
      expect(world.last("build").order, wait).toMatchObject({ term: 5n, parent: { block: root.id } });
    }
  });

  it("the parent is invalidated while its child is signed: nothing of the dead branch leaves", () => {
    const world = started();
    const parent = world.produce();
    world.tick();
    world.build();
    const child = world.last("recordSeal").block.id;
    world.dispatch({ type: "sealRecorded", blockId: child });
    const effects = types(world.dispatch({ type: "abandoned", blockIds: [parent.id] }));
    expect(effects).toEqual(["discard", "withdraw", "interrupted", "findStart"]);
    expect(world.dispatch({ type: "sealSigned", blockId: child, signature: new Uint8Array(96) })).toEqual([]);
  });

  it("there is no key to sign with, or it may not sign: production ends, nothing leaves, and all comes back", () => {
    const world = heldWithMoreBuilt();
    const builds = buildsOf(world);
    world.dispatch({ type: "certificate", certificate: certify(rules, world.producing.tip) });
    const blockId = world.last("recordSeal").block.id;
    world.dispatch({ type: "sealRecorded", blockId });
    const effects = world.dispatch({ type: "sealRefused", blockId, code: "unknownKey" });
    const back = effects.flatMap((effect) => (effect.type === "discard" ? effect.builds : []));
    expect([...back].sort()).toEqual([...builds].sort());
    expect(effects.at(-1)).toEqual({ type: "stopped", reason: "sealRefused:unknownKey" });
    expect(world.all("publish")).toEqual([]);
  });

  it("the executor throws: what was built before stays, and it is asked again after an interval", () => {
    const world = heldWithMoreBuilt();
    const builds = buildsOf(world);
    world.tick();
    const asked = world.all("build").length;
    world.dispatch({ type: "buildFailed" });
    expect(world.all("build")).toHaveLength(asked);
    expect(buildsOf(world)).toEqual(builds);
    world.atMs += Math.max(INTERVAL_MS, TIMEOUT_MS);
    world.dispatch({ type: "wake" });
    expect(world.all("build")).toHaveLength(asked + 1);
  });
});

describe("the life of a producer before its first block", () => {
  const prepared = (): ProducerWorld => {
    const world = new ProducerWorld(rules, root);
    world.dispatch({ type: "prepare", term: root.term });
    return world;
  };
  const PARENT = "ab".repeat(32) as typeof root.id;

  it("parked: it rests until it is told, whatever happens", () => {
    const world = new ProducerWorld(rules, root);
    expect(world.tick()).toEqual([]);
    expect(world.dispatch({ type: "parentApplied", blockId: root.id })).toEqual([]);
    expect(world.dispatch({ type: "startFound", term: root.term, outcome: { type: "nothing" } })).toEqual([]);
    expect(world.state.phase).toBe("parked");
  });

  it("starting: it asks once what it can continue, and builds nothing before it knows", () => {
    const world = prepared();
    expect(world.state.phase).toBe("starting");
    expect(world.effects).toEqual([{ type: "findStart", term: root.term }]);
    expect(world.dispatch({ type: "prepare", term: root.term })).toEqual([]);
    expect(world.tick()).toEqual([]);
    world.dispatch({ type: "startFound", term: root.term, outcome: { type: "start", params: world.startParams() } });
    expect(world.all("build")).toHaveLength(1);
  });

  it("starting: what was found for another term is not followed, and a newer command is", () => {
    const world = prepared();
    const outcome = { type: "start", params: world.startParams() } as const;
    expect(world.dispatch({ type: "startFound", term: term(7), outcome })).toEqual([]);
    world.start({ term: term(5) });
    expect(world.producing.term).toBe(5n);
    world.dispatch({ type: "startFound", term: root.term, outcome });
    expect(world.producing.term).toBe(5n);
  });

  it("waiting for the parent: it looks again when the parent is applied, not for other blocks, and by itself after a while", () => {
    const world = prepared();
    const wait = (): void =>
      void world.dispatch({
        type: "startFound",
        term: root.term,
        outcome: { type: "waitForParent", parentId: PARENT },
      });
    wait();
    expect(world.state).toMatchObject({ phase: "waitingForParent", parentId: PARENT });
    expect(world.last("wakeAt").atMs).toBe(world.atMs + TIMEOUT_MS);
    expect(world.dispatch({ type: "parentApplied", blockId: root.id })).toEqual([]);
    expect(world.dispatch({ type: "parentApplied", blockId: PARENT })).toEqual([
      { type: "findStart", term: root.term },
    ]);
    wait();
    expect(world.tick()).toEqual([{ type: "findStart", term: root.term }]);
    expect(world.all("build")).toEqual([]);
  });

  it("a stop ends the search and the wait: what is found afterwards starts nothing", () => {
    const outcomes = [null, { type: "waitForParent", parentId: PARENT }] as const;
    for (const outcome of outcomes) {
      const world = prepared();
      if (outcome !== null) world.dispatch({ type: "startFound", term: root.term, outcome });
      expect(world.dispatch({ type: "stop" })).toEqual([{ type: "stopped", reason: "stopped" }]);
      const params = world.startParams();
      world.dispatch({ type: "startFound", term: root.term, outcome: { type: "start", params } });
      expect(world.state.phase).toBe("parked");
    }
  });

  it("production goes on while it is told to begin in its term: nothing that was built is lost", () => {
    const world = heldWithMoreBuilt();
    expect(types(world.dispatch({ type: "prepare", term: root.term }))).not.toContain("findStart");
    expect(world.producing.unsealed).toHaveLength(3);
  });
});
