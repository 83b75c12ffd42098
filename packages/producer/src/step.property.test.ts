import { attestationOf, type BlockFacts } from "@sealwright/consensus";
import { certify, createTestNetwork } from "@sealwright/consensus/testing";
import { type BlockId, signerIndex, term } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProducerEffect } from "./producerEffect.js";
import { UNSEALED_MAX } from "./producerState.js";
import type { StartParams } from "./startParams.js";
import { ProducerWorld } from "./testing/index.js";

const { rules, root } = createTestNetwork(5);

const action = fc.oneof(
  { weight: 10, arbitrary: fc.record({ type: fc.constant("answer" as const), pick: fc.nat(9), good: fc.nat(7) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("time" as const), ms: fc.nat(500) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("vote" as const), back: fc.nat(4), signer: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("certificate" as const), back: fc.nat(4) }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("work" as const), messages: fc.nat(3), imports: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("final" as const), back: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.constant({ type: "builderLost" as const }) },
  { weight: 1, arbitrary: fc.constant({ type: "stop" as const }) },
  { weight: 1, arbitrary: fc.constant({ type: "start" as const }) },
  { weight: 1, arbitrary: fc.constant({ type: "prepare" as const }) },
  { weight: 1, arbitrary: fc.constant({ type: "crash" as const }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** A producer with a disk and a network: knows what was recorded, signed and published, and checks each step. */
class Model {
  world = new ProducerWorld(rules, root);
  #open: ProducerEffect[] = [];
  readonly published: {
    readonly block: Extract<ProducerEffect, { type: "publish" }>["block"];
    readonly facts: BlockFacts;
  }[] = [];
  readonly #recorded = new Map<bigint, Extract<ProducerEffect, { type: "recordSeal" }>["block"]>();
  readonly #signed = new Set<BlockId>();
  /** Builds that exist, by what the runner knows: each one ends published or given back. */
  readonly #builds = new Set<number>();

  run(action: Action): void {
    const { world } = this;
    switch (action.type) {
      case "answer":
        return this.#answer(action.pick, action.good);
      case "time":
        world.atMs += action.ms;
        return this.#note(world.dispatch({ type: "wake" }));
      case "vote": {
        const facts = this.published.at(-1 - action.back)?.facts;
        return facts === undefined ? undefined : this.#note(world.vote(facts, action.signer));
      }
      case "certificate": {
        const facts = this.published.at(-1 - action.back)?.facts;
        if (facts === undefined) return;
        return this.#note(world.dispatch({ type: "certificate", certificate: certify(rules, facts) }));
      }
      case "work":
        return this.#note(world.dispatch({ type: "workWaiting", messages: action.messages, imports: action.imports }));
      case "final": {
        const facts = this.published.at(-1 - action.back)?.facts;
        return facts === undefined ? undefined : this.#note(world.dispatch({ type: "final", height: facts.height }));
      }
      case "builderLost": {
        // Its builds fail, as the runner is told by their promises.
        const builds = this.#open.filter(({ type }) => type === "build");
        this.#note(world.dispatch({ type: "builderLost" }));
        for (const build of builds) {
          this.#open = this.#open.filter((open) => open !== build);
          this.#note(world.dispatch({ type: "buildFailed" }));
        }
        return;
      }
      case "stop":
        return this.#note(world.dispatch({ type: "stop" }));
      case "start":
        return this.start();
      case "prepare":
        return this.#note(world.dispatch({ type: "prepare", term: term(0) }));
      case "crash": {
        const { atMs } = world;
        this.world = new ProducerWorld(rules, root);
        this.world.atMs = atMs;
        this.#open = [];
        this.#builds.clear();
        return this.start();
      }
    }
  }

  /** As a node tells it: after the last published block, with the block that was recorded above it. */
  start(): void {
    this.#note(this.world.start(this.#found()));
  }

  #found(): StartParams {
    const parent = this.published.at(-1)?.facts ?? root;
    const pending = new Set(parent.pending.map(({ id }) => id));
    const tail = this.published.filter(({ facts }) => pending.has(facts.id));
    const draft = this.#recorded.get(parent.height + 1n) ?? null;
    return { ...this.world.startParams(), term: term(0), parent, tail, draft };
  }

  #answer(pick: number, good: number): void {
    const effect = this.#open[pick % Math.max(1, this.#open.length)];
    if (effect === undefined) return;
    this.#open = this.#open.filter((open) => open !== effect);
    const { world } = this;
    if (effect.type === "build") {
      if (good === 0) return this.#note(world.dispatch({ type: "buildFailed" }));
      const unsealed = world.builtFor(effect.order);
      this.#builds.add(unsealed.built.ref.build);
      return this.#note(world.dispatch({ type: "built", unsealed, messagesWaiting: good > 5 ? 1 : 0 }));
    }
    if (effect.type === "recordSeal") {
      const { block } = effect;
      expect(this.#recorded.get(block.header.height)?.id ?? block.id, "I2").toBe(block.id);
      this.#recorded.set(block.header.height, block);
      return this.#note(world.dispatch({ type: "sealRecorded", blockId: block.id }));
    }
    if (effect.type === "signSeal") {
      const { blockId } = effect.claim;
      if (good === 0) return this.#note(world.dispatch({ type: "sealFailed", blockId, code: "test" }));
      this.#signed.add(blockId);
      return this.#note(world.dispatch({ type: "sealSigned", blockId, signature: new Uint8Array(96).fill(1) }));
    }
    if (effect.type === "findStart") {
      const waiting = { type: "waitForParent", parentId: this.published.at(-1)?.block.id ?? root.id } as const;
      const outcome = good === 0 ? ({ type: "nothing" } as const) : good === 1 ? waiting : null;
      const found = outcome ?? ({ type: "start", params: this.#found() } as const);
      return this.#note(world.dispatch({ type: "startFound", term: effect.term, outcome: found }));
    }
    if (effect.type === "aggregate") {
      const bad = good === 0 ? [effect.votes[0]!.signer] : [];
      return this.#note(world.aggregate(effect, bad));
    }
  }

  #note(effects: readonly ProducerEffect[]): void {
    for (const effect of effects) {
      if (["build", "recordSeal", "signSeal", "aggregate", "findStart"].includes(effect.type)) this.#open.push(effect);
      if (effect.type === "signSeal") {
        const recorded = this.#recorded.get(effect.claim.height)?.id;
        expect(recorded, "§9: recorded before it is signed").toBe(effect.claim.blockId);
      }
      if (effect.type === "publish") this.#checkPublished(effect);
      if (effect.type === "discard") {
        for (const build of effect.builds) expect(this.#builds.delete(build), "given back once").toBe(true);
      }
    }
    this.#checkState();
  }

  #checkPublished({ block, facts, build }: ProducerEffect & { type: "publish" }): void {
    expect(this.#recorded.get(block.header.height)?.id, "§9: recorded before it leaves").toBe(block.id);
    expect(this.#signed.has(block.id), "signed before it leaves").toBe(true);
    expect(block.header.parentId, "one chain").toBe(this.published.at(-1)?.block.id ?? root.id);
    this.published.push({ block, facts });
    if (build !== null) expect(this.#builds.delete(build), "published once").toBe(true);
  }

  /** Every build that exists is known to the state: nothing is lost, so no message is. */
  #checkState(): void {
    const { state } = this.world;
    const draft = "sealing" in state && state.sealing.stage !== "idle" ? state.sealing.draft.build : null;
    const unsealed = state.phase === "producing" ? state.unsealed.map(({ built }) => built.ref.build) : [];
    expect([...this.#builds].sort()).toEqual([...(draft === null ? [] : [draft]), ...unsealed].sort());
    expect(unsealed.length, "§10").toBeLessThanOrEqual(UNSEALED_MAX);
    if (state.phase === "producing") expect(state.tail.length).toBeLessThanOrEqual(state.tip.pending.length);
  }
}

describe("any order of events", () => {
  it("[I2, §9, §10] one chain, recorded and signed before it leaves, no build lost, through stops and crashes", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const model = new Model();
        model.start();
        for (const each of actions) model.run(each);
      }),
      { numRuns: 300 },
    );
  });

  it("[I8] goes on sealing after any prefix, once it is started, answered and certified", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        const model = new Model();
        model.start();
        for (const each of actions) model.run(each);
        for (let i = 0; i < 8; i++) model.run({ type: "answer", pick: 0, good: 1 });
        model.run({ type: "start" });
        const before = model.published.length;
        for (let i = 0; i < 30; i++) {
          for (let j = 0; j < 6; j++) model.run({ type: "answer", pick: 0, good: 1 });
          model.run({ type: "certificate", back: 0 });
          model.run({ type: "time", ms: 400 });
        }
        expect(model.published.length).toBeGreaterThan(before + 10);
      }),
      { numRuns: 100 },
    );
  });

  it("[§5] takes every vote in any order to the same certificate", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 4 }), (signers) => {
        const world = new ProducerWorld(rules, root);
        world.start();
        const tip = world.produce();
        for (const signer of signers) world.vote(tip, signer);
        world.aggregate(world.last("aggregate"));
        const { certificate } = world.last("relayCertificate");
        expect(certificate.attestation).toEqual(attestationOf(tip, "primary"));
        expect(certificate.signers).toEqual(signers.slice(0, 4).map(signerIndex).sort());
      }),
    );
  });
});
