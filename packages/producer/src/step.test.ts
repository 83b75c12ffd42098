import { attestationOf, deriveFacts } from "@sealwright/consensus";
import { attest, certify, createTestNetwork, firstKeepers, partsOf, switchTo } from "@sealwright/consensus/testing";
import { encodeAccusation, height, limits, type SealedBlock, term, unwrap } from "@sealwright/types";
import { createArbitraries } from "@sealwright/types/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UNSEALED_MAX } from "./producerState.js";
import { ackBy, INTERVAL_MS, ProducerWorld, SHARE_STATE_EVERY, TIMEOUT_MS } from "./testing/index.js";

const { rules, root } = createTestNetwork(5);

function started(): ProducerWorld {
  const world = new ProducerWorld(rules, root);
  world.start();
  return world;
}

/** Produces until the next block is held back for want of votes. */
function held(): ProducerWorld {
  const world = started();
  for (let i = 0; i < 3; i++) world.produce();
  world.tick();
  world.build();
  expect(world.producing.hold).not.toBeNull();
  return world;
}

const types = (effects: readonly { readonly type: string }[]): string[] => effects.map(({ type }) => type);

describe("commands", () => {
  it("does nothing before it is told to start", () => {
    const world = new ProducerWorld(rules, root);
    expect(world.dispatch({ type: "wake" })).toEqual([]);
    expect(world.dispatch({ type: "stop" })).toEqual([]);
  });

  it("builds its first block at once", () => {
    const world = started();
    expect(world.last("build").order).toMatchObject({ parent: { block: root.id }, height: 1n, term: 0n });
  });

  it("an equal command changes nothing", () => {
    const world = started();
    world.build();
    const before = world.state;
    expect(world.start().filter(({ type }) => type !== "wakeAt")).toEqual([]);
    expect(world.state).toEqual(before);
  });

  it("a stop finishes the block that is being sealed, and a second stop changes nothing", () => {
    const world = started();
    world.build();
    expect(types(world.dispatch({ type: "stop" }))).toEqual([]);
    expect(world.dispatch({ type: "stop" })).toEqual([]);
    expect(types(world.seal())).toEqual(["publish", "stopped"]);
    expect(world.state.phase).toBe("parked");
  });

  it("a stop gives back all that was built ahead", () => {
    const world = held();
    const { ref } = world.producing.unsealed[0]!.built;
    expect(world.dispatch({ type: "stop" })).toEqual([
      { type: "discard", builds: [ref.build] },
      { type: "stopped", reason: "stopped" },
    ]);
  });

  it("what is built after a stop is given back, whether it stopped or still seals", () => {
    for (const isSealing of [false, true]) {
      const world = started();
      const { order } = world.last("build");
      if (isSealing) world.build();
      world.dispatch({ type: "stop" });
      const unsealed = world.builtFor(order);
      const effects = world.dispatch({ type: "built", unsealed, messagesWaiting: 0 });
      expect(effects).toEqual([{ type: "discard", builds: [unsealed.built.ref.build] }]);
    }
  });

  it("[I2] a start in the same term while a block is still being sealed goes on with that block", () => {
    const world = started();
    world.build();
    const draft = world.last("recordSeal").block;
    world.dispatch({ type: "stop" });
    world.effects.length = 0;
    world.start({ draft });
    expect(world.all("build")).toEqual([]);
    world.dispatch({ type: "sealRecorded", blockId: draft.id });
    world.dispatch({ type: "sealSigned", blockId: draft.id, signature: new Uint8Array(96).fill(1) });
    expect(world.all("publish").map(({ block }) => block.id)).toEqual([draft.id]);
    expect(world.producing.tip.id).toBe(draft.id);
  });

  it("a start in another term replaces everything, and gives back the block that was being sealed", () => {
    const world = started();
    world.build();
    const blockId = world.last("recordSeal").block.id;
    const effects = world.start({ term: term(5) });
    expect(effects.find(({ type }) => type === "discard")).toEqual({ type: "discard", builds: [1] });
    expect(world.producing.term).toBe(5n);
    expect(types(world.dispatch({ type: "sealRecorded", blockId }))).not.toContain("signSeal");
  });

  it("a build for what was replaced is given back, also when height and term are the same again", () => {
    const world = held();
    world.atMs += TIMEOUT_MS;
    world.dispatch({ type: "wake" });
    const stale = world.builtFor({ ...world.last("build").order, parent: { build: 999 } });
    const effects = world.dispatch({ type: "built", unsealed: stale, messagesWaiting: 0 });
    expect(effects).toContainEqual({ type: "discard", builds: [stale.built.ref.build] });
    expect(world.producing.building).not.toBeNull();
  });
});

describe("sealing", () => {
  it("[§9] records, then signs, then publishes", () => {
    const world = started();
    expect(types(world.build())).toContain("recordSeal");
    const { block } = world.last("recordSeal");
    expect(
      types(world.dispatch({ type: "sealSigned", blockId: block.id, signature: new Uint8Array(96) })),
    ).not.toContain("publish");
    expect(types(world.dispatch({ type: "sealRecorded", blockId: block.id }))).toContain("signSeal");
    const signature = new Uint8Array(96).fill(3);
    expect(types(world.dispatch({ type: "sealSigned", blockId: block.id, signature }))).toContain("publish");
    expect(world.last("publish").block.signature).toEqual(signature);
    expect(types(world.dispatch({ type: "sealSigned", blockId: block.id, signature }))).not.toContain("publish");
  });

  it("[§7] carries an accusation once, in the first block that is assembled after it came", () => {
    const world = started();
    const accusation = encodeAccusation({
      type: "evidence",
      evidence: fc.sample(createArbitraries(fc).evidence, 1)[0]!,
    });
    world.build();
    world.dispatch({ type: "accusation", accusation, height: height(1) });
    world.seal();
    world.produce();
    world.produce();
    const carried = world.all("publish").map(({ block }) => block.body.accusations);
    expect(carried).toEqual([[], [accusation], []]);
  });

  it("[I12] holds no more accusations than a block can carry, and none that fits no block", () => {
    const world = started();
    const accuse = (accusation: Uint8Array): void =>
      void world.dispatch({ type: "accusation", accusation, height: height(1) });
    accuse(new Uint8Array(limits.ACCUSATION_BYTES_MAX + 1));
    for (let i = 0; i < limits.ACCUSATIONS_PER_BLOCK_MAX + 5; i++) accuse(ackBy(i));
    expect(world.producing.accusations).toHaveLength(limits.ACCUSATIONS_PER_BLOCK_MAX);
  });

  it("[I6, I14] what it publishes has the facts that every receiver derives", () => {
    const world = started();
    world.produce();
    const { block, facts } = world.last("publish");
    expect(unwrap(deriveFacts(rules, root, partsOf(block)))).toEqual(facts);
  });

  it("asks a signer that failed again, for the same block, and not before its time", () => {
    const world = started();
    world.build();
    const blockId = world.last("recordSeal").block.id;
    world.dispatch({ type: "sealRecorded", blockId });
    world.dispatch({ type: "sealFailed", blockId, code: "unreachable" });
    expect(world.last("wakeAt").atMs).toBeLessThanOrEqual(world.atMs + TIMEOUT_MS);
    world.dispatch({ type: "wake" });
    expect(world.all("signSeal")).toHaveLength(1);
    world.tick();
    expect(world.all("signSeal").map(({ claim }) => claim.blockId)).toEqual([blockId, blockId]);
    world.dispatch({ type: "sealSigned", blockId, signature: new Uint8Array(96) });
    expect(world.producing.tip.id).toBe(blockId);
  });

  it("a stop does not wait for a signer that failed", () => {
    const world = started();
    world.build();
    const blockId = world.last("recordSeal").block.id;
    world.dispatch({ type: "sealRecorded", blockId });
    world.dispatch({ type: "sealFailed", blockId, code: "unreachable" });
    expect(types(world.dispatch({ type: "stop" }))).toEqual(["discard", "stopped"]);
    expect(world.state.phase).toBe("parked");
  });

  it("a refused signature ends production and gives back all blocks, the refused one as well", () => {
    const world = started();
    world.build();
    const blockId = world.last("recordSeal").block.id;
    world.dispatch({ type: "sealRecorded", blockId });
    const effects = world.dispatch({ type: "sealRefused", blockId, code: "watermark" });
    expect(effects).toEqual([
      { type: "discard", builds: [1] },
      { type: "stopped", reason: "sealRefused:watermark" },
    ]);
  });

  it("an executor that fails is asked again after a block interval, not at once", () => {
    const world = started();
    world.effects.length = 0;
    world.dispatch({ type: "buildFailed" });
    expect(world.all("build")).toEqual([]);
    world.atMs += INTERVAL_MS;
    world.dispatch({ type: "wake" });
    expect(world.all("build")).toHaveLength(1);
  });

  it("also the first block of a term, which waits for nothing else, is not asked for in a tight loop", () => {
    const world = new ProducerWorld(rules, root);
    world.start({ term: term(5n), switchCertificate: switchTo(rules, root, 5n) });
    for (let i = 0; i < 3; i++) {
      world.effects.length = 0;
      world.dispatch({ type: "buildFailed" });
      world.dispatch({ type: "workWaiting", messages: 1, imports: true });
      expect(world.all("build")).toEqual([]);
      expect(world.last("wakeAt").atMs).toBe(world.atMs + INTERVAL_MS);
      world.atMs += INTERVAL_MS;
      world.dispatch({ type: "wake" });
      expect(world.all("build")).toHaveLength(1);
    }
  });

  it("builds again from the real parent when an assumption does not hold any more", () => {
    const world = started();
    const unsealed = world.builtFor(world.last("build").order);
    const wrong = { ...unsealed, assumptions: { ...unsealed.assumptions, keepers: 99 } };
    const effects = world.dispatch({ type: "built", unsealed: wrong, messagesWaiting: 0 });
    expect(effects).toContainEqual({ type: "discard", builds: [1] });
    world.tick();
    expect(world.last("build").order.parent).toEqual({ block: root.id });
  });
});

describe("a chain to the last final block that is broken", () => {
  it("[P12] breaks off production and gives back all that did not leave, whichever of its blocks fell", () => {
    for (const index of [0, 1, 2]) {
      const world = held();
      const builds = world.producing.unsealed.map(({ built }) => built.ref.build);
      const ids = world.all("publish").map(({ block }) => block.id);
      expect(world.dispatch({ type: "abandoned", blockIds: [ids[index]!] })).toEqual([
        { type: "discard", builds },
        { type: "withdraw", blockIds: ids.slice(index) },
        { type: "interrupted", reason: "chainBroken" },
        { type: "findStart", term: root.term },
      ]);
      expect(world.state.phase).toBe("starting");
    }
  });

  it("[P12] ends the sealing of a block that stands on it, also while stopping", () => {
    for (const isStopping of [false, true]) {
      const world = started();
      const first = world.produce();
      world.tick();
      world.build();
      if (isStopping) world.dispatch({ type: "stop" });
      const effects = types(world.dispatch({ type: "abandoned", blockIds: [first.id] }));
      const then = isStopping ? ["stopped"] : ["interrupted", "findStart"];
      expect(effects).toEqual(["discard", "withdraw", ...then]);
      expect(world.state.phase).toBe(isStopping ? "parked" : "starting");
    }
  });

  it("is nothing to a producer that stands elsewhere", () => {
    const world = started();
    const before = world.state;
    world.dispatch({ type: "abandoned", blockIds: ["ab".repeat(32) as typeof root.id] });
    expect(world.state).toEqual(before);
    expect(new ProducerWorld(rules, root).dispatch({ type: "abandoned", blockIds: [root.id] })).toEqual([]);
  });
});

describe("a builder that is replaced", () => {
  it("gives back what was built ahead, and builds again from the real parent, not at once", () => {
    const world = held();
    const builds = world.producing.unsealed.map(({ built }) => built.ref.build);
    const tip = world.producing.tip;
    world.effects.length = 0;
    expect(world.dispatch({ type: "builderLost" })).toContainEqual({ type: "discard", builds });
    expect(world.all("build")).toEqual([]);
    world.atMs += INTERVAL_MS;
    world.dispatch({ type: "wake" });
    expect(world.last("build").order.parent).toEqual({ block: tip.id });
  });

  it("[P2] does not touch the block that is being sealed, whose state the keeper makes again", () => {
    for (const isStopping of [false, true]) {
      const world = started();
      world.build();
      if (isStopping) world.dispatch({ type: "stop" });
      expect(types(world.dispatch({ type: "builderLost" }))).not.toContain("discard");
      world.seal();
      expect(world.last("publish")).toMatchObject({ build: 1, isStateHeld: false });
    }
  });

  it("is nothing to a parked producer", () => {
    expect(new ProducerWorld(rules, root).dispatch({ type: "builderLost" })).toEqual([]);
  });
});

describe("deadlines", () => {
  it("[§5] holds a block back while an ancestor lacks a majority, and seals it when the votes are there", () => {
    const world = held();
    const first = world.all("publish")[0]!.facts;
    world.vote(first, 0);
    world.vote(first, 1);
    expect(world.all("aggregate")).toEqual([]);
    world.vote(first, 2);
    world.aggregate(world.last("aggregate"));
    expect(world.producing.hold).toBeNull();
    expect(world.last("recordSeal").block.body.attestations.map(({ signers }) => signers.length)).toEqual([3]);
  });

  it("[§5] votes for a descendant save a late ancestor although the descendant is not late", () => {
    const world = held();
    const second = world.all("publish")[1]!.facts;
    for (const signer of [0, 1, 2]) world.vote(second, signer);
    world.aggregate(world.last("aggregate"));
    expect(world.producing.hold).toBeNull();
    const [carried] = world.last("recordSeal").block.body.attestations;
    expect(carried?.attestation.blockId).toBe(second.id);
  });

  it("[§5] a certificate releases what is held, from votes or from a peer", () => {
    for (const way of ["votes", "peer"]) {
      const world = held();
      const { tip } = world.producing;
      if (way === "peer") world.dispatch({ type: "certificate", certificate: certify(rules, tip) });
      else {
        for (const signer of firstKeepers(rules.keepers.quorum)) world.vote(tip, signer);
        for (const each of world.all("aggregate")) world.aggregate(each);
      }
      expect(world.producing.hold, way).toBeNull();
      expect(world.producing.sealing.stage, way).toBe("recording");
    }
  });

  it("[§10] builds ahead while it is held, never more than 30 blocks, and seals them in order", () => {
    const world = held();
    for (let i = 0; i < UNSEALED_MAX + 5; i++) {
      const before = world.all("build").length;
      world.tick();
      if (world.all("build").length > before) world.build();
    }
    expect(world.producing.unsealed).toHaveLength(UNSEALED_MAX);
    const heights = world.producing.unsealed.map(({ height }) => height);
    expect(heights).toEqual(heights.map((_, i) => heights[0]! + BigInt(i)));
    world.dispatch({ type: "certificate", certificate: certify(rules, world.producing.tip) });
    world.seal();
    expect(world.producing.tip.height).toBe(heights[0]);
  });

  it("looks again by itself while it is held", () => {
    const world = held();
    expect(world.last("wakeAt").atMs).toBe(world.atMs + TIMEOUT_MS);
  });
});

describe("votes", () => {
  it("relays a certificate as soon as a quorum is there, once", () => {
    const world = started();
    const tip = world.produce();
    for (const signer of [0, 1, 2, 3, 4]) world.vote(tip, signer);
    expect(world.all("aggregate")).toHaveLength(1);
    world.aggregate(world.last("aggregate"));
    world.vote(tip, 0);
    expect(world.all("relayCertificate").map(({ certificate }) => certificate.signers)).toEqual([[0, 1, 2, 3]]);
  });

  it("ignores votes of strangers, repeated votes, and votes for other blocks or other contents", () => {
    const world = started();
    const tip = world.produce();
    world.vote(tip, 0);
    const before = world.state;
    world.vote(tip, 0);
    world.vote(tip, 77);
    world.vote(root, 1);
    world.vote({ ...tip, envelopeHash: "aa".repeat(32) as typeof tip.envelopeHash }, 1);
    expect(world.state).toEqual(before);
  });

  it("[§5] forgets bad votes, names their signers, and tries again with the others", () => {
    const world = started();
    const tip = world.produce();
    for (const signer of [0, 1, 2, 3]) world.vote(tip, signer);
    world.aggregate(world.last("aggregate"), [2]);
    expect(world.all("penalizeSigner").map(({ signer }) => signer)).toEqual([2]);
    expect(world.all("relayCertificate")).toEqual([]);
    world.vote(tip, 4);
    world.aggregate(world.last("aggregate"));
    expect(world.last("relayCertificate").certificate.signers).toEqual([0, 1, 3, 4]);
  });

  it("never gives up a certificate for fewer votes that were still being added up", () => {
    const world = held();
    const first = world.all("publish")[0]!.facts;
    for (const signer of [0, 1, 2]) world.vote(first, signer);
    const slow = world.last("aggregate");
    world.dispatch({ type: "certificate", certificate: certify(rules, first) });
    world.aggregate(slow);
    const tail = world.producing.tail.find(({ facts }) => facts.id === first.id);
    expect(tail?.collected.primary.aggregate?.signers).toHaveLength(rules.keepers.quorum);
  });

  it("forgets votes for what the chain has settled", () => {
    const world = started();
    const first = world.produce();
    world.dispatch({ type: "certificate", certificate: certify(rules, first) });
    const second = world.produce();
    expect(world.producing.tail.map(({ facts }) => facts.id)).toEqual([second.id]);
    expect(world.last("publish").block.body.attestations[0]?.attestation).toEqual(attestationOf(first, "primary"));
  });
});

describe("pace", () => {
  it("[§4] an idle thread seals once per production timeout", () => {
    const world = started();
    world.build();
    world.seal();
    world.effects.length = 0;
    world.atMs += TIMEOUT_MS - 1;
    world.dispatch({ type: "wake" });
    expect(world.all("build")).toEqual([]);
    world.atMs += 1;
    world.dispatch({ type: "wake" });
    expect(world.all("build")).toHaveLength(1);
  });

  it("[§4] waiting work follows the certificate of the tip after one block interval", () => {
    const world = started();
    world.build();
    world.seal();
    world.dispatch({ type: "certificate", certificate: certify(rules, world.producing.tip) });
    world.effects.length = 0;
    world.atMs += INTERVAL_MS;
    world.dispatch({ type: "workWaiting", messages: 1, imports: false });
    expect(world.all("build")).toHaveLength(1);
  });

  it("[§4] a certificate that brings work nearer to final is carried at once, and no more when all is final", () => {
    const world = started();
    world.build([Uint8Array.of(1)]);
    world.seal();
    const { tip } = world.producing;
    world.atMs += INTERVAL_MS;
    world.effects.length = 0;
    world.dispatch({ type: "final", height: tip.height });
    world.dispatch({ type: "certificate", certificate: certify(rules, tip) });
    expect(world.all("build")).toEqual([]);
    const other = started();
    other.build([Uint8Array.of(1)]);
    other.seal();
    other.atMs += INTERVAL_MS;
    other.dispatch({ type: "certificate", certificate: certify(rules, other.producing.tip) });
    expect(other.last("build").order.height).toBe(2n);
  });

  it("[§8] block times never run backwards", () => {
    const world = started();
    const first = world.produce();
    world.atMs = -10_000 - TIMEOUT_MS * 5;
    world.dispatch({ type: "wake" });
    world.atMs = 10_000;
    world.tick();
    expect(world.last("build").order.timeMs).toBeGreaterThanOrEqual(first.timeMs);
  });
});

describe("restart", () => {
  /** What a crash leaves: the sealed blocks, and one that was recorded only. */
  function crashed(): { readonly world: ProducerWorld; readonly tail: { block: SealedBlock; facts: typeof root }[] } {
    const world = started();
    world.produce();
    world.produce();
    return { world, tail: world.all("publish").map(({ block, facts }) => ({ block, facts })) };
  }

  it("[S8] announces its tail again and goes on from the last block, with the certificates that are known", () => {
    const { tail } = crashed();
    const [first, second] = tail as [(typeof tail)[0], (typeof tail)[0]];
    const world = new ProducerWorld(rules, root);
    const certificates = [certify(rules, first.facts)];
    world.start({ parent: second.facts, tail, certificates });
    expect(world.all("announceAgain").map(({ block }) => block.id)).toEqual([first.block.id, second.block.id]);
    world.build();
    const { block } = world.last("recordSeal");
    expect(block.header.parentId).toBe(second.block.id);
    expect(block.body.attestations.map(({ attestation }) => attestation.blockId)).toEqual([first.block.id]);
  });

  it("[I2, §9] a recorded block that never left is signed and sent as it is, before anything else", () => {
    const { world: before, tail } = crashed();
    before.tick();
    before.build();
    const draft = before.last("recordSeal").block;
    const world = new ProducerWorld(rules, root);
    world.start({ parent: tail[1]!.facts, tail, draft });
    expect(world.all("build")).toEqual([]);
    expect(world.all("recordSeal")).toEqual([]);
    expect(world.last("signSeal").claim.blockId).toBe(draft.id);
    world.dispatch({ type: "sealSigned", blockId: draft.id, signature: new Uint8Array(96).fill(5) });
    expect(world.last("publish")).toMatchObject({ build: null, block: { id: draft.id } });
    expect(world.producing.tip.id).toBe(draft.id);
  });

  it("stops when the recorded block does not stand on the parent that it is given", () => {
    const { tail } = crashed();
    const world = new ProducerWorld(rules, root);
    world.start({ draft: tail[1]!.block });
    expect(world.last("stopped").reason).toBe("recordedBlockUnusable");
    expect(world.state.phase).toBe("parked");
  });

  it("takes votes for the tail of before", () => {
    const { tail } = crashed();
    const world = new ProducerWorld(rules, root);
    world.start({ parent: tail[1]!.facts, tail });
    for (const signer of [0, 1, 2, 3]) world.vote(tail[0]!.facts, signer);
    expect(world.all("aggregate")).toHaveLength(1);
    expect(attest(tail[0]!.facts, [0]).attestation).toEqual(world.last("aggregate").attestation);
  });
});

describe("asking to keep a state", () => {
  it("is done every so many heights, counted from the last block of the chain that asked", () => {
    const world = started();
    const asking: bigint[] = [];
    for (let i = 0; i < 2 * SHARE_STATE_EVERY + 10; i++) {
      const facts = world.produce();
      if (world.last("publish").block.body.directives.shareState) asking.push(facts.height);
      world.effects.length = 0;
      world.dispatch({ type: "certificate", certificate: certify(rules, facts) });
    }
    expect(asking).toEqual([BigInt(SHARE_STATE_EVERY), BigInt(2 * SHARE_STATE_EVERY)]);
  });
});
