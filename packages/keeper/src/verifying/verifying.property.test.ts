import { isVerifier, type VerificationRules } from "@sealwright/consensus";
import { createTestNetwork, TestChain } from "@sealwright/consensus/testing";
import { type BlockId, NACK_REASON, type SealedBlock, type SignedNack, signerIndex } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KeeperEffect } from "../keeperEffect.js";
import { KeeperWorld } from "../testing/index.js";

const WINDOW_MS = 100;
/** None of them has to carry votes yet. */
const BLOCKS = 3;
const { rules, root } = createTestNetwork(7);
const LOTTERY: VerificationRules = { mode: "lottery", verifiers: 3, verifyWindowMs: WINDOW_MS };
const tickets = Array.from({ length: 60 }, (_, i) => new Uint8Array(96).fill(i));
const winning = tickets.find((ticket) => isVerifier(ticket, 3, 7))!;
const losing = tickets.find((ticket) => !isVerifier(ticket, 3, 7))!;

const chain = new TestChain(rules, root);
for (let i = 0; i < BLOCKS; i++) chain.grow();
const { blocks } = chain;

type Action =
  | { readonly type: "block"; readonly at: number; readonly wins: boolean }
  | { readonly type: "answer"; readonly pick: number; readonly good: boolean }
  | { readonly type: "nack"; readonly at: number; readonly signer: number }
  | { readonly type: "time"; readonly ms: number };

const place = fc.nat(blocks.length - 1);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("block" as const), at: place, wins: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant("answer" as const), pick: fc.nat(9), good: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("nack" as const), at: place, signer: fc.nat(2) }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("time" as const), ms: fc.nat(WINDOW_MS) }) },
);

/** A keeper, and beside it what an onlooker knows: which blocks came when, which were executed, who accused which. */
class Model {
  readonly keeper = new KeeperWorld(rules, root, { verification: LOTTERY });
  readonly #wins = new Map<BlockId, boolean>();
  readonly #cameAt = new Map<BlockId, number>();
  readonly #executed = new Set<BlockId>();
  readonly #accusers = new Map<BlockId, Set<number>>();
  #open: KeeperEffect[] = [];
  votes = 0;

  run(action: Action): void {
    switch (action.type) {
      case "block":
        return this.#take(blocks[action.at]!, action.wins);
      case "answer":
        return this.#answer(action.pick, action.good);
      case "nack":
        return this.#nack(blocks[action.at]!, action.signer);
      case "time":
        this.keeper.atMs += action.ms;
        return this.#note(this.keeper.dispatch({ type: "tick" }));
    }
  }

  #take(block: SealedBlock, wins: boolean): void {
    this.#wins.set(block.id, this.#wins.get(block.id) ?? wins);
    this.#note(this.keeper.take(block, { type: "peer", peer: this.keeper.peer(1) }));
  }

  #nack(block: SealedBlock, signer: number): void {
    const { threadId } = block.header;
    const verdict = { threadId, blockId: block.id, envelopeHash: block.envelopeHash };
    const signature = new Uint8Array(96);
    const nack: SignedNack = {
      ...{ verdict, signer: signerIndex(signer), reason: NACK_REASON.execution },
      ...{ ticket: winning, signature },
    };
    // A Nack of a block that is not here waits for it.
    this.#accusers.set(block.id, new Set(this.#accusers.get(block.id)).add(signer));
    this.#note(this.keeper.dispatch({ type: "nackVerified", nack }));
  }

  #answer(pick: number, good: boolean): void {
    const effect = this.#open[pick % Math.max(1, this.#open.length)];
    if (effect === undefined) return;
    this.#open = this.#open.filter((open) => open !== effect);
    const { keeper } = this;
    if (effect.type === "checkSignatures")
      return this.#note(keeper.dispatch({ type: "signaturesChecked", blockId: effect.block.id, valid: true }));
    if (effect.type === "drawTicket") {
      const signature = this.#wins.get(effect.blockId) === true ? winning : losing;
      const outcome = { type: "signed", signature } as const;
      return this.#note(keeper.dispatch({ type: "ticketDrawn", blockId: effect.blockId, outcome }));
    }
    const outcome = good ? ({ type: "valid" } as const) : ({ type: "failed" } as const);
    if (effect.type === "applyUpdate")
      return this.#note(keeper.dispatch({ type: "updateApplied", blockId: effect.block.id, outcome }));
    if (effect.type !== "execute") return;
    if (good) this.#executed.add(effect.block.id);
    this.#note(keeper.dispatch({ type: "executed", blockId: effect.block.id, outcome }));
  }

  #note(effects: readonly KeeperEffect[]): void {
    for (const id of this.keeper.state.blocks.keys()) this.#cameAt.set(id, this.#cameAt.get(id) ?? this.keeper.atMs);
    for (const effect of effects) {
      if (effect.type === "commit") this.#note(this.keeper.dispatch({ type: "committed", commit: effect.commit }));
      if (effect.type === "forgeVote") this.#checkVote(effect.attestation.blockId);
      if (["checkSignatures", "drawTicket", "applyUpdate", "execute"].includes(effect.type)) this.#open.push(effect);
    }
  }

  #checkVote(blockId: BlockId): void {
    this.votes++;
    for (const { id } of blocks.slice(0, blocks.findIndex((block) => block.id === blockId) + 1)) {
      if (this.#executed.has(id)) continue;
      expect(this.#wins.get(id), "V5: who verifies has executed").toBe(false);
      expect(this.keeper.atMs - this.#cameAt.get(id)!, "§7: the window is over").toBeGreaterThanOrEqual(WINDOW_MS);
      const open = [...(this.#accusers.get(id) ?? [])].filter((signer) => !this.#isWrong(signer));
      expect(open, "V1: no Nack stands").toEqual([]);
    }
  }

  /** It accused a block that was executed since, and is good. */
  #isWrong(signer: number): boolean {
    return [...this.#executed].some((id) => this.#accusers.get(id)?.has(signer) === true);
  }
}

describe("in any order of blocks, tickets, verdicts and Nacks", () => {
  it("[V1, V5, §7] a keeper votes only for what it executed, or for what others had their time to refuse", () => {
    let votes = 0;
    fc.assert(
      fc.property(fc.array(action, { minLength: 60, maxLength: 160 }), (actions) => {
        const model = new Model();
        for (const each of actions) model.run(each);
        votes += model.votes;
      }),
      { numRuns: 400 },
    );
    expect(votes).toBeGreaterThan(100);
  });
});
