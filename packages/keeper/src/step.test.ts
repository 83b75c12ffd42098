import { deriveFacts } from "@sealwright/consensus";
import { attest, certify, createTestNetwork, partsOf, sealTestBlock, TestChain } from "@sealwright/consensus/testing";
import {
  type Attestation,
  type BlockId,
  type Height,
  height,
  type SealedBlock,
  signerIndex,
  term,
  type ThreadStatus,
  unwrap,
} from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { newestApplied } from "./chainView.js";
import { PARKED_BLOCKS_MAX } from "./keeperState.js";
import { SHOW_AGAIN_MS } from "./showStatus.js";
import { KeeperWorld, type KeeperWorldOptions } from "./testing/index.js";

const { rules, root } = createTestNetwork(4);
const AT_ROOT = { height: height(0), blockId: root.id };

function statusAt(tip: { readonly height: Height; readonly blockId: BlockId }): ThreadStatus {
  const { threadId } = rules;
  return { threadId, finalHeight: height(0), finalId: root.id, currentTerm: term(0), highestQc: null, tip };
}

function open(options: KeeperWorldOptions = {}): { keeper: KeeperWorld; chain: TestChain } {
  return { keeper: new KeeperWorld(rules, root, options), chain: new TestChain(rules, root) };
}

function grow(chain: TestChain, count: number): SealedBlock[] {
  for (let i = 0; i < count; i++) chain.grow();
  return chain.blocks.slice(-count);
}

function sibling(parent = root, tag = 1): SealedBlock {
  return sealTestBlock(rules, parent, { externals: [Uint8Array.of(tag)] }).block;
}

describe("taking candidates", () => {
  it("ignores blocks of other threads, final heights and known ids", () => {
    const { keeper, chain } = open();
    const [block] = grow(chain, 1) as [SealedBlock];
    const elsewhere = {
      ...block,
      header: { ...block.header, threadId: "ff".repeat(34) as typeof block.header.threadId },
    };
    const below = { ...block, header: { ...block.header, height: height(0) } };
    expect(keeper.take(elsewhere)).toEqual([]);
    expect(keeper.take(below)).toEqual([]);
    keeper.take(block);
    expect(keeper.take(block)).toEqual([]);
  });

  it("runs the designated producer's block before its signature is checked, and nobody else's", () => {
    const { keeper, chain } = open();
    const [block] = grow(chain, 1) as [SealedBlock];
    expect(keeper.take(block).map(({ type }) => type)).toEqual(["checkSignatures", "execute"]);
    const other = open().keeper;
    const from = rules.keepers.members.find(({ id }) => id !== block.header.producer)!.id;
    expect(other.take(block, { type: "peer", peer: from }).map(({ type }) => type)).toEqual(["checkSignatures"]);
  });

  it("[§8] drops a copy with a bad signature, penalizes its sender, and takes a good copy afterwards", () => {
    const { keeper, chain } = open();
    const [block] = grow(chain, 1) as [SealedBlock];
    keeper.take(block, { type: "peer", peer: keeper.peer(1) });
    keeper.dispatch({ type: "signaturesChecked", blockId: block.id, valid: false });
    expect(keeper.all("penalize")).toEqual([
      { type: "penalize", peer: keeper.peer(1), cause: "badSignature", detail: block.id },
    ]);
    keeper.apply(block);
    expect(keeper.phaseOf(block)).toBe("applied");
  });

  it("[§8] penalizes who sends a block that breaks a rule, suspects it if it produces, and keeps nothing of the block", () => {
    const { keeper } = open();
    const late = sealTestBlock(rules, root, { afterMs: -1 }).block;
    const effects = keeper.take(late);
    expect(effects.map(({ type }) => type)).toEqual(["penalize", "notify", "notify", "sendStatus", "sendSuspect"]);
    expect(keeper.state.blocks.size).toBe(0);
  });

  it("[§8] takes no place from the first block for what is not checked, and tells of an equivocation only then", () => {
    const { keeper, chain } = open();
    const [first] = grow(chain, 1) as [SealedBlock];
    const forged = sibling();
    keeper.take(forged, { type: "peer", peer: keeper.peer(1) });
    keeper.take(first);
    keeper.dispatch({ type: "signaturesChecked", blockId: forged.id, valid: false });
    keeper.dispatch({ type: "signaturesChecked", blockId: first.id, valid: true });
    expect(keeper.notices()).not.toContain("equivocation");
    keeper.dispatch({ type: "executed", blockId: first.id, outcome: { type: "valid" } });
    expect(keeper.phaseOf(first)).toBe("applied");
    const second = sibling(root, 2);
    keeper.take(second);
    keeper.dispatch({ type: "signaturesChecked", blockId: second.id, valid: true });
    expect(keeper.notices()).toContain("equivocation");
    expect(keeper.state.blocks.has(second.id)).toBe(false);
    expect(keeper.take(sibling(root, 3))).toEqual([]);
  });

  it("[I13] takes a block back from the own disk although its producer's other one came first after the restart", () => {
    for (const rivals of [1, 2]) {
      const { keeper } = open();
      for (let i = 1; i <= rivals; i++) {
        const rival = sibling(root, i);
        keeper.take(rival, { type: "peer", peer: keeper.peer(i - 1) });
        keeper.dispatch({ type: "signaturesChecked", blockId: rival.id, valid: true });
      }
      const attested = sibling(root, 3);
      keeper.apply(attested, { type: "store" });
      expect(keeper.notices()).toContain("equivocation");
      expect(keeper.phaseOf(attested)).toBe("applied");
    }
  });

  it("[§8] lets one peer have one unchecked block per place", () => {
    const { keeper } = open();
    const origin = { type: "peer", peer: keeper.peer(1) } as const;
    keeper.take(sibling(root, 1), origin);
    expect(keeper.take(sibling(root, 2), origin)).toEqual([]);
    keeper.take(sibling(root, 3), { type: "peer", peer: keeper.peer(2) });
    expect(keeper.state.blocks.size).toBe(2);
  });

  it("[§8] takes a second block that a certificate names, or that a certified block stands on", () => {
    for (const certifiedDepth of [0, 1]) {
      const { keeper, chain } = open();
      keeper.apply(grow(chain, 1)[0]!);
      const second = sibling();
      const facts = unwrap(deriveFacts(rules, root, partsOf(second)));
      const child = sealTestBlock(rules, facts).block;
      const childFacts = unwrap(deriveFacts(rules, facts, partsOf(child)));
      const certificate = certify(rules, certifiedDepth === 0 ? facts : childFacts);
      keeper.take(child);
      keeper.dispatch({ type: "certificateVerified", certificate, from: keeper.peer(1) });
      keeper.apply(second);
      expect(keeper.phaseOf(second), `certified ${certifiedDepth} above`).toBe("applied");
      expect(keeper.state.blocks.has(child.id)).toBe(true);
    }
  });
});

describe("waiting for parents", () => {
  it("takes a chain that comes upside down, as soon as each parent's signature is checked", () => {
    const { keeper, chain } = open();
    const blocks = grow(chain, 3);
    for (const block of [...blocks].reverse()) keeper.take(block);
    for (const block of blocks) {
      keeper.dispatch({ type: "signaturesChecked", blockId: block.id, valid: true });
      keeper.dispatch({ type: "executed", blockId: block.id, outcome: { type: "valid" } });
    }
    expect(blocks.map((block) => keeper.phaseOf(block))).toEqual(["applied", "applied", "applied"]);
    expect(keeper.state.parked.size).toBe(0);
  });

  it("asks every sender of a block without a parent, whatever others sent before", () => {
    const { keeper, chain } = open();
    const [missing, parked] = grow(chain, 2) as [SealedBlock, SealedBlock];
    const junk = sealTestBlock(rules, chain.tip, { header: { parentId: "ee".repeat(32) as typeof missing.id } }).block;
    keeper.take(junk, { type: "peer", peer: keeper.peer(1) });
    keeper.take(parked, { type: "peer", peer: keeper.peer(2) });
    keeper.effects.length = 0;
    keeper.atMs += 1_000;
    keeper.dispatch({ type: "tick" });
    const asked = keeper.all("requestBlocks").map(({ to, tipId }) => ({ to, tipId }));
    expect(asked).toContainEqual({ to: keeper.peer(2), tipId: missing.id });
  });

  it("asks a peer at most once per half second", () => {
    const { keeper, chain } = open();
    const blocks = grow(chain, 3).slice(1);
    for (const block of blocks) keeper.take(block, { type: "peer", peer: keeper.peer(1) });
    for (let i = 0; i < 4; i++) keeper.dispatch({ type: "tick" });
    expect(keeper.all("requestBlocks")).toHaveLength(1);
  });

  it("[I12] holds a bounded number of parked blocks, and a flood does not push out another peer's", () => {
    const { keeper, chain } = open();
    const wanted = grow(chain, 2)[1]!;
    const flood = (from: number, count: number): void => {
      for (let i = 0; i < count; i++) {
        const parentId = (from + i).toString(16).padStart(64, "0") as typeof wanted.id;
        const { block } = sealTestBlock(rules, chain.tip, { header: { parentId } });
        keeper.take(block, { type: "peer", peer: keeper.peer(1) });
      }
    };
    flood(0, PARKED_BLOCKS_MAX);
    keeper.take(wanted, { type: "peer", peer: keeper.peer(2) });
    flood(1_000, PARKED_BLOCKS_MAX);
    const parked = [...keeper.state.parked.values()].flat();
    expect(parked.length).toBe(PARKED_BLOCKS_MAX);
    expect(parked.some(({ block }) => block.id === wanted.id)).toBe(true);
  });

  it("asks a peer whose status names a certificate or a tip that is not here, also when the tip only waits", () => {
    const { keeper, chain } = open();
    const [, tip] = grow(chain, 2) as [SealedBlock, SealedBlock];
    keeper.take(tip, { type: "peer", peer: keeper.peer(1) });
    keeper.effects.length = 0;
    const status = statusAt({ height: tip.header.height, blockId: tip.id });
    keeper.dispatch({ type: "statusReceived", peer: keeper.peer(2), status });
    expect(keeper.all("requestBlocks").map(({ to }) => to)).toEqual([keeper.peer(2)]);
    expect(keeper.dispatch({ type: "statusReceived", peer: keeper.peer(3), status: statusAt(AT_ROOT) })).toEqual([]);
  });
});

describe("blocks that a peer lacks", () => {
  it("[S3] resent candidate: it hears that they are applied here and asks for them, whoever produced them", () => {
    const { keeper, chain } = open();
    const late = open({ signer: signerIndex(1) }).keeper;
    const [first, last] = grow(chain, 2) as [SealedBlock, SealedBlock];
    keeper.apply(first);
    keeper.apply(last);
    late.apply(first);
    const { height: at, id: blockId } = newestApplied(late.state);
    keeper.dispatch({ type: "statusReceived", peer: keeper.peer(1), status: statusAt({ height: at, blockId }) });
    expect(keeper.all("sendStatus").map(({ to }) => to)).toEqual([keeper.peer(1)]);
    const status = statusAt({ height: last.header.height, blockId: newestApplied(keeper.state).id });
    late.dispatch({ type: "statusReceived", peer: keeper.state.config.self, status });
    expect(late.all("requestBlocks")).toMatchObject([{ to: keeper.state.config.self, tipId: last.id }]);
  });

  it("[S3] resent candidate: a peer that is level or ahead, or only holds a block that is not applied here, hears nothing", () => {
    const { keeper, chain } = open();
    const [applied, candidate] = grow(chain, 2) as [SealedBlock, SealedBlock];
    keeper.apply(applied);
    keeper.take(candidate);
    for (const { header, id } of [applied, candidate]) {
      const status = statusAt({ height: header.height, blockId: id });
      keeper.dispatch({ type: "statusReceived", peer: keeper.peer(1), status });
    }
    expect(keeper.all("sendStatus")).toEqual([]);
  });

  it("[S3] a height, a certificate and a tip that nobody has do nothing but have their claimer asked, once each half second", () => {
    const { keeper, chain } = open();
    const [first, second] = grow(chain, 2) as [SealedBlock, SealedBlock];
    keeper.apply(first);
    const { lastRequests: _before, ...before } = keeper.state;
    keeper.effects.length = 0;
    const nowhere = { height: height(1_000_000), blockId: "ab".repeat(32) as BlockId };
    const highestQc = certify(rules, chain.tip);
    const claimed: ThreadStatus = {
      ...statusAt(nowhere),
      finalHeight: nowhere.height,
      currentTerm: term(50),
      highestQc: { ...highestQc, attestation: { ...highestQc.attestation, ...nowhere } },
    };
    const withoutTip = { ...claimed, tip: { height: first.header.height, blockId: first.id } };
    for (let i = 0; i < 5; i++) {
      keeper.dispatch({ type: "statusReceived", peer: keeper.peer(1), status: claimed });
      keeper.dispatch({ type: "statusReceived", peer: keeper.peer(2), status: withoutTip });
    }
    const asked = [1, 2].map((place) => ({ type: "requestBlocks", to: keeper.peer(place) }));
    expect(keeper.effects).toMatchObject(asked);
    const { lastRequests: _after, ...after } = keeper.state;
    expect(after).toEqual(before);
    const status = statusAt({ height: second.header.height, blockId: second.id });
    keeper.dispatch({ type: "statusReceived", peer: keeper.peer(3), status });
    expect(keeper.all("requestBlocks").at(-1)).toMatchObject({ to: keeper.peer(3), tipId: second.id });
  });

  it("[I12] resent candidate: a peer that shows it again and again is answered once each half second", () => {
    const { keeper, chain } = open();
    for (const block of grow(chain, 3)) keeper.apply(block);
    const show = (): void =>
      void keeper.dispatch({ type: "statusReceived", peer: keeper.peer(2), status: statusAt(AT_ROOT) });
    for (let i = 0; i < 5; i++) show();
    expect(keeper.all("sendStatus")).toHaveLength(1);
    keeper.atMs += SHOW_AGAIN_MS;
    show();
    expect(keeper.all("sendStatus")).toHaveLength(2);
  });
});

describe("executing", () => {
  it("asks again for a block whose execution was blocked or failed", () => {
    for (const outcome of [{ type: "missingRef" }, { type: "failed" }] as const) {
      const { keeper, chain } = open();
      const [block] = grow(chain, 1) as [SealedBlock];
      keeper.take(block);
      keeper.dispatch({ type: "signaturesChecked", blockId: block.id, valid: true });
      keeper.dispatch({ type: "executed", blockId: block.id, outcome });
      keeper.effects.length = 0;
      keeper.atMs += 100;
      keeper.dispatch(outcome.type === "failed" ? { type: "tick" } : { type: "otherThreadFinal", height: height(1) });
      expect(keeper.all("execute")).toHaveLength(1);
      keeper.dispatch({ type: "executed", blockId: block.id, outcome: { type: "valid" } });
      expect(keeper.phaseOf(block)).toBe("applied");
    }
  });

  it("[I12] tries a block that ends its worker each time ever more seldom, and leaves the time to others", () => {
    const { keeper, chain } = open();
    const [block] = grow(chain, 1) as [SealedBlock];
    keeper.take(block);
    keeper.dispatch({ type: "signaturesChecked", blockId: block.id, valid: true });
    for (; keeper.atMs < 300_000; keeper.atMs += 100) {
      const isRunning = keeper.all("execute").length > 0;
      if (isRunning) keeper.dispatch({ type: "executed", blockId: block.id, outcome: { type: "failed" } });
      keeper.effects.length = 0;
      keeper.dispatch({ type: "tick" });
    }
    expect(keeper.state.blocks.get(block.id)?.failures.times).toBeLessThan(20);
  });

  it("[V1] refuted blocks are invalid for ever, with all that builds on them", () => {
    const { keeper, chain } = open();
    const [bad, child, grandchild] = grow(chain, 3) as [SealedBlock, SealedBlock, SealedBlock];
    keeper.take(bad);
    keeper.dispatch({ type: "signaturesChecked", blockId: bad.id, valid: true });
    keeper.take(child);
    keeper.dispatch({ type: "signaturesChecked", blockId: child.id, valid: true });
    keeper.dispatch({ type: "executed", blockId: bad.id, outcome: { type: "refuted", reason: "stateRoot" } });
    expect([keeper.phaseOf(bad), keeper.phaseOf(child)]).toEqual(["invalid", "invalid"]);
    keeper.take(grandchild);
    expect(keeper.state.blocks.has(grandchild.id)).toBe(false);
    expect(keeper.votesAsked()).toEqual([]);
  });

  it("[§7] stops voting when a quorum attested what it refuted, or a block that stands on it", () => {
    const [bad, child] = grow(new TestChain(rules, root), 2) as [SealedBlock, SealedBlock];
    const facts = unwrap(deriveFacts(rules, root, partsOf(bad)));
    const childFacts = unwrap(deriveFacts(rules, facts, partsOf(child)));
    for (const certified of [facts, childFacts]) {
      const { keeper } = open();
      keeper.take(bad);
      keeper.dispatch({ type: "signaturesChecked", blockId: bad.id, valid: true });
      keeper.dispatch({ type: "executed", blockId: bad.id, outcome: { type: "refuted", reason: "stateRoot" } });
      keeper.dispatch({ type: "certificateVerified", certificate: certify(rules, certified), from: keeper.peer(1) });
      keeper.take(child);
      expect(keeper.state.halted).not.toBeNull();
      expect(keeper.notices().filter((type) => type === "halted")).toHaveLength(1);
    }
  });
});

describe("voting", () => {
  it("[§9] has a vote signed when its intent is on disk, and sends it when it is signed", () => {
    const { keeper, chain } = open();
    keeper.apply(grow(chain, 1)[0]!);
    expect(keeper.all("forgeVote")).toEqual([]);
    const [forge] = keeper.votesAsked();
    expect(keeper.all("sendVote")).toEqual([]);
    keeper.sign(forge!);
    expect(keeper.all("sendVote")).toHaveLength(1);
  });

  it("[§9] tells the forge of no certificate that a crash could take from it again", () => {
    const { keeper, chain } = open();
    const [first, second] = grow(chain, 2) as [SealedBlock, SealedBlock];
    keeper.apply(first);
    const [vote] = keeper.votesAsked();
    // Known from now on, and on disk only with the next vote.
    keeper.dispatch({ type: "certificateVerified", certificate: certify(rules, chain.facts[1]!), from: null });
    keeper.dispatch({ type: "voteForged", attestation: vote!.attestation, outcome: { type: "failed", code: "test" } });
    keeper.apply(second);
    expect(keeper.all("forgeVote").map(({ highestQc }) => highestQc)).toEqual([null]);
    const after = keeper.votesAsked().slice(1);
    expect(after.map(({ attestation }) => attestation.blockId)).toEqual([second.id]);
    expect(after.map(({ highestQc }) => highestQc?.attestation.blockId)).toEqual([first.id]);
  });

  it("[§9] commits the bodies of the block and of all its ancestors that are not on disk yet, once", () => {
    const { keeper, chain } = open();
    const blocks = grow(chain, 3);
    for (const block of blocks) keeper.apply(block);
    const bodies = keeper.all("commit").map((commit) => commit.blocks.map(({ id }) => id));
    expect(bodies).toEqual(blocks.map(({ id }) => [id]));
  });

  it("never votes as an observer", () => {
    const { keeper, chain } = open({ signer: null });
    for (const block of grow(chain, 3)) keeper.apply(block);
    expect(keeper.votesAsked()).toEqual([]);
  });

  it("[V3] gives one vote per height, on one chain", () => {
    const { keeper, chain } = open();
    const [first] = grow(chain, 1) as [SealedBlock];
    keeper.apply(first);
    const second = sibling();
    const facts = unwrap(deriveFacts(rules, root, partsOf(second)));
    keeper.dispatch({ type: "certificateVerified", certificate: certify(rules, facts), from: null });
    keeper.apply(second);
    keeper.apply(sealTestBlock(rules, facts).block);
    expect(keeper.votesAsked().map(({ attestation }) => attestation.blockId)).toEqual([first.id]);
  });

  it("[V3] stays silent for the term when the branch that it voted for lost, also after a restart", () => {
    const { keeper, chain } = open();
    const loser = sibling();
    keeper.apply(loser);
    keeper.commitAll();
    const winners = [chain.grow(), chain.growCertified()];
    for (const facts of winners)
      keeper.dispatch({ type: "certificateVerified", certificate: certify(rules, facts), from: null });
    for (const block of chain.blocks) keeper.apply(block);
    expect(keeper.state.final.height).toBe(1n);
    chain.grow();
    keeper.apply(chain.blocks[2]!);
    expect(keeper.votesAsked().map(({ attestation }) => attestation.blockId)).toEqual([loser.id]);
    const reborn = new KeeperWorld(rules, keeper.state.final, { vote: keeper.state.vote, votedFinalChain: false });
    for (const block of chain.blocks.slice(1)) reborn.apply(block);
    expect(reborn.votesAsked()).toEqual([]);
  });

  it("[§8] waits with a block that lies ahead of the clock, and votes when time has come", () => {
    const { keeper, chain } = open();
    const [block] = grow(chain, 1) as [SealedBlock];
    keeper.unixMs = block.header.timeMs - 501;
    keeper.apply(block);
    expect(keeper.votesAsked()).toEqual([]);
    keeper.unixMs += 1;
    keeper.dispatch({ type: "tick" });
    expect(keeper.votesAsked()).toHaveLength(1);
  });

  it("[§5] sends an unsettled vote again after a while and to a peer that connects, and not once it is settled", () => {
    const { keeper, chain } = open();
    keeper.apply(grow(chain, 1)[0]!);
    keeper.answerEdges();
    const sent = (): number => keeper.all("sendVote").length;
    expect(sent()).toBe(1);
    keeper.dispatch({ type: "tick" });
    expect(sent()).toBe(1);
    keeper.atMs += 300;
    keeper.dispatch({ type: "tick" });
    expect(sent()).toBe(2);
    keeper.dispatch({ type: "peerConnected", peer: keeper.peer(1) });
    expect(sent()).toBe(3);
    keeper.dispatch({ type: "certificateVerified", certificate: certify(rules, chain.tip), from: null });
    keeper.atMs += 1_000;
    keeper.dispatch({ type: "tick" });
    expect(sent()).toBe(3);
  });

  it("asks the forge again when it failed, and never when it refused", () => {
    for (const type of ["failed", "refused"] as const) {
      const { keeper, chain } = open();
      keeper.apply(grow(chain, 1)[0]!);
      const { attestation } = keeper.votesAsked()[0]!;
      keeper.dispatch({ type: "voteForged", attestation, outcome: { type, code: "test" } });
      keeper.dispatch({ type: "tick" });
      expect(keeper.votesAsked()).toHaveLength(1);
      keeper.atMs += 300;
      keeper.dispatch({ type: "tick" });
      expect(keeper.votesAsked(), type).toHaveLength(type === "failed" ? 2 : 1);
    }
  });

  it("[§9] signs its last vote again after a restart, and no other", () => {
    const { keeper, chain } = open();
    const blocks = grow(chain, 3);
    for (const block of blocks.slice(0, 2)) keeper.apply(block);
    const reborn = new KeeperWorld(rules, root, { vote: keeper.state.vote });
    for (const block of blocks) reborn.apply(block, { type: "store" });
    expect(reborn.votesAsked().map(({ attestation }) => attestation.blockId)).toEqual([blocks[1]!.id, blocks[2]!.id]);
    expect(reborn.all("commit").map(({ blocks: bodies }) => bodies)).toEqual([[]]);
  });

  it("[V6, §9] no Fallback leaves before the vote that it stands on is durable", () => {
    const five = createTestNetwork(5);
    const keeper = new KeeperWorld(five.rules, five.root);
    const chain = new TestChain(five.rules, five.root);
    for (let i = 0; i < 3; i++) chain.grow();
    const first = chain.facts[1]!;
    chain.grow({ attestations: [attest(first, [0, 1, 2])] });
    for (const block of chain.blocks) keeper.apply(block);
    const isFallback = ({ attestation }: { readonly attestation: Attestation }): boolean =>
      attestation.target === "fallback";
    const commits = keeper.all("commit").map(({ commit }) => commit);
    keeper.dispatch({ type: "committed", commit: Math.max(...commits) - 1 });
    expect(keeper.all("forgeVote").filter(isFallback)).toEqual([]);
    const fallbacks = keeper.votesAsked().filter(isFallback);
    expect(fallbacks.map(({ attestation }) => attestation.blockId)).toEqual([first.id]);
    keeper.sign(fallbacks[0]!);
    expect(keeper.all("sendVote").map(({ vote }) => vote.attestation.target)).toEqual(["fallback"]);
  });
});

describe("own blocks", () => {
  it("counts an own sealed block as applied, and stores it signed although the clock lets no vote go", () => {
    const { keeper, chain } = open();
    const [block] = grow(chain, 1) as [SealedBlock];
    keeper.unixMs = block.header.timeMs - 10_000;
    keeper.take(block, { type: "own" });
    expect(keeper.phaseOf(block)).toBe("applied");
    expect(keeper.all("execute")).toEqual([]);
    expect(keeper.all("commit").map(({ blocks }) => blocks.map(({ id }) => id))).toEqual([[block.id]]);
  });

  it("[§9] executes a block that was recorded before a restart, and stores it again with its signature", () => {
    const { keeper, chain } = open();
    const [block] = grow(chain, 1) as [SealedBlock];
    keeper.apply(block, { type: "resealed" });
    expect(keeper.all("execute")).toHaveLength(1);
    expect(keeper.all("commit").map(({ blocks }) => blocks.map(({ id }) => id))).toEqual([[block.id]]);
  });

  it("[V5] an own block waits for a parent that is not applied yet", () => {
    const { keeper, chain } = open();
    const [parent, own] = grow(chain, 2) as [SealedBlock, SealedBlock];
    keeper.take(parent, { type: "resealed" });
    keeper.dispatch({ type: "signaturesChecked", blockId: parent.id, valid: true });
    keeper.take(own, { type: "own" });
    expect(keeper.phaseOf(own)).toBe("candidate");
    keeper.dispatch({ type: "executed", blockId: parent.id, outcome: { type: "valid" } });
    keeper.dispatch({ type: "executed", blockId: own.id, outcome: { type: "valid" } });
    expect(keeper.phaseOf(own)).toBe("applied");
  });
});

describe("finality", () => {
  it("[F1] a block is final when a block that carries its certificate has one too, and not before", () => {
    const { keeper, chain } = open();
    const first = chain.grow();
    const carrier = chain.growCertified();
    for (const block of chain.blocks) keeper.apply(block);
    expect(keeper.state.final.id).toBe(root.id);
    keeper.dispatch({ type: "certificateVerified", certificate: certify(rules, carrier), from: null });
    expect(keeper.state.final.id).toBe(first.id);
    const runs = keeper.all("finalize").map(({ run }) => [run.finalCount, run.carrierId]);
    expect(runs).toEqual([[1, carrier.id]]);
  });

  it("[F1] becomes final as soon as the block is applied when its certificate came first", () => {
    const { keeper, chain } = open();
    const first = chain.grow();
    const carrier = chain.growCertified();
    keeper.dispatch({ type: "certificateVerified", certificate: certify(rules, carrier), from: keeper.peer(1) });
    expect(keeper.all("requestBlocks")).toHaveLength(1);
    for (const block of chain.blocks) keeper.apply(block);
    expect(keeper.state.final.id).toBe(first.id);
  });

  it("[F1] what is applied becomes final although the block that proves it cannot be executed here yet", () => {
    const { keeper, chain } = open();
    chain.grow();
    chain.growCertified();
    chain.growCertified();
    keeper.apply(chain.blocks[0]!);
    for (const block of chain.blocks.slice(1)) {
      keeper.take(block);
      keeper.dispatch({ type: "signaturesChecked", blockId: block.id, valid: true });
      keeper.dispatch({ type: "executed", blockId: block.id, outcome: { type: "missingRef" } });
    }
    expect(keeper.state.final.height).toBe(1n);
    const [first] = keeper.all("finalize");
    expect(first?.run.finalCount).toBe(1);
    keeper.dispatch({ type: "certificateVerified", certificate: certify(rules, chain.tip), from: null });
    expect(keeper.state.final.height).toBe(1n);
    keeper.dispatch({ type: "otherThreadFinal", height: height(1) });
    keeper.dispatch({ type: "executed", blockId: chain.blocks[1]!.id, outcome: { type: "valid" } });
    expect(keeper.state.final.height).toBe(2n);
  });

  it("forgets rivals, votes, certificates and parked blocks at or below the final height", () => {
    const { keeper, chain } = open();
    const first = chain.grow();
    const rival = sibling();
    const carrier = chain.growCertified();
    keeper.apply(chain.blocks[0]!);
    keeper.take(rival, { type: "peer", peer: keeper.peer(2) });
    keeper.take(sealTestBlock(rules, root, { header: { parentId: "ee".repeat(32) as typeof rival.id } }).block);
    keeper.apply(chain.blocks[1]!);
    keeper.dispatch({ type: "certificateVerified", certificate: certify(rules, carrier), from: null });
    expect(keeper.state.final.id).toBe(first.id);
    expect([...keeper.state.blocks.keys()]).toEqual([carrier.id]);
    expect([...keeper.state.certificates.keys()]).toEqual([carrier.id]);
    expect([...keeper.state.votes.values()].map(({ attestation }) => attestation.blockId)).toEqual([carrier.id]);
    expect(keeper.state.parked.size).toBe(0);
    expect(keeper.notices()).toContain("dropped");
  });

  it("[§9] the durable highest certificate counts again after a restart", () => {
    const { keeper, chain } = open();
    chain.grow();
    const carrier = chain.growCertified();
    keeper.dispatch({ type: "certificateVerified", certificate: certify(rules, carrier), from: null });
    const reborn = new KeeperWorld(rules, root, { vote: keeper.state.vote });
    expect([...reborn.state.certificates.keys()]).toEqual([carrier.id]);
    for (const block of chain.blocks) reborn.apply(block, { type: "store" });
    expect(reborn.state.final.height).toBe(1n);
  });

  it("[§3] highestQC never decreases", () => {
    const { keeper, chain } = open();
    const [low, high] = [chain.grow(), chain.grow()];
    for (const facts of [high, low])
      keeper.dispatch({ type: "certificateVerified", certificate: certify(rules, facts), from: null });
    expect(keeper.state.vote.highestQc?.attestation.blockId).toBe(high.id);
  });

  it("answers that nobody waits for change nothing", () => {
    const { keeper, chain } = open();
    const [block] = grow(chain, 1) as [SealedBlock];
    keeper.apply(block);
    keeper.answerEdges();
    const before = keeper.state;
    keeper.dispatch({ type: "signaturesChecked", blockId: block.id, valid: false });
    keeper.dispatch({ type: "executed", blockId: block.id, outcome: { type: "refuted", reason: "late" } });
    keeper.dispatch({ type: "executed", blockId: root.id, outcome: { type: "valid" } });
    keeper.dispatch({ type: "committed", commit: 0 });
    const attestation = { ...attest(chain.tip, [signerIndex(0)]).attestation, target: "fallback" as const };
    keeper.dispatch({ type: "voteForged", attestation, outcome: { type: "refused", code: "late" } });
    expect(keeper.state).toEqual(before);
  });
});
