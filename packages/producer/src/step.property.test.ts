import { attestationOf, type BlockFacts } from "@sealwright/consensus";
import { certify, createTestNetwork, switchTo } from "@sealwright/consensus/testing";
import { type BlockId, height, type SealedBlock, signerIndex, type Term, term } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProducerEffect } from "./producerEffect.js";
import { UNSEALED_MAX } from "./producerState.js";
import type { StartOutcome } from "./startParams.js";
import { ackBy, ProducerWorld } from "./testing/index.js";

const { rules, root } = createTestNetwork(5);

/** Terms of one and the same keeper: every fifth, as there are five keepers. */
const TERMS = [0n, 5n, 10n].map((number) => term(number));

const action = fc.oneof(
  { weight: 10, arbitrary: fc.record({ type: fc.constant("answer" as const), pick: fc.nat(9), good: fc.nat(9) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("time" as const), ms: fc.nat(500) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("vote" as const), back: fc.nat(4), signer: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("certificate" as const), back: fc.nat(4) }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("work" as const), messages: fc.nat(3), imports: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("final" as const), back: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("abandoned" as const), back: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("accusation" as const), signer: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.constant({ type: "builderLost" as const }) },
  { weight: 1, arbitrary: fc.constant({ type: "stop" as const }) },
  { weight: 1, arbitrary: fc.constant({ type: "start" as const }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("prepare" as const), term: fc.constantFrom(...TERMS) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("enterTerm" as const), back: fc.nat(2), stop: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ type: "crash" as const }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

type Published = Pick<Extract<ProducerEffect, { type: "publish" }>, "block" | "facts">;

const SIGNATURE = new Uint8Array(96).fill(1);

/** A producer with a disk and a network: knows what was recorded, signed and published, and checks each step. */
class Model {
  world = new ProducerWorld(rules, root);
  sealed = 0;
  #open: ProducerEffect[] = [];
  /** What left and can still be final. */
  readonly #chain: Published[] = [];
  /** What the keeper is in. */
  #term = TERMS[0]!;
  #finalHeight = height(0);
  /** By term and height. */
  readonly #recorded = new Map<string, SealedBlock>();
  #lastRecorded: SealedBlock | null = null;
  readonly #firstOfTerm = new Map<Term, BlockId>();
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
        const facts = this.#chain.at(-1 - action.back)?.facts;
        return facts === undefined ? undefined : this.#note(world.vote(facts, action.signer));
      }
      case "certificate": {
        const facts = this.#chain.at(-1 - action.back)?.facts;
        if (facts === undefined) return;
        return this.#note(world.dispatch({ type: "certificate", certificate: certify(rules, facts) }));
      }
      case "work":
        return this.#note(world.dispatch({ type: "workWaiting", messages: action.messages, imports: action.imports }));
      case "final": {
        const facts = this.#chain.at(-1 - action.back)?.facts;
        if (facts === undefined || facts.height <= this.#finalHeight) return;
        this.#finalHeight = facts.height;
        return this.#note(world.dispatch({ type: "final", height: facts.height }));
      }
      case "abandoned":
        return this.#abandon(this.#leave(action.back + 1));
      case "accusation": {
        const accusation = ackBy(action.signer);
        return this.#note(world.dispatch({ type: "accusation", accusation, height: this.#tip.height }));
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
        // Nobody is told to go on in a term that its keeper has not entered.
        if (action.term > this.#term) return;
        return this.#note(world.dispatch({ type: "prepare", term: action.term }));
      case "enterTerm": {
        const next = TERMS[TERMS.indexOf(this.#term) + 1];
        return next === undefined ? undefined : this.enterTerm(next, action);
      }
      case "crash": {
        const { atMs } = world;
        this.world = new ProducerWorld(rules, root);
        this.world.atMs = atMs;
        this.#open = [];
        this.#builds.clear();
        this.#note(this.world.dispatch({ type: "prepare", term: this.#term }));
        return this.start();
      }
    }
  }

  get #tip(): BlockFacts {
    return this.#chain.at(-1)?.facts ?? root;
  }

  /** As a node tells it: after the last published block, with the block that was recorded above it. */
  start(): void {
    const found = this.#found(this.#term);
    if (found.type === "start") this.#note(this.world.start(found.params));
  }

  /** Locks of a quorum lead to a later term, from the tip or from a block below it. */
  enterTerm(next: Term, { back, stop }: { readonly back: number; readonly stop: boolean }): void {
    this.#term = next;
    if (stop) this.#note(this.world.dispatch({ type: "stop" }));
    this.#leave(back);
    const switchCertificate = switchTo(rules, this.#tip, next);
    this.#note(this.world.start({ term: next, parent: this.#tip, switchCertificate }));
    expect(this.world.producing, "P4").toMatchObject({ term: next, tip: { id: this.#tip.id } });
  }

  /** Takes blocks off the chain, but none that is final. */
  #leave(count: number): BlockId[] {
    const left: BlockId[] = [];
    while (left.length < count && this.#tip.height > this.#finalHeight) left.unshift(this.#chain.pop()!.block.id);
    return left;
  }

  #abandon(blockIds: readonly BlockId[]): void {
    const before = this.world.state;
    this.#note(this.world.dispatch({ type: "abandoned", blockIds }));
    const { state } = this.world;
    if (blockIds.length > 0 && before.phase === "producing") expect(state.phase, "P12").toBe("starting");
  }

  /** As the node finds it: see the rules of S8. */
  #found(at: Term): StartOutcome {
    this.#settleDisk();
    const nothing = { type: "nothing" } as const;
    const last = this.#lastRecorded;
    if (at !== this.#term) return nothing;
    if (last !== null && last.header.term !== at) return nothing;
    if (last === null && (at !== 0n || this.#chain.length > 0)) return nothing;
    const isOut = last === null || last.id === this.#tip.id;
    if (!isOut && last.header.parentId !== this.#tip.id) return nothing;
    const pending = new Set(this.#tip.pending.map(({ id }) => id));
    const tail = this.#chain.filter(({ facts }) => pending.has(facts.id));
    const draft = isOut ? null : last;
    return { type: "start", params: { ...this.world.startParams(), term: at, parent: this.#tip, tail, draft } };
  }

  /** What was handed to the disk comes before what is read from it. */
  #settleDisk(): void {
    for (const effect of this.#open.filter(({ type }) => type === "recordSeal")) this.#answerEffect(effect, 9);
  }

  #answer(pick: number, good: number): void {
    const effect = this.#open[pick % Math.max(1, this.#open.length)];
    if (effect !== undefined) this.#answerEffect(effect, good);
  }

  #answerEffect(effect: ProducerEffect, good: number): void {
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
      this.#record(block);
      return this.#note(world.dispatch({ type: "sealRecorded", blockId: block.id }));
    }
    if (effect.type === "signSeal") {
      const { blockId } = effect.claim;
      if (good === 0) return this.#note(world.dispatch({ type: "sealFailed", blockId, code: "test" }));
      if (good === 9) return this.#note(world.dispatch({ type: "sealRefused", blockId, code: "test" }));
      this.#signed.add(blockId);
      return this.#note(world.dispatch({ type: "sealSigned", blockId, signature: SIGNATURE }));
    }
    if (effect.type === "findStart") {
      const waiting = { type: "waitForParent", parentId: this.#tip.id } as const;
      const outcome = good === 0 ? ({ type: "nothing" } as const) : good === 1 ? waiting : this.#found(effect.term);
      return this.#note(world.dispatch({ type: "startFound", term: effect.term, outcome }));
    }
    if (effect.type === "aggregate") {
      const bad = good === 0 ? [effect.votes[0]!.signer] : [];
      return this.#note(world.aggregate(effect, bad));
    }
  }

  #record(block: SealedBlock): void {
    const { header } = block;
    const place = `${header.term} ${header.height}`;
    expect(this.#recorded.get(place)?.id ?? block.id, "I2").toBe(block.id);
    if (header.round > 0n) {
      expect(this.#firstOfTerm.get(header.term) ?? block.id, "I2, the first of its term").toBe(block.id);
      this.#firstOfTerm.set(header.term, block.id);
    }
    this.#recorded.set(place, block);
    this.#lastRecorded = block;
  }

  #note(effects: readonly ProducerEffect[]): void {
    for (const effect of effects) {
      if (["build", "recordSeal", "signSeal", "aggregate", "findStart"].includes(effect.type)) this.#open.push(effect);
      if (effect.type === "signSeal") {
        const recorded = this.#recorded.get(`${effect.claim.term} ${effect.claim.height}`)?.id;
        expect(recorded, "§9: recorded before it is signed").toBe(effect.claim.blockId);
      }
      if (effect.type === "publish") this.#checkPublished(effect);
      if (effect.type === "discard") {
        for (const build of effect.builds) expect(this.#builds.delete(build), "given back once").toBe(true);
      }
      if (effect.type === "stopped") expect(effects.at(-1), "nothing comes after the end").toBe(effect);
    }
    this.#checkState();
  }

  #checkPublished({ block, facts, build }: ProducerEffect & { type: "publish" }): void {
    const { header } = block;
    const recorded = this.#recorded.get(`${header.term} ${header.height}`);
    expect(recorded?.id, "§9: recorded before it leaves").toBe(block.id);
    expect(this.#signed.has(block.id), "signed before it leaves").toBe(true);
    expect(header.parentId, "one chain").toBe(this.#tip.id);
    this.#chain.push({ block, facts });
    this.sealed++;
    if (build !== null) expect(this.#builds.delete(build), "published once").toBe(true);
  }

  /** Every build that exists is known to the state: nothing is lost, so no message is. */
  #checkState(): void {
    const { state } = this.world;
    const draft = "sealing" in state && state.sealing.stage !== "idle" ? state.sealing.draft.build : null;
    const unsealed = state.phase === "producing" ? state.unsealed.map(({ built }) => built.ref.build) : [];
    expect([...this.#builds].sort()).toEqual([...(draft === null ? [] : [draft]), ...unsealed].sort());
    expect(unsealed.length, "§10").toBeLessThanOrEqual(UNSEALED_MAX);
    const { accusations, finalHeight } = state;
    expect(new Set(accusations.map(({ bytes }) => Buffer.from(bytes).toString("hex"))).size).toBe(accusations.length);
    expect(accusations.every((waiting) => waiting.height > finalHeight)).toBe(true);
    if (state.phase !== "producing") return;
    expect(state.tail.length).toBeLessThanOrEqual(state.tip.pending.length);
    expect(state.tip.id, "stands on what can be final").toBe(this.#tip.id);
  }
}

describe("any order of events", () => {
  it("[I2, §9, §10] one chain, recorded and signed before it leaves, no build lost, through terms, stops, dead branches and crashes", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100, size: "max" }), (actions) => {
        const model = new Model();
        model.start();
        for (const each of actions) model.run(each);
      }),
      { numRuns: 150 },
    );
  });

  it("[I8] goes on sealing after any prefix, once it is started, answered and certified", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 50, size: "max" }), (actions) => {
        const model = new Model();
        model.start();
        for (const each of actions) model.run(each);
        for (let i = 0; i < 8; i++) model.run({ type: "answer", pick: 0, good: 2 });
        model.enterTerm(term(15), { back: 0, stop: false });
        const before = model.sealed;
        for (let i = 0; i < 30; i++) {
          for (let j = 0; j < 6; j++) model.run({ type: "answer", pick: 0, good: 2 });
          model.run({ type: "certificate", back: 0 });
          model.run({ type: "time", ms: 400 });
        }
        expect(model.sealed).toBeGreaterThan(before + 10);
      }),
      { numRuns: 50 },
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
