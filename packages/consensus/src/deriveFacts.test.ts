import {
  type BlockHeader,
  type BlockId,
  encodeAccusation,
  type KeeperId,
  limits,
  type NetworkId,
  signerIndex,
  type ThreadId,
  unixMs,
  unwrap,
} from "@sealwright/types";
import { createArbitraries } from "@sealwright/types/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BlockFacts } from "./blockFacts.js";
import { deriveFacts, mayShareState, SHARE_STATE_INTERVAL } from "./deriveFacts.js";
import {
  attest,
  certify,
  createTestNetwork,
  firstKeepers,
  sealTestBlock,
  switchTo,
  type TestBlockOptions,
  TestChain,
} from "./testing/index.js";

const OTHER_ID = "ee".repeat(32);
const four = createTestNetwork(4);
const five = createTestNetwork(5);

/** A chain whose blocks each carry their parent's certificate. */
function certifiedChain(network: typeof four, length: number): TestChain {
  const chain = new TestChain(network.rules, network.root);
  chain.grow();
  while (chain.blocks.length < length) chain.growCertified();
  return chain;
}

function faultOf(network: typeof four, parent: BlockFacts, options: TestBlockOptions): unknown {
  const derived = deriveFacts(network.rules, parent, sealTestBlock(network.rules, parent, options).parts);
  return derived.ok ? null : derived.error;
}

describe("header faults", () => {
  const chain = certifiedChain(four, 3);
  const good: TestBlockOptions = { attestations: [certify(four.rules, chain.tip)] };
  const sealed = sealTestBlock(four.rules, chain.tip, good).block.header;
  const otherProducer = four.rules.keepers.members.find(({ id }) => id !== sealed.producer)!.id;

  it("[I14] the block that they are bred from has none", () => {
    expect(faultOf(four, chain.tip, good)).toBeNull();
  });

  it.each<[string, Partial<BlockHeader>]>([
    ["wrongNetwork", { networkId: OTHER_ID as NetworkId }],
    ["wrongThread", { threadId: `0001${OTHER_ID}` as ThreadId }],
    ["wrongParent", { parentId: OTHER_ID as BlockId }],
    ["wrongHeight", { height: (sealed.height + 1n) as BlockHeader["height"] }],
    ["wrongSeqNo", { seqNo: (sealed.seqNo - 1n) as BlockHeader["seqNo"] }],
    ["wrongTerm", { term: (sealed.term + 1n) as BlockHeader["term"] }],
    ["wrongTerm", { round: 1n as BlockHeader["round"] }],
    ["wrongSelector", { selector: { ...sealed.selector, index: sealed.selector.index + 1 } }],
    ["wrongSelector", { selector: { ...sealed.selector, index: sealed.selector.index + 4 } }],
    ["wrongSelector", { selector: { ...sealed.selector, seed: chain.tip.id } }],
    ["wrongProducer", { producer: otherProducer }],
    ["wrongProducer", { producer: OTHER_ID as KeeperId }],
    ["timeBelowParent", { timeMs: unixMs(chain.tip.timeMs - 1) }],
    ["timeOutOfRange", { timeMs: unixMs(limits.BLOCK_TIME_MS_MAX + 1) }],
    ["wrongRandomness", { randomness: { ancestorId: chain.tip.id, distance: 0 } }],
    ["wrongRandomness", { randomness: { ancestorId: chain.tip.id, distance: 2 } }],
    ["wrongRandomness", { randomness: { ancestorId: OTHER_ID as BlockId, distance: 1 } }],
    ["wrongRandomness", { randomness: { ancestorId: four.root.id, distance: 32 } }],
    ["wrongThreadsTable", { roots: { ...sealed.roots, threadsTable: new Uint8Array(32) } }],
  ])("[§8] %s", (code, header) => {
    expect(faultOf(four, chain.tip, { ...good, header })).toEqual({ code });
  });

  it("[§8] a block may show its parent's very time", () => {
    expect(faultOf(four, chain.tip, { ...good, afterMs: 0 })).toBeNull();
  });

  it("[§8] randomness may come from any ancestor at distance 1 to 31", () => {
    const long = certifiedChain(four, 40);
    const attestations = [certify(four.rules, long.tip)];
    for (let distance = 1; distance <= 32; distance++) {
      const ancestorId = long.facts[long.facts.length - distance]!.id;
      const fault = faultOf(four, long.tip, { attestations, header: { randomness: { ancestorId, distance } } });
      expect(fault, `distance ${distance}`).toEqual(distance <= 31 ? null : { code: "wrongRandomness" });
    }
  });
});

describe("accusations", () => {
  it("[§8] a block that carries as an accusation what is none is bad, whatever a true one would prove", () => {
    const evidence = fc.sample(createArbitraries(fc).evidence, 1)[0]!;
    const accusation = encodeAccusation({ type: "evidence", evidence });
    expect(faultOf(four, four.root, { accusations: [accusation] })).toBeNull();
    for (const bad of [new Uint8Array(), Uint8Array.of(9), accusation.subarray(1), accusation.subarray(0, -1)])
      expect(faultOf(four, four.root, { accusations: [accusation, bad] })).toEqual({ code: "badAccusation" });
  });
});

describe("sharing the state", () => {
  it("[§8] is asked for at most once per 200 heights", () => {
    const chain = new TestChain(four.rules, four.root);
    chain.grow();
    const sharedAt = chain.growCertified({ shareState: true }).height;
    expect(faultOf(four, chain.tip, { shareState: true })).toEqual({ code: "stateSharedTooOften" });
    while (chain.tip.height < sharedAt + SHARE_STATE_INTERVAL - 2n) chain.growCertified();
    const attestations = (): TestBlockOptions => ({ attestations: [certify(four.rules, chain.tip)], shareState: true });
    expect(faultOf(four, chain.tip, attestations())).toEqual({ code: "stateSharedTooOften" });
    chain.growCertified();
    expect(mayShareState(chain.tip, chain.tip.height + 1n)).toBe(true);
    expect(chain.grow(attestations()).lastShareHeight).toBe(sharedAt + SHARE_STATE_INTERVAL);
  });
});

describe("carried attestations", () => {
  const chain = certifiedChain(five, 2);
  const uncertified = (): TestChain => {
    const copy = new TestChain(five.rules, chain.tip);
    copy.grow();
    return copy;
  };

  it("[§5] name only pending ancestors: not the genesis block, nor a settled one, nor a stranger", () => {
    const settled = chain.facts[1]!;
    const stranger = { ...chain.tip, id: OTHER_ID as BlockId };
    for (const block of [five.root, settled, stranger]) {
      const fault = faultOf(five, chain.tip, { attestations: [attest(block, [0])] });
      expect(fault).toEqual({ code: "attestationNotPending", blockId: block.id });
    }
  });

  it.each<[string, Partial<BlockFacts>]>([
    ["thread", { threadId: `0001${OTHER_ID}` as ThreadId }],
    ["term", { term: 1n as BlockFacts["term"] }],
    ["height", { height: 9n as BlockFacts["height"] }],
    ["envelope", { envelopeHash: OTHER_ID as BlockFacts["envelopeHash"] }],
  ])("[§3] that name an ancestor with another %s are a fault", (_field, changed) => {
    const fault = faultOf(five, chain.tip, { attestations: [attest({ ...chain.tip, ...changed }, [0, 1, 2, 3])] });
    expect(fault).toEqual({ code: "attestationMismatch", blockId: chain.tip.id });
  });

  it("[§5] come in at most one aggregate per block and target", () => {
    const tip = chain.tip;
    const twice = [attest(tip, [0, 1]), attest(tip, [2, 3])];
    expect(faultOf(five, tip, { attestations: twice })).toEqual({ code: "duplicateAttestation", blockId: tip.id });
    expect(faultOf(five, tip, { attestations: [attest(tip, [0]), attest(tip, [0], "fallback")] })).toBeNull();
  });

  it("[§5] count each member once: a stranger, a repetition, disorder and nobody are faults", () => {
    const tip = chain.tip;
    for (const signers of [[5], [0, 5], [], [1, 1, 1, 1], [2, 1]]) {
      const aggregate = { ...attest(tip, [0]), signers: signers.map((signer) => signerIndex(signer)) };
      expect(faultOf(five, tip, { attestations: [aggregate] })).toEqual({ code: "unknownSigner", blockId: tip.id });
    }
  });

  it("[§3] signers of different targets, blocks or carriers never add up to a quorum", () => {
    const copy = uncertified();
    const older = chain.tip;
    // Keepers 0..3 are a quorum of five, but each aggregate holds three at most.
    const split = [attest(older, [0, 1]), attest(older, [2, 3, 4], "fallback"), attest(copy.tip, [1, 2, 3])];
    const facts = copy.grow({ attestations: split });
    expect(facts.pending.map((pending) => pending.id)).toEqual([older.id, facts.parentId, facts.id]);
    expect(copy.grow({ attestations: [attest(older, [3, 4])] }).carried).toEqual(chain.tip.carried);
  });

  it("[§3] a certificate of either target settles its block and every ancestor", () => {
    for (const target of ["primary", "fallback"] as const) {
      const copy = uncertified();
      const facts = copy.grow({ attestations: [attest(copy.tip, firstKeepers(4), target)] });
      expect(facts.pending.map((pending) => pending.id)).toEqual([facts.id]);
      // Distances 2 and 1, plus one each: samples for the windows of the children.
      expect(facts.settledSamples).toEqual([3, 2]);
    }
  });

  it("[§5] a Primary attestation counts for all pending ancestors, a Fallback for none", () => {
    const copy = uncertified();
    const facts = copy.grow({ attestations: [attest(copy.tip, [0, 2]), attest(chain.tip, [1, 3], "fallback")] });
    expect(facts.pending.map((pending) => pending.voters)).toEqual([0b101n, 0b101n, 0n]);
    const next = copy.grow({ attestations: [attest(chain.tip, [4])] });
    expect(next.pending.map((pending) => pending.voters)).toEqual([0b10101n, 0b101n, 0n, 0n]);
  });
});

describe("deadlines", () => {
  /** Five keepers: q = 4, maj = 3; β starts at 3. */
  const start = (): TestChain => {
    const chain = new TestChain(five.rules, five.root);
    for (let i = 0; i < 3; i++) chain.grow();
    return chain;
  };

  it("[§5] at distance β an ancestor needs a majority", () => {
    const chain = start();
    const first = chain.facts[1]!;
    const missing = { code: "majorityMissing", blockId: first.id, distance: 3 };
    expect(faultOf(five, chain.tip, {})).toEqual({ ...missing, voters: 0 });
    expect(faultOf(five, chain.tip, { attestations: [attest(first, [0, 1])] })).toEqual({ ...missing, voters: 2 });
    expect(faultOf(five, chain.tip, { attestations: [attest(first, [0, 1, 2])] })).toBeNull();
  });

  it("[§5] the majority is of distinct keepers, over the block, its descendants, and all carriers up to here", () => {
    const chain = new TestChain(five.rules, five.root);
    const first = chain.grow();
    chain.grow({ attestations: [attest(first, [0])] });
    const third = chain.grow({ attestations: [attest(chain.tip, [0, 1])] });
    const missing = { code: "majorityMissing", blockId: first.id, distance: 3, voters: 2 };
    expect(faultOf(five, chain.tip, { attestations: [attest(third, [1])] })).toEqual(missing);
    expect(faultOf(five, chain.tip, { attestations: [attest(third, [4])] })).toBeNull();
  });

  it("[§5] Fallback attestations do not stand in for the majority", () => {
    const chain = start();
    const first = chain.facts[1]!;
    const attestations = [attest(first, [0, 1]), attest(first, [0, 1, 2], "fallback")];
    expect(faultOf(five, chain.tip, { attestations })).toMatchObject({ code: "majorityMissing", voters: 2 });
  });

  it("[§5] with a majority the chain goes on to distance 2β, and not to 2β + 1 without a quorum", () => {
    const chain = start();
    const first = chain.facts[1]!;
    // The first three keepers attest every tip: a majority everywhere, a quorum nowhere.
    while (chain.tip.height < first.height + 6n) chain.grow({ attestations: [attest(chain.tip, [0, 1, 2])] });
    const tip = chain.tip;
    const majority = attest(tip, [0, 1, 2]);
    expect(faultOf(five, tip, { attestations: [majority] })).toEqual({
      code: "quorumMissing",
      blockId: first.id,
      distance: 7,
    });
    expect(faultOf(five, tip, { attestations: [majority, attest(first, [0, 1, 2, 4], "fallback")] })).toBeNull();
  });

  it("[§5] a deadline is met by the certificate of any descendant", () => {
    const chain = start();
    const first = chain.facts[1]!;
    while (chain.tip.height < first.height + 6n) chain.grow({ attestations: [attest(chain.tip, [0, 1, 2])] });
    const facts = chain.growCertified();
    expect(facts.pending.map((pending) => pending.id)).toEqual([facts.id]);
    expect(facts.carried?.id).toBe(facts.parentId);
  });

  it("[§5] the deadline is that of the ancestor's own β, not of the carrier's", () => {
    const chain = start();
    expect(chain.facts.slice(1).map((facts) => facts.beta)).toEqual([3, 3, 3]);
    // Settled late: every sample is above 3, so later blocks get a larger β.
    for (let i = 0; i < 3; i++) chain.grow({ attestations: [attest(chain.tip, [0, 1, 2])] });
    chain.growCertified();
    chain.grow();
    expect(chain.tip.window.slice(-6)).toEqual([7, 6, 5, 4, 3, 2]);
  });
});

describe("the first block of a term", () => {
  it("[§5] has no pending ancestor and gives no sample for those that the switch settled", () => {
    const chain = new TestChain(five.rules, five.root);
    for (let i = 0; i < 3; i++) chain.grow();
    const facts = chain.grow({ round: 2 });
    expect([facts.term, facts.round]).toEqual([2n, 2n]);
    expect(facts.pending.map((pending) => pending.id)).toEqual([facts.id]);
    expect(facts.settledSamples).toEqual([]);
    expect(facts.producer).not.toBe(chain.facts[1]!.producer);
  });

  it("[§5] may therefore carry no attestation, not even of its parent", () => {
    const chain = certifiedChain(five, 2);
    const fault = faultOf(five, chain.tip, { round: 1, attestations: [certify(five.rules, chain.tip)] });
    expect(fault).toEqual({ code: "attestationNotPending", blockId: chain.tip.id });
  });

  it("[F1] forgets what the chain carried before: that was of another term", () => {
    const chain = certifiedChain(five, 3);
    expect(chain.tip.carried?.id).toBe(chain.facts[2]!.id);
    expect(chain.grow({ round: 1 }).carried).toBeNull();
  });

  it("[S5] needs a certificate, and no other block may have one", () => {
    const chain = certifiedChain(five, 2);
    const { rules } = five;
    expect(faultOf(five, chain.tip, { round: 1, switchCertificate: null })).toEqual({
      code: "missingSwitchCertificate",
    });
    const switchCertificate = switchTo(rules, chain.tip, 1n);
    expect(faultOf(five, chain.tip, { switchCertificate })).toEqual({ code: "unexpectedSwitchCertificate" });
    const late = switchTo(rules, chain.tip, 2n);
    const reason = "another term";
    expect(faultOf(five, chain.tip, { round: 1, switchCertificate: late })).toEqual({
      code: "badSwitchCertificate",
      reason,
    });
  });
});

describe("the highest carried certificate", () => {
  it("[F1] is tracked with its carrier, and only moves up", () => {
    const chain = new TestChain(five.rules, five.root);
    const first = chain.grow();
    expect(first.carried).toBeNull();
    const second = chain.growCertified();
    const expected = { id: first.id, height: first.height, carrierId: second.id, carrierHeight: second.height };
    expect(second.carried).toEqual(expected);
    expect(chain.grow({ attestations: [attest(second, [0])] }).carried).toEqual(expected);
    const fourth = chain.grow({ attestations: [attest(second, [0, 1, 2, 3])] });
    expect(fourth.carried).toMatchObject({ id: second.id, carrierId: fourth.id });
  });

  it("[F1] of several certificates in one block is the highest one", () => {
    const chain = new TestChain(five.rules, five.root);
    const first = chain.grow();
    const second = chain.grow();
    for (const attestations of [
      [certify(five.rules, first), certify(five.rules, second)],
      [certify(five.rules, second), certify(five.rules, first)],
    ]) {
      const { parts } = sealTestBlock(five.rules, second, { attestations });
      expect(unwrap(deriveFacts(five.rules, second, parts)).carried?.id).toBe(second.id);
    }
  });
});

describe("one keeper alone", () => {
  it("[§1] is its own quorum", () => {
    const lone = createTestNetwork(1);
    expect(certifiedChain(lone, 20).tip.beta).toBe(2);
  });
});
