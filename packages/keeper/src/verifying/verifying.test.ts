import { isVerifier, type VerificationRules, WRONG_NACK_HEIGHTS } from "@sealwright/consensus";
import { certify, createTestNetwork, TestChain } from "@sealwright/consensus/testing";
import {
  type BlockId,
  type EnvelopeHash,
  height,
  NACK_REASON,
  type SealedBlock,
  type SignedNack,
  signerIndex,
} from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { KeeperWorld } from "../testing/index.js";
import { NACKS_FETCHING_MAX } from "./nacking.js";
import { nackToCheck } from "./nackToCheck.js";

const WINDOW_MS = 200;
const { rules, root } = createTestNetwork(7);
const LOTTERY: VerificationRules = { mode: "lottery", verifiers: 3, verifyWindowMs: WINDOW_MS };
const winning = ticketThat(true);
const losing = ticketThat(false);
const ACCUSER = signerIndex(1);

function ticketThat(wins: boolean): Uint8Array {
  const tickets = Array.from({ length: 100 }, (_, i) => new Uint8Array(96).fill(i));
  return tickets.find((ticket) => isVerifier(ticket, 3, 7) === wins)!;
}

function open(verification: VerificationRules = LOTTERY): { keeper: KeeperWorld; chain: TestChain } {
  return { keeper: new KeeperWorld(rules, root, { verification }), chain: new TestChain(rules, root) };
}

function grow(chain: TestChain): SealedBlock {
  chain.grow();
  return chain.blocks[chain.blocks.length - 1]!;
}

/** A candidate with good signatures, its ticket drawn. */
function take(keeper: KeeperWorld, block: SealedBlock, ticket: Uint8Array): void {
  keeper.take(block);
  keeper.dispatch({ type: "signaturesChecked", blockId: block.id, valid: true });
  keeper.dispatch({ type: "ticketDrawn", blockId: block.id, outcome: { type: "signed", signature: ticket } });
}

function applyAsBystander(keeper: KeeperWorld, block: SealedBlock): void {
  take(keeper, block, losing);
  keeper.dispatch({ type: "updateApplied", blockId: block.id, outcome: { type: "valid" } });
}

function nackOf(block: SealedBlock, signer = ACCUSER, ticket: Uint8Array | null = winning): SignedNack {
  const { threadId } = block.header;
  const verdict = { threadId, blockId: block.id, envelopeHash: block.envelopeHash };
  return { verdict, signer, reason: NACK_REASON.execution, ticket, signature: new Uint8Array(96).fill(5) };
}

const votes = (keeper: KeeperWorld): string[] => keeper.votesAsked().map(({ attestation }) => attestation.blockId);

describe("a keeper that verifies a block", () => {
  it("[V5] waits for its ticket, executes, attests at once, and shows the ticket with its verdict", () => {
    const { keeper, chain } = open();
    const block = grow(chain);
    keeper.take(block);
    expect(keeper.effects.map(({ type }) => type)).toEqual(["drawTicket", "checkSignatures"]);
    keeper.dispatch({ type: "signaturesChecked", blockId: block.id, valid: true });
    expect(keeper.all("execute")).toEqual([]);
    keeper.dispatch({ type: "ticketDrawn", blockId: block.id, outcome: { type: "signed", signature: winning } });
    expect(keeper.all("execute")).toHaveLength(1);
    expect(keeper.all("acknowledge")).toEqual([]);
    keeper.dispatch({ type: "executed", blockId: block.id, outcome: { type: "valid" } });
    expect(votes(keeper)).toEqual([block.id]);
    const { threadId, producer } = block.header;
    const verdict = { threadId, blockId: block.id, envelopeHash: block.envelopeHash };
    expect(keeper.all("acknowledge")).toEqual([{ type: "acknowledge", to: producer, verdict, ticket: winning }]);
  });

  it("[V5] is also one that cannot sign its ticket, but has none to show", () => {
    const { keeper, chain } = open();
    const block = grow(chain);
    keeper.take(block);
    keeper.dispatch({ type: "signaturesChecked", blockId: block.id, valid: true });
    keeper.dispatch({ type: "ticketDrawn", blockId: block.id, outcome: { type: "failed", code: "signerTimeout" } });
    keeper.dispatch({ type: "executed", blockId: block.id, outcome: { type: "refuted", reason: "root" } });
    expect(keeper.phaseOf(block)).toBe("invalid");
    expect(keeper.all("forgeNack")).toEqual([]);
  });

  it("[§7] signs a Nack of what its execution refutes, suspects at once, and says it again until the block is gone", () => {
    const { keeper, chain } = open();
    const block = grow(chain);
    take(keeper, block, winning);
    keeper.dispatch({ type: "executed", blockId: block.id, outcome: { type: "refuted", reason: "root" } });
    expect(keeper.all("sendSuspect")).toHaveLength(1);
    const verdict = { threadId: rules.threadId, blockId: block.id, envelopeHash: block.envelopeHash };
    expect(keeper.all("forgeNack")).toEqual([{ type: "forgeNack", verdict, reason: NACK_REASON.execution }]);
    const signature = new Uint8Array(96).fill(3);
    keeper.dispatch({ type: "nackForged", blockId: block.id, outcome: { type: "signed", signature } });
    const nack = { verdict, signer: signerIndex(6), reason: NACK_REASON.execution, ticket: winning, signature };
    expect(keeper.all("sendNack")).toEqual([{ type: "sendNack", to: null, nack }]);
    keeper.dispatch({ type: "tick" });
    expect(keeper.all("sendNack")).toHaveLength(1);
    keeper.dispatch({ type: "peerConnected", peer: keeper.peer(2) });
    keeper.atMs += 1_000;
    keeper.dispatch({ type: "tick" });
    expect(keeper.all("sendNack").map(({ to }) => to)).toEqual([null, keeper.peer(2), null]);
  });

  it("[§7] where all verify, signs a Nack without a ticket", () => {
    const { keeper, chain } = open({ mode: "all" });
    const block = grow(chain);
    keeper.take(block);
    keeper.dispatch({ type: "signaturesChecked", blockId: block.id, valid: true });
    keeper.dispatch({ type: "executed", blockId: block.id, outcome: { type: "refuted", reason: "root" } });
    keeper.dispatch({
      type: "nackForged",
      blockId: block.id,
      outcome: { type: "signed", signature: new Uint8Array(96) },
    });
    expect(keeper.all("sendNack")[0]?.nack.ticket).toBeNull();
  });
});

describe("a keeper that does not verify a block", () => {
  it("[§7] applies its update and attests when the verifiers have had their time", () => {
    const { keeper, chain } = open();
    const block = grow(chain);
    take(keeper, block, losing);
    expect(keeper.all("applyUpdate")).toHaveLength(1);
    expect(keeper.all("execute")).toEqual([]);
    keeper.atMs = 20;
    keeper.dispatch({ type: "updateApplied", blockId: block.id, outcome: { type: "valid" } });
    expect(keeper.phaseOf(block)).toBe("applied");
    expect(votes(keeper)).toEqual([]);
    expect(keeper.all("wakeAfter")).toEqual([{ type: "wakeAfter", forMs: WINDOW_MS - 20 + 1 }]);
    keeper.atMs = WINDOW_MS - 1;
    keeper.dispatch({ type: "verifyWindowOver" });
    expect(votes(keeper)).toEqual([]);
    keeper.atMs = WINDOW_MS;
    keeper.dispatch({ type: "verifyWindowOver" });
    expect(votes(keeper)).toEqual([block.id]);
    expect(keeper.all("acknowledge")).toEqual([]);
  });

  it("[§7] attests no descendant earlier either, because that vote would count for the block", () => {
    const { keeper, chain } = open();
    const [first, second] = [grow(chain), grow(chain)];
    applyAsBystander(keeper, first);
    keeper.atMs = 50;
    take(keeper, second, winning);
    keeper.dispatch({ type: "executed", blockId: second.id, outcome: { type: "valid" } });
    expect(votes(keeper)).toEqual([]);
    keeper.atMs = WINDOW_MS;
    keeper.dispatch({ type: "verifyWindowOver" });
    expect(votes(keeper)).toEqual([first.id, second.id]);
  });

  it("[§7] does not wait for a block that a quorum vouches for", () => {
    const { keeper, chain } = open();
    const [first, second] = [grow(chain), grow(chain)];
    applyAsBystander(keeper, first);
    take(keeper, second, winning);
    keeper.dispatch({ type: "executed", blockId: second.id, outcome: { type: "valid" } });
    const certificate = certify(rules, chain.facts[1]!);
    keeper.dispatch({ type: "certificateVerified", certificate, from: null });
    keeper.dispatch({ type: "verifyWindowOver" });
    expect(votes(keeper)).toEqual([second.id]);
  });

  it("[§7] refuses a block whose update does not lead to its root, and says nothing", () => {
    const { keeper, chain } = open();
    const block = grow(chain);
    take(keeper, block, losing);
    keeper.dispatch({ type: "updateApplied", blockId: block.id, outcome: { type: "refuted", reason: "root" } });
    expect(keeper.phaseOf(block)).toBe("invalid");
    expect(keeper.all("sendSuspect")).toHaveLength(1);
    expect(keeper.all("forgeNack")).toEqual([]);
  });

  it("[V1] holds its vote while a Nack stands on the branch, and has the block executed", () => {
    const { keeper, chain } = open();
    const [first, second] = [grow(chain), grow(chain)];
    applyAsBystander(keeper, first);
    keeper.dispatch({ type: "nackVerified", nack: nackOf(first) });
    expect(keeper.all("execute").map(({ block }) => block.id)).toEqual([first.id]);
    applyAsBystander(keeper, second);
    keeper.atMs = 10 * WINDOW_MS;
    keeper.dispatch({ type: "verifyWindowOver" });
    expect(votes(keeper)).toEqual([]);
    keeper.dispatch({ type: "executed", blockId: first.id, outcome: { type: "valid" } });
    expect(votes(keeper)).toEqual([first.id, second.id]);
  });

  it("[I12] asks ever more seldom for an execution that a Nack wants and that fails each time", () => {
    const { keeper, chain } = open();
    const block = grow(chain);
    applyAsBystander(keeper, block);
    keeper.dispatch({ type: "nackVerified", nack: nackOf(block) });
    let runs = 0;
    for (; keeper.atMs < 60_000; keeper.atMs += 100) {
      const isAsked = keeper.all("execute").length > 0;
      if (isAsked) keeper.dispatch({ type: "executed", blockId: block.id, outcome: { type: "failed" } });
      runs += isAsked ? 1 : 0;
      keeper.effects.length = 0;
      keeper.dispatch({ type: "tick" });
    }
    expect(runs).toBeGreaterThan(3);
    expect(runs).toBeLessThan(15);
  });

  it("[V1] executes after its update is applied when the Nack was faster", () => {
    const { keeper, chain } = open();
    const block = grow(chain);
    take(keeper, block, losing);
    keeper.dispatch({ type: "nackVerified", nack: nackOf(block) });
    expect(keeper.all("execute")).toEqual([]);
    keeper.dispatch({ type: "updateApplied", blockId: block.id, outcome: { type: "valid" } });
    expect(keeper.all("execute")).toHaveLength(1);
  });

  it("[§7] tries again when the execution that a Nack asked for did not work", () => {
    const { keeper, chain } = open();
    const block = grow(chain);
    applyAsBystander(keeper, block);
    keeper.dispatch({ type: "nackVerified", nack: nackOf(block) });
    keeper.dispatch({ type: "executed", blockId: block.id, outcome: { type: "missingRef" } });
    keeper.dispatch({ type: "tick" });
    expect(keeper.all("execute")).toHaveLength(2);
    expect(keeper.phaseOf(block)).toBe("applied");
  });
});

describe("a Nack", () => {
  it("[§7] that own execution confirms makes the branch invalid for ever, and its producer suspected at once", () => {
    const { keeper, chain } = open();
    const [first, second] = [grow(chain), grow(chain)];
    applyAsBystander(keeper, first);
    applyAsBystander(keeper, second);
    keeper.dispatch({ type: "nackVerified", nack: nackOf(first) });
    keeper.dispatch({ type: "executed", blockId: first.id, outcome: { type: "refuted", reason: "gas" } });
    expect([first, second].map((block) => keeper.phaseOf(block))).toEqual(["invalid", "invalid"]);
    expect(keeper.all("sendSuspect")).toHaveLength(1);
    expect(keeper.state.halted).toBeNull();
  });

  it("[§7] that own execution refutes takes the weight of its sender's Nacks for 10,000 heights", () => {
    const { keeper, chain } = open();
    const [first, second] = [grow(chain), grow(chain)];
    applyAsBystander(keeper, first);
    keeper.dispatch({ type: "nackVerified", nack: nackOf(first) });
    keeper.dispatch({ type: "executed", blockId: first.id, outcome: { type: "valid" } });
    expect(keeper.notices()).toContain("nackRefuted");
    expect(keeper.state.nacking.distrusted.get(ACCUSER)).toBe(first.header.height + WRONG_NACK_HEIGHTS);
    applyAsBystander(keeper, second);
    expect(nackToCheck(keeper.state, nackOf(second))).toEqual({ type: "ignore" });
    expect(nackToCheck(keeper.state, nackOf(second, signerIndex(2)))).toEqual({ type: "check" });
  });

  it("[§7] that evidence shows to be wrong holds no vote any more", () => {
    const { keeper, chain } = open();
    const block = grow(chain);
    applyAsBystander(keeper, block);
    keeper.dispatch({ type: "nackVerified", nack: nackOf(block) });
    keeper.atMs = WINDOW_MS;
    keeper.dispatch({ type: "verifyWindowOver" });
    expect(votes(keeper)).toEqual([]);
    keeper.dispatch({ type: "wrongNackProved", signer: ACCUSER, height: height(1) });
    expect(votes(keeper)).toEqual([block.id]);
  });

  it("[§7] holds no vote where all verify, but has the block asked for", () => {
    const { keeper, chain } = open({ mode: "all" });
    const block = grow(chain);
    keeper.dispatch({ type: "nackVerified", nack: nackOf(block, ACCUSER, null) });
    expect(keeper.all("requestBlocks")).toMatchObject([{ to: keeper.peer(ACCUSER), tipId: block.id }]);
    keeper.apply(block);
    expect(votes(keeper)).toEqual([block.id]);
    expect(keeper.notices()).toContain("nackRefuted");
  });

  it("[§7] counts once per keeper and block, and only for the copy that is here", () => {
    const { keeper, chain } = open();
    const block = grow(chain);
    applyAsBystander(keeper, block);
    const nack = nackOf(block);
    const other = { ...nack, verdict: { ...nack.verdict, envelopeHash: "ab".repeat(32) as EnvelopeHash } };
    expect(nackToCheck(keeper.state, other)).toEqual({ type: "ignore" });
    keeper.dispatch({ type: "nackVerified", nack });
    expect(nackToCheck(keeper.state, nack)).toEqual({ type: "ignore" });
    expect(keeper.notices().filter((notice) => notice === "nacked")).toHaveLength(1);
  });

  it("[§7] is refused without a winning ticket in a lottery, and with a ticket where all verify", () => {
    const block = grow(open().chain);
    const lottery = open().keeper.state;
    expect(nackToCheck(lottery, nackOf(block, ACCUSER, null)).type).toBe("refuse");
    expect(nackToCheck(lottery, nackOf(block, ACCUSER, losing)).type).toBe("refuse");
    expect(nackToCheck(lottery, nackOf(block, signerIndex(7))).type).toBe("refuse");
    expect(nackToCheck(open({ mode: "all" }).keeper.state, nackOf(block)).type).toBe("refuse");
  });

  it("[I12] of an unknown block is asked of its sender, at most four at a time, and forgotten when nothing comes", () => {
    const { keeper, chain } = open();
    const block = grow(chain);
    const unknown = (tag: number): SignedNack => {
      const nack = nackOf(block);
      return { ...nack, verdict: { ...nack.verdict, blockId: String(tag).repeat(64) as BlockId } };
    };
    for (let tag = 0; tag < 6; tag++) keeper.dispatch({ type: "nackVerified", nack: unknown(tag) });
    expect(keeper.state.nacking.fetching).toHaveLength(NACKS_FETCHING_MAX);
    expect(nackToCheck(keeper.state, unknown(7))).toEqual({ type: "ignore" });
    expect(nackToCheck(keeper.state, nackOf(block, signerIndex(2))).type).toBe("check");
    keeper.atMs = 5_000;
    keeper.dispatch({ type: "tick" });
    expect(keeper.state.nacking.fetching).toEqual([]);
  });

  it("[§7] of a block that comes later counts from then on", () => {
    const { keeper, chain } = open();
    const block = grow(chain);
    keeper.dispatch({ type: "nackVerified", nack: nackOf(block) });
    applyAsBystander(keeper, block);
    expect(keeper.all("execute")).toHaveLength(1);
    expect(keeper.state.nacking.fetching).toEqual([]);
  });

  it("[F3] confirmed against a quorum stops the keeper, also when the block became final meanwhile", () => {
    const certified = open();
    const block = grow(certified.chain);
    applyAsBystander(certified.keeper, block);
    certified.keeper.dispatch({ type: "nackVerified", nack: nackOf(block) });
    const certificate = certify(rules, certified.chain.facts[1]!);
    certified.keeper.dispatch({ type: "certificateVerified", certificate, from: null });
    certified.keeper.dispatch({ type: "executed", blockId: block.id, outcome: { type: "refuted", reason: "gas" } });
    expect(certified.keeper.state.halted).toContain("refutes the certified block");

    const { keeper, chain } = open();
    const first = grow(chain);
    chain.growCertified();
    const second = chain.blocks[chain.blocks.length - 1]!;
    applyAsBystander(keeper, first);
    keeper.dispatch({ type: "nackVerified", nack: nackOf(first) });
    applyAsBystander(keeper, second);
    keeper.dispatch({
      type: "certificateVerified",
      certificate: certify(rules, chain.facts[2]!),
      from: null,
    });
    expect(keeper.state.final.id).toBe(first.id);
    keeper.dispatch({ type: "executed", blockId: first.id, outcome: { type: "refuted", reason: "gas" } });
    expect(keeper.state.halted).toContain("refutes the final block");
  });
});
