import { attestationOf, type BlockFacts, deriveFacts } from "@sealwright/consensus";
import {
  attest,
  certify,
  createTestNetwork,
  partsOf,
  sealTestBlock,
  type TestBlockOptions,
} from "@sealwright/consensus/testing";
import { assert, type BlockId, type SealedBlock, type VoteState } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KeeperEffect } from "./keeperEffect.js";
import { KeeperWorld } from "./testing/index.js";

const { rules, root } = createTestNetwork(5);

interface Node {
  readonly block: SealedBlock;
  readonly facts: BlockFacts;
}

/** A tree of blocks as a lying producer may make it: two branches, certificates carried here and there. */
const tree: readonly Node[] = [1, 2].flatMap(makeBranch);

function makeBranch(tag: number): Node[] {
  const nodes: Node[] = [];
  let tip = root;
  for (const carries of [false, true, false, true, true, false, false, false, false]) {
    const attestations = carries ? [certify(rules, tip)] : [];
    const node = seal(tip, { attestations, externals: [Uint8Array.of(tag)] });
    nodes.push(node);
    tip = node.facts;
  }
  return nodes;
}

/** Where an ancestor would miss its first deadline, the majority is carried that makes keepers send Fallback votes. */
function seal(parent: BlockFacts, options: TestBlockOptions): Node {
  const { block } = sealTestBlock(rules, parent, options);
  const derived = deriveFacts(rules, parent, partsOf(block));
  if (derived.ok) return { block, facts: derived.value };
  const fault = derived.error;
  assert(fault.code === "majorityMissing", "the only rule that the tree may break");
  const late = parent.pending.find(({ id }) => id === fault.blockId)!;
  const { attestation, ...rest } = attest(parent, [0, 1, 2]);
  const { id: blockId, height, envelopeHash } = late;
  const carried = { ...rest, attestation: { ...attestation, blockId, height, envelopeHash } };
  return seal(parent, { ...options, attestations: [...(options.attestations ?? []), carried] });
}

type Action =
  | { readonly type: "block"; readonly at: number; readonly peer: number }
  /** The next block of a branch comes and is found good at once. */
  | { readonly type: "grow"; readonly branch: number }
  | { readonly type: "certificate"; readonly at: number }
  | { readonly type: "answer"; readonly pick: number; readonly good: boolean }
  | { readonly type: "time"; readonly ms: number }
  | { readonly type: "connect"; readonly peer: number }
  | { readonly type: "crash" };

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant("block" as const), at: fc.nat(tree.length - 1), peer: fc.nat(4) }),
  },
  { weight: 12, arbitrary: fc.record({ type: fc.constant("answer" as const), pick: fc.nat(20), good: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("certificate" as const), at: fc.nat(tree.length - 1) }) },
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant("grow" as const), branch: fc.nat(7).map((n) => (n === 0 ? 1 : 0)) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("time" as const), ms: fc.nat(700) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("connect" as const), peer: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.constant({ type: "crash" as const }) },
);

/** A keeper with a disk: what was committed outlives a crash, in order, and nothing else does. */
class Model {
  keeper = new KeeperWorld(rules, root);
  #open: KeeperEffect[] = [];
  #vote: VoteState | null = null;
  readonly #bodies = new Map<BlockId, SealedBlock>();
  readonly #sentAt = new Map<bigint, BlockId>();
  /** Certificates of one branch only: that is all that honest quorums can make. */
  #certifiedBranch: number | null = null;

  run(action: Action): void {
    switch (action.type) {
      case "block": {
        const { block } = tree[action.at]!;
        return this.#note(this.keeper.take(block, { type: "peer", peer: this.keeper.peer(action.peer) }));
      }
      case "grow":
        return this.#grow(action.branch);
      case "certificate":
        return this.#certify(action.at);
      case "answer":
        return this.#answer(action.pick, action.good);
      case "time":
        this.keeper.atMs += action.ms;
        return this.#note(this.keeper.dispatch({ type: "tick" }));
      case "connect":
        return this.#note(this.keeper.dispatch({ type: "peerConnected", peer: this.keeper.peer(action.peer) }));
      case "crash":
        return this.#crash();
    }
  }

  #grow(branch: number): void {
    const half = tree.slice((branch * tree.length) / 2, ((branch + 1) * tree.length) / 2);
    const { final, blocks } = this.keeper.state;
    const next = half.find(
      ({ block }) => block.header.height > final.height && blocks.get(block.id)?.stage.phase !== "applied",
    );
    if (next === undefined) return;
    const { id } = next.block;
    this.#note(this.keeper.take(next.block, { type: "peer", peer: this.keeper.peer(2) }));
    this.#note(this.keeper.dispatch({ type: "signaturesChecked", blockId: id, valid: true }));
    this.#note(this.keeper.dispatch({ type: "executed", blockId: id, outcome: { type: "valid" } }));
  }

  #certify(at: number): void {
    const branch = at < tree.length / 2 ? 1 : 2;
    this.#certifiedBranch ??= branch;
    if (branch !== this.#certifiedBranch) return;
    const certificate = certify(rules, tree[at]!.facts);
    this.#note(this.keeper.dispatch({ type: "certificateVerified", certificate, from: this.keeper.peer(1) }));
  }

  #answer(pick: number, good: boolean): void {
    const effect = this.#open[pick % Math.max(1, this.#open.length)];
    if (effect === undefined) return;
    // Commits become durable in the order in which they were asked for.
    const next = effect.type === "commit" ? this.#open.find(({ type }) => type === "commit")! : effect;
    this.#open = this.#open.filter((open) => open !== next);
    const { keeper } = this;
    switch (next.type) {
      case "checkSignatures":
        return this.#note(
          keeper.dispatch({ type: "signaturesChecked", blockId: next.block.id, valid: good || pick > 3 }),
        );
      case "execute": {
        const outcome = good || pick > 3 ? ({ type: "valid" } as const) : ({ type: "failed" } as const);
        return this.#note(keeper.dispatch({ type: "executed", blockId: next.block.id, outcome }));
      }
      case "commit":
        this.#vote = next.vote;
        for (const block of next.blocks) this.#bodies.set(block.id, block);
        return this.#note(keeper.dispatch({ type: "committed", commit: next.commit }));
      case "forgeVote": {
        const failed = { type: "failed", code: "test" } as const;
        const outcome = good ? ({ type: "signed", signature: new Uint8Array(96) } as const) : failed;
        return this.#note(keeper.dispatch({ type: "voteForged", attestation: next.attestation, outcome }));
      }
      case "sendVote":
      case "finalize":
      case "sendStatus":
      case "requestBlocks":
      case "penalize":
      case "notify":
      case "releaseStates":
      case "forgeLock":
      case "sendSuspect":
      case "sendLock":
      case "aggregateLocks":
      case "completeCertificate":
      case "sendYield":
      case "drawTicket":
      case "acknowledge":
      case "forgeNack":
      case "sendNack":
      case "applyUpdate":
      case "wakeAfter":
        return;
    }
  }

  #note(effects: readonly KeeperEffect[]): void {
    for (const effect of effects) {
      if (effect.type === "sendVote") this.#checkVote(effect);
      if (["checkSignatures", "execute", "commit", "forgeVote"].includes(effect.type)) this.#open.push(effect);
    }
  }

  #checkVote({ vote: { attestation } }: KeeperEffect & { type: "sendVote" }): void {
    const { height, blockId } = attestation;
    expect(this.#bodies.has(blockId), "§9: the body is on disk").toBe(true);
    const voted = this.#vote?.lastVoted;
    expect(voted !== null && voted !== undefined && voted.height >= height, "§9: the vote is on disk").toBe(true);
    expect(this.#sentAt.get(height) ?? blockId, "I1: one id per height").toBe(blockId);
    this.#sentAt.set(height, blockId);
    const branches = new Set([...this.#sentAt.values()].map((id) => branchOf(id)));
    expect(branches.size, "I1: one chain").toBe(1);
    const facts = tree.find(({ block }) => block.id === blockId)!.facts;
    expect(attestation).toEqual(attestationOf(facts, attestation.target));
  }

  #crash(): void {
    const { final } = this.keeper.state;
    const lastVoted = this.#vote?.lastVoted ?? null;
    const votedFinalChain =
      lastVoted === null || lastVoted.height > final.height || branchOf(lastVoted.blockId) === branchOf(final.id);
    const { atMs } = this.keeper;
    this.keeper = new KeeperWorld(rules, final, { vote: this.#vote, votedFinalChain });
    this.keeper.atMs = atMs;
    this.#open = [];
    for (const block of this.#bodies.values()) this.#note(this.keeper.take(block, { type: "store" }));
  }
}

function branchOf(id: BlockId): number {
  const index = tree.findIndex(({ block }) => block.id === id);
  return index < 0 ? 0 : index < tree.length / 2 ? 1 : 2;
}

describe("any order of events", () => {
  it("[I1, §9, I12] never throws, never votes twice, and no vote leaves before commit and signature, through crashes", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 150 }), (actions) => {
        const model = new Model();
        for (const each of actions) model.run(each);
      }),
      { numRuns: 300 },
    );
  });

  it("is pure: a step changes nothing of the state that it was given", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const model = new Model();
        for (const each of actions) {
          const before = model.keeper.state;
          const sizes = [before.blocks, before.votes, before.certificates, before.parked].map(({ size }) => size);
          model.run(each);
          expect([before.blocks, before.votes, before.certificates, before.parked].map(({ size }) => size)).toEqual(
            sizes,
          );
        }
      }),
      { numRuns: 50 },
    );
  });
});
