import {
  BLOCK_LAG_FOR_MS,
  BLOCK_LAG_MS_MAX,
  lockPayloadOf,
  producerOf,
  SWITCH_BASE_MS,
  SWITCH_RESEND_MS,
} from "@sealwright/consensus";
import { certify, createTestNetwork, sealTestBlock, switchTo, TestChain } from "@sealwright/consensus/testing";
import { type SealedBlock, seqNo, type SignedLock, signerIndex, type SignerIndex, term } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { KeeperWorld } from "../testing/index.js";

const { rules, root } = createTestNetwork(4);
const T1 = term(1n);
const SIGNATURE = new Uint8Array(96).fill(9);

function memberFor(t: bigint): SignerIndex {
  return rules.keepers.indexOf(producerOf(rules.seed, term(t), rules.keepers))!;
}

/** Somebody who produces neither in term 0 nor in term 1. */
const BYSTANDER = signerIndex([0, 1, 2, 3].find((i) => i !== memberFor(0n) && i !== memberFor(1n))!);

function open(signer: SignerIndex): KeeperWorld {
  const world = new KeeperWorld(rules, root, { signer });
  world.dispatch({ type: "tick" });
  return world;
}

function pass(world: KeeperWorld, ms: number): void {
  for (let passed = 0; passed < ms; passed += 100) {
    world.atMs += 100;
    world.dispatch({ type: "tick" });
  }
}

function others(self: SignerIndex): SignerIndex[] {
  return [0, 1, 2, 3].map(signerIndex).filter((index) => index !== self);
}

function suspectAll(world: KeeperWorld, self: SignerIndex, t = T1): void {
  for (const index of others(self)) world.dispatch({ type: "suspectReceived", peer: world.peer(index), term: t });
}

function lockBy(signer: SignerIndex, t = T1, qc: SignedLock["qc"] = null): SignedLock {
  return { threadId: rules.threadId, term: t, signer, qc, attestations: [], signature: SIGNATURE };
}

/** Answers commits and Locks until nothing new is asked. */
function answerAll(world: KeeperWorld): void {
  for (let effects = world.effects.splice(0); effects.length > 0; effects = world.effects.splice(0)) {
    for (const effect of effects) {
      if (effect.type === "commit") world.dispatch({ type: "committed", commit: effect.commit });
      if (effect.type === "forgeLock")
        world.dispatch({ type: "lockForged", term: effect.term, outcome: { type: "signed", signature: SIGNATURE } });
      if (effect.type === "aggregateLocks")
        world.dispatch({ type: "locksAggregated", term: effect.term, signature: SIGNATURE, bad: [] });
      if (!["commit", "forgeLock", "aggregateLocks"].includes(effect.type)) kept.push(effect);
    }
  }
}
const kept: KeeperWorld["effects"] = [];

function told(type: string): KeeperWorld["effects"] {
  return kept.filter((effect) => effect.type === type || (effect.type === "notify" && effect.notice.type === type));
}

describe("suspecting a producer", () => {
  it("[S1] begins when nothing became final for the timeout, and is repeated", () => {
    const world = open(BYSTANDER);
    pass(world, SWITCH_BASE_MS - 100);
    expect(world.all("sendSuspect")).toEqual([]);
    pass(world, 200);
    expect(world.all("sendSuspect")).toEqual([{ type: "sendSuspect", to: null, term: T1 }]);
    pass(world, SWITCH_RESEND_MS);
    expect(world.all("sendSuspect")).toHaveLength(2);
    expect(world.state.vote.currentTerm).toBe(0n);
  });

  it("[S3] shows everybody where it stands when it begins, once: its link to the producer may be the only one that is broken", () => {
    const world = open(BYSTANDER);
    pass(world, SWITCH_BASE_MS + 2 * SWITCH_RESEND_MS);
    expect(world.all("sendSuspect").length).toBeGreaterThan(1);
    expect(world.all("sendStatus")).toEqual([{ type: "sendStatus", to: null }]);
  });

  it("[S1] starts again after a gap of the own event loop, which says nothing about others", () => {
    const world = open(BYSTANDER);
    world.atMs += 10 * SWITCH_BASE_MS;
    world.dispatch({ type: "tick" });
    expect(world.all("sendSuspect")).toEqual([]);
  });

  it("[S1] is told at once to who connects anew", () => {
    const world = open(BYSTANDER);
    pass(world, SWITCH_BASE_MS + 100);
    const effects = world.dispatch({ type: "peerConnected", peer: world.peer(0) });
    expect(effects).toContainEqual({ type: "sendSuspect", to: world.peer(0), term: T1 });
  });

  it("[S1] is repeated to all however often one keeper connects anew", () => {
    const world = open(BYSTANDER);
    pass(world, SWITCH_BASE_MS + 100);
    world.effects.length = 0;
    for (let passed = 0; passed < 3 * SWITCH_RESEND_MS; passed += 100) {
      pass(world, 100);
      world.dispatch({ type: "peerConnected", peer: world.peer(0) });
    }
    expect(world.all("sendSuspect").filter(({ to }) => to === null)).toHaveLength(3);
  });

  it("[S1] gives a network that comes together the whole time, once per keeper", () => {
    const world = open(BYSTANDER);
    pass(world, SWITCH_BASE_MS - 100);
    world.dispatch({ type: "peerConnected", peer: world.peer(0) });
    pass(world, SWITCH_BASE_MS - 100);
    world.dispatch({ type: "peerConnected", peer: world.peer(0) });
    expect(world.all("sendSuspect")).toEqual([]);
    pass(world, 200);
    expect(world.all("sendSuspect")).toHaveLength(1);
  });

  it("[S1] happens at once on a proved fault of the current term", () => {
    const world = open(BYSTANDER);
    const chain = new TestChain(rules, root);
    chain.grow();
    const block = chain.blocks[0]!;
    world.take(block);
    world.dispatch({ type: "signaturesChecked", blockId: block.id, valid: true });
    world.dispatch({ type: "executed", blockId: block.id, outcome: { type: "refuted", reason: "stateRoot" } });
    expect(world.all("sendSuspect")).toHaveLength(1);
  });

  it("[S1] happens at once on evidence against the current term's producer, and not for a fault of another term", () => {
    const world = open(BYSTANDER);
    world.dispatch({ type: "producerFault", term: T1, fault: "doubleBlock" });
    expect(world.all("sendSuspect")).toEqual([]);
    world.dispatch({ type: "producerFault", term: term(0n), fault: "doubleBlock" });
    expect(world.all("sendSuspect")).toEqual([{ type: "sendSuspect", to: null, term: T1 }]);
  });

  it("[S1] goes on through progress while a producer leaves messages out, for that term alone", () => {
    const world = open(BYSTANDER);
    world.dispatch({ type: "censored", term: T1 });
    expect(world.all("sendSuspect")).toEqual([]);
    world.dispatch({ type: "censored", term: term(0n) });
    expect(world.all("sendSuspect")).toHaveLength(1);
    finalizeFirst(world);
    pass(world, 900);
    expect(world.all("sendSuspect").length).toBeGreaterThan(2);
    expect(world.notices().filter((type) => type === "suspected")).toHaveLength(1);
  });

  it("[S1] happens at once on a block that breaks the rules and comes over its producer's own link, not over another's", () => {
    const { block: bad } = sealTestBlock(rules, root, { header: { seqNo: seqNo(7) } });
    const world = open(BYSTANDER);
    world.take(bad, { type: "peer", peer: rules.keepers.at(memberFor(1n)).id });
    expect(world.all("sendSuspect")).toEqual([]);
    world.take(bad, { type: "peer", peer: rules.keepers.at(memberFor(0n)).id });
    expect(world.all("sendSuspect")).toHaveLength(1);
  });

  it("[S1] happens when block times stay more than 5 s behind for 10 s of running chain", () => {
    const world = open(BYSTANDER);
    const chain = new TestChain(rules, root);
    for (let i = 0; i < 3; i++) chain.grow();
    const [first, second, third] = chain.blocks;
    world.unixMs = first!.header.timeMs + BLOCK_LAG_MS_MAX + 1;
    world.apply(first!);
    world.atMs += BLOCK_LAG_FOR_MS - 1;
    world.unixMs = second!.header.timeMs + BLOCK_LAG_MS_MAX + 1;
    world.apply(second!);
    expect(world.state.switching.fault).toBeNull();
    world.atMs += 1;
    world.unixMs = third!.header.timeMs + BLOCK_LAG_MS_MAX + 1;
    world.apply(third!);
    expect(world.state.switching.fault).not.toBeNull();
  });

  it("[S1] does not happen for old blocks that others serve, nor when the times catch up", () => {
    const chain = new TestChain(rules, root);
    for (let i = 0; i < 3; i++) chain.grow();
    const [first, second, third] = chain.blocks;
    const served = { type: "peer", peer: rules.keepers.at(others(memberFor(0n))[0]!).id } as const;
    const world = open(BYSTANDER);
    for (const block of chain.blocks) {
      world.unixMs = block.header.timeMs + 10 * BLOCK_LAG_MS_MAX;
      world.atMs += BLOCK_LAG_FOR_MS;
      world.apply(block, served);
    }
    expect(world.state.switching.fault).toBeNull();
    const caughtUp = open(BYSTANDER);
    for (const [block, lagMs] of [
      [first!, BLOCK_LAG_MS_MAX + 1],
      [second!, BLOCK_LAG_MS_MAX],
      [third!, BLOCK_LAG_MS_MAX + 1],
    ] as const) {
      caughtUp.atMs += BLOCK_LAG_FOR_MS;
      caughtUp.unixMs = block.header.timeMs + lagMs;
      caughtUp.apply(block);
    }
    expect(caughtUp.state.switching.fault).toBeNull();
  });

  it("[S1] ends with the next final block", () => {
    const world = open(BYSTANDER);
    pass(world, SWITCH_BASE_MS + 100);
    finalizeFirst(world);
    world.effects.length = 0;
    pass(world, SWITCH_BASE_MS - 100);
    expect(world.all("sendSuspect")).toEqual([]);
  });
});

/** b, c carries QC(b), and QC(c): b is final. */
function finalizeFirst(world: KeeperWorld): void {
  const chain = new TestChain(rules, root);
  chain.grow();
  chain.growCertified();
  for (const block of chain.blocks) world.apply(block);
  world.dispatch({ type: "certificateVerified", certificate: certify(rules, chain.tip), from: null });
  expect(world.state.final.height).toBe(1n);
}

describe("leaving a term", () => {
  it("[S2] needs a quorum of fresh Suspects; those that are old count for nothing", () => {
    const world = open(BYSTANDER);
    suspectAll(world, BYSTANDER);
    expect(world.state.vote.currentTerm).toBe(1n);
    const late = open(BYSTANDER);
    for (const index of others(BYSTANDER).slice(0, 2))
      late.dispatch({ type: "suspectReceived", peer: late.peer(index), term: T1 });
    late.atMs += 1_500;
    late.dispatch({ type: "suspectReceived", peer: late.peer(others(BYSTANDER)[2]!), term: T1 });
    expect(late.state.vote.currentTerm).toBe(0n);
  });

  it("[S2, §9] the Lock is signed when the term and what it names are on disk, and leaves when it is signed", () => {
    const world = open(BYSTANDER);
    suspectAll(world, BYSTANDER);
    const [commit] = world.all("commit");
    expect(commit?.vote.currentTerm).toBe(1n);
    expect(world.all("forgeLock")).toEqual([]);
    world.dispatch({ type: "committed", commit: commit!.commit });
    expect(world.all("forgeLock")).toHaveLength(1);
    expect(world.all("sendLock")).toEqual([]);
    world.dispatch({ type: "lockForged", term: T1, outcome: { type: "signed", signature: SIGNATURE } });
    expect(world.all("sendLock")).toHaveLength(1);
  });

  it("[V2] attests nothing below the term any more", () => {
    const world = open(BYSTANDER);
    suspectAll(world, BYSTANDER);
    const chain = new TestChain(rules, root);
    chain.grow();
    world.apply(chain.blocks[0]!);
    expect(world.votesAsked()).toEqual([]);
  });

  it("[S2] carries the own votes above its certificate", () => {
    const world = open(BYSTANDER);
    const chain = new TestChain(rules, root);
    chain.grow();
    world.apply(chain.blocks[0]!);
    world.answerEdges();
    suspectAll(world, BYSTANDER);
    kept.length = 0;
    answerAll(world);
    const [sent] = told("sendLock") as Extract<(typeof kept)[number], { type: "sendLock" }>[];
    expect(sent?.lock.attestations.map(({ attestation }) => attestation.blockId)).toEqual([chain.tip.id]);
  });

  it("[S2] is signed again when a higher certificate of a lower term is known, and repeated until progress", () => {
    const world = open(BYSTANDER);
    const chain = new TestChain(rules, root);
    chain.grow();
    world.apply(chain.blocks[0]!);
    suspectAll(world, BYSTANDER);
    answerAll(world);
    world.dispatch({ type: "certificateVerified", certificate: certify(rules, chain.tip), from: null });
    expect(world.locksAsked().map(({ qc }) => qc?.attestation.blockId)).toEqual([chain.tip.id]);
    kept.length = 0;
    answerAll(world);
    pass(world, 2 * SWITCH_RESEND_MS);
    expect(world.all("sendLock").length).toBeGreaterThan(0);
  });

  it("[S2] is repeated to all however often one keeper connects anew", () => {
    const world = open(BYSTANDER);
    suspectAll(world, BYSTANDER);
    kept.length = 0;
    answerAll(world);
    for (let passed = 0; passed < 3 * SWITCH_RESEND_MS; passed += 100) {
      pass(world, 100);
      world.dispatch({ type: "peerConnected", peer: world.peer(0) });
    }
    expect(world.all("sendLock").filter(({ to }) => to === null)).toHaveLength(3);
  });

  it("[S8] a restarted keeper owes its Lock again, unless it attested in the term", () => {
    const vote = { currentTerm: T1, lastVoted: null, highestQc: null };
    const world = new KeeperWorld(rules, root, { signer: BYSTANDER, vote });
    world.dispatch({ type: "tick" });
    expect(world.locksAsked()).toHaveLength(1);
    const lastVoted = { term: T1, height: root.height, blockId: root.id };
    const voted = new KeeperWorld(rules, root, { signer: BYSTANDER, vote: { ...vote, lastVoted } });
    voted.dispatch({ type: "tick" });
    expect(voted.locksAsked()).toEqual([]);
  });
});

describe("the producer of the next term", () => {
  const SELF = memberFor(1n);

  function collect(world: KeeperWorld, qc: SignedLock["qc"] = null): void {
    suspectAll(world, SELF);
    answerAll(world);
    for (const index of others(SELF).slice(0, 2))
      world.dispatch({ type: "lockReceived", peer: world.peer(index), lock: lockBy(index, T1, qc) });
  }

  it("[S4] may produce with Locks of a quorum, on the block of the highest certificate", () => {
    const world = open(SELF);
    const chain = new TestChain(rules, root);
    chain.grow();
    world.apply(chain.blocks[0]!);
    const qc = certify(rules, chain.tip);
    world.dispatch({ type: "certificateVerified", certificate: qc, from: null });
    kept.length = 0;
    collect(world, qc);
    answerAll(world);
    const [may] = told("mayProduce") as Extract<(typeof kept)[number], { type: "notify" }>[];
    expect(may?.notice).toMatchObject({ term: T1, parent: { id: chain.tip.id }, certificate: { term: T1, qc } });
    pass(world, 1_000);
    answerAll(world);
    expect(told("mayProduce")).toHaveLength(1);
  });

  it("[S4] asks those who locked on a certificate for the body that it lacks, and waits for it", () => {
    const world = open(SELF);
    const chain = new TestChain(rules, root);
    chain.grow();
    const qc = certify(rules, chain.tip);
    world.dispatch({ type: "certificateVerified", certificate: qc, from: null });
    kept.length = 0;
    collect(world, qc);
    answerAll(world);
    expect(told("mayProduce")).toEqual([]);
    expect(told("requestBlocks").length).toBeGreaterThan(0);
    world.apply(chain.blocks[0]!);
    answerAll(world);
    expect(told("mayProduce")).toHaveLength(1);
  });

  it("[S4] drops Locks with bad signatures, blames their senders, and goes on with others", () => {
    const world = open(SELF);
    collect(world);
    const [asked] = world.all("aggregateLocks");
    const bad = asked!.locks.find(({ signer }) => signer !== SELF)!.signer;
    world.dispatch({ type: "locksAggregated", term: T1, signature: null, bad: [bad] });
    expect(world.all("penalize")).toMatchObject([{ peer: world.peer(bad), cause: "badSignature" }]);
    kept.length = 0;
    const index = others(SELF)[2]!;
    world.dispatch({ type: "lockReceived", peer: world.peer(index), lock: lockBy(index) });
    answerAll(world);
    expect(told("mayProduce")).toHaveLength(1);
  });

  it("[S4] is nobody else", () => {
    const world = open(BYSTANDER);
    suspectAll(world, BYSTANDER);
    answerAll(world);
    for (const index of others(BYSTANDER))
      world.dispatch({ type: "lockReceived", peer: world.peer(index), lock: lockBy(index) });
    expect(world.all("aggregateLocks")).toEqual([]);
  });
});

describe("the first block of a term", () => {
  function firstOf(parent = root): SealedBlock {
    return sealTestBlock(rules, parent, { round: 1, switchCertificate: switchTo(rules, parent, 1n) }).block;
  }

  it("[V2, V4] takes a keeper into the term and gets its vote", () => {
    const world = open(BYSTANDER);
    world.apply(firstOf());
    expect(world.state.vote.currentTerm).toBe(1n);
    expect(world.votesAsked().map(({ attestation }) => attestation.term)).toEqual([1n]);
    expect(world.notices()).toContain("termEntered");
  });

  it("[S6] abandons the blocks that it leaves aside, in their order, and keeps their bodies", () => {
    const world = open(BYSTANDER);
    const chain = new TestChain(rules, root);
    chain.grow();
    chain.grow();
    for (const block of chain.blocks) world.apply(block);
    world.apply(firstOf());
    const abandoned = world.all("notify").flatMap(({ notice }) => (notice.type === "abandoned" ? notice.blocks : []));
    expect(abandoned.map(({ block }) => block.id)).toEqual(chain.blocks.map(({ id }) => id));
    expect(chain.blocks.map((block) => world.phaseOf(block))).toEqual(["applied", "applied"]);
  });

  it("[M2] promises the messages of blocks that it attested or that a quorum did, and not of whatever a producer sends", () => {
    const world = open(BYSTANDER);
    const chain = new TestChain(rules, root);
    chain.grow();
    const attested = chain.blocks[0]!;
    world.apply(attested);
    const parent = chain.facts[1]!;
    const sent = others(BYSTANDER).map((index) => {
      const { block } = sealTestBlock(rules, parent, { externals: [new Uint8Array([index])] });
      world.take(block, { type: "peer", peer: world.peer(index) });
      return world.state.blocks.get(block.id)!.facts;
    });
    const [checked, certified] = [sent[1]!, sent[2]!];
    world.dispatch({ type: "signaturesChecked", blockId: checked.id, valid: true });
    world.dispatch({ type: "certificateVerified", certificate: certify(rules, certified), from: null });
    world.apply(firstOf());
    const abandoned = world.all("notify").flatMap(({ notice }) => (notice.type === "abandoned" ? notice.blocks : []));
    const promises = new Map(abandoned.map(({ block, isPromised }) => [block.id, isPromised]));
    expect(promises).toEqual(
      new Map([
        [attested.id, true],
        [checked.id, false],
        [certified.id, true],
      ]),
    );
  });

  it("[S6] tells after it which blocks it stands on: one of them that an earlier term left aside is followed again", () => {
    const world = open(BYSTANDER);
    const chain = new TestChain(rules, root);
    chain.grow();
    const revived = chain.blocks[0]!;
    world.apply(revived);
    const first = firstOf();
    world.apply(first);
    const parent = chain.facts[1]!;
    const switchCertificate = switchTo(rules, parent, 2n);
    world.apply(sealTestBlock(rules, parent, { round: 2, switchCertificate }).block);
    const told = world
      .all("notify")
      .map(({ notice }) => notice)
      .flatMap((notice): (readonly string[])[] => {
        if (notice.type === "abandoned") return [[notice.type, ...notice.blocks.map(({ block }) => block.id)]];
        if (notice.type === "followed") return [[notice.type, ...notice.blockIds]];
        return notice.type === "prefinal" ? [[notice.type, notice.blockId]] : [];
      });
    expect(told).toEqual([
      ["abandoned", revived.id],
      ["abandoned", first.id],
      ["followed", revived.id],
      ["prefinal", revived.id],
    ]);
  });

  it("[S3] a keeper that wants a term which others have entered is told where they stand", () => {
    const world = open(BYSTANDER);
    finalizeFirst(world);
    world.dispatch({ type: "suspectReceived", peer: world.peer(0), term: term(0n) });
    expect(world.all("sendStatus").map(({ to }) => to)).toContain(world.peer(0));
  });

  it("[S2] what is locked names genesis while nothing is certified", () => {
    expect(lockPayloadOf(rules, T1, null)).toMatchObject({ qcTerm: 0n, qcHeight: 0n, qcBlockId: root.id });
  });
});
