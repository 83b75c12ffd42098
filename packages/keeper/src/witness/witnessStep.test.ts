import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { type BlockFacts, checkEvidence } from "@sealwright/consensus";
import {
  areSigned,
  attestSigned,
  createSigningKeepers,
  createTestNetwork,
  partsOf,
  sealTestBlock,
  signAs,
  type TestBlockOptions,
} from "@sealwright/consensus/testing";
import {
  blockSigningBytes,
  decodeEvidence,
  encodeEvidence,
  type Evidence,
  height,
  type KeeperId,
  NACK_REASON,
  nackSigningBytes,
  type SealedBlock,
  sealBlock,
  type SignedNack,
  signerIndex,
  unwrap,
} from "@sealwright/types";
import { claimOf, deriveFacts, producerOf } from "@sealwright/consensus";
import type { WitnessEffect, WitnessEvent } from "./witnessEvent.js";
import {
  CHECKS_PER_SOURCE_MAX,
  initialWitnessState,
  PROVED_PER_KEEPER_MAX,
  WITNESS_ITEMS_MAX,
  witnessedBlock,
} from "./witnessState.js";
import { stepWitness } from "./witnessStep.js";

const keepers = createSigningKeepers(4);
const { rules, root } = createTestNetwork(keepers);

/** As `sealTestBlock`, with the producer's signature. */
function seal(parent: BlockFacts, options: TestBlockOptions = {}): SealedBlock {
  const { block } = sealTestBlock(rules, parent, options);
  const index = rules.keepers.indexOf(producerOf(rules.seed, block.header.term, rules.keepers))!;
  const signature = signAs(rules, keepers, index, blockSigningBytes(rules.networkId, claimOf(block)));
  return sealBlock(block.header, block.body, signature);
}

const factsOf = (parent: BlockFacts, block: SealedBlock): BlockFacts =>
  unwrap(deriveFacts(rules, parent, partsOf(block)));
const junk = (block: SealedBlock): SealedBlock => sealBlock(block.header, block.body, new Uint8Array(96).fill(9));
const extra = (text: string): TestBlockOptions => ({ externals: [Buffer.from(text)] });

/** Drives a witness with real signature checks. */
class Driver {
  state = initialWitnessState(rules, height(0));
  readonly kept: Evidence[] = [];
  readonly penalties: string[] = [];

  dispatch(event: WitnessEvent, check: "at once" | "later" = "at once"): WitnessEffect[] {
    const result = stepWitness(this.state, event);
    this.state = result.state;
    for (const effect of result.effects) {
      if (effect.type === "keepEvidence") this.kept.push(effect.evidence);
      if (effect.type === "penalize") this.penalties.push(`${effect.peer.slice(0, 4)}:${effect.detail}`);
      if (effect.type !== "checkEvidence" || check === "later") continue;
      const valid = areSigned(effect.checked.signatureSets);
      this.dispatch({ type: "evidenceChecked", key: effect.key, valid });
    }
    return [...result.effects];
  }

  see(...blocks: SealedBlock[]): void {
    for (const block of blocks) this.dispatch({ type: "blockChecked", block: witnessedBlock(block) });
  }

  votes(facts: BlockFacts, signers: readonly number[], target: "primary" | "fallback" = "primary"): void {
    this.dispatch({ type: "votesChecked", votes: attestSigned(rules, keepers, facts, signers, target) });
  }

  accused(): string[] {
    return this.kept.map(({ kind, accused }) => `${kind}:${accused}`);
  }
}

let witness: Driver;
const peer = "ee".repeat(32) as KeeperId;
beforeEach(() => (witness = new Driver()));

describe("a witness of Nacks", () => {
  const nackOf = (block: SealedBlock, signer: number): SignedNack => {
    const verdict = { threadId: rules.threadId, blockId: block.id, envelopeHash: block.envelopeHash };
    const signature = signAs(rules, keepers, signer, nackSigningBytes(rules.networkId, verdict, NACK_REASON.execution));
    return { verdict, signer: signerIndex(signer), reason: NACK_REASON.execution, ticket: null, signature };
  };
  const first = seal(root);
  const second = seal(factsOf(root, first));
  const firstFacts = factsOf(root, first);
  const nack = nackOf(first, 3);

  it("[§7] proves a Nack wrong by a certificate of the block or of a descendant, in any order", () => {
    const certificate = attestSigned(rules, keepers, factsOf(firstFacts, second), [0, 1, 2]);
    const events: WitnessEvent[] = [
      ...[first, second].map((block) => ({ type: "blockChecked" as const, block: witnessedBlock(block) })),
      { type: "votesChecked", votes: certificate },
      { type: "nackChecked", nack, height: height(1) },
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (order) => {
        const driver = new Driver();
        for (const event of order) driver.dispatch(event);
        expect(driver.accused()).toContain("wrongNack:3");
        const checked = unwrap(checkEvidence(rules.networkId, rules.keepers, driver.kept[0]!));
        expect(checked.offence).toMatchObject({ kind: "wrongNack", height: 1n });
        expect(unwrap(decodeEvidence(encodeEvidence(driver.kept[0]!)))).toEqual(driver.kept[0]);
      }),
      { numRuns: 24 },
    );
  });

  it("[§7] proves one that a block carries, and believes no carried one that nobody signed", () => {
    witness.see(first);
    witness.votes(firstFacts, [0, 1, 2]);
    witness.dispatch({ type: "nackSeen", nack: { ...nack, signature: new Uint8Array(96).fill(9) } });
    expect(witness.kept).toEqual([]);
    witness.dispatch({ type: "nackSeen", nack });
    expect(witness.accused()).toEqual(["wrongNack:3"]);
  });

  it("[§7] accuses nobody whose block no quorum vouches for, nor of a Nack beside the certified chain", () => {
    const rival = seal(root, extra("bad"));
    witness.see(first, rival);
    witness.votes(firstFacts, [0, 1, 2]);
    witness.dispatch({ type: "nackChecked", nack: nackOf(rival, 3), height: height(1) });
    witness.votes(factsOf(root, rival), [0, 1]);
    expect(witness.accused().filter((each) => each.startsWith("wrongNack"))).toEqual([]);
  });

  it("[§8] cannot be turned against a keeper by another's Nack, a smaller vote, or a chain that is none", () => {
    const certificate = attestSigned(rules, keepers, firstFacts, [0, 1, 2]);
    const good: Evidence = {
      kind: "wrongNack",
      accused: signerIndex(3),
      nack,
      certificate,
      headers: [first.header],
    };
    const bad: Evidence[] = [
      { ...good, accused: signerIndex(2) },
      { ...good, certificate: attestSigned(rules, keepers, firstFacts, [0, 1]) },
      { ...good, headers: [] },
      { ...good, headers: [second.header] },
      { ...good, headers: [first.header, second.header] },
      { ...good, nack: nackOf(second, 3) },
    ];
    expect(checkEvidence(rules.networkId, rules.keepers, good).ok).toBe(true);
    for (const each of bad) expect(checkEvidence(rules.networkId, rules.keepers, each).ok).toBe(false);
  });
});

describe("a witness under attack", () => {
  it("[I12] hashes at most one chain for a vote that conflicts with everything remembered", () => {
    let reads = 0;
    const counted = (block: SealedBlock): SealedBlock => {
      const header = { ...block.header };
      const { stateRoot } = header;
      Object.defineProperty(header, "stateRoot", { enumerable: true, get: () => (reads++, stateRoot) });
      return { ...block, header };
    };
    const chain: BlockFacts[] = [root];
    const LENGTH = 24;
    while (chain.length <= LENGTH) {
      const parent = chain[chain.length - 1]!;
      const attestations = parent === root ? [] : [attestSigned(rules, keepers, parent, [0, 1, 2])];
      const block = seal(parent, { attestations });
      const facts = factsOf(parent, block);
      witness.see(counted(block));
      witness.votes(facts, [0, 1, 2]);
      chain.push(facts);
    }
    reads = 0;
    const rival = factsOf(root, seal(root, extra("rival")));
    const vote = { ...attestSigned(rules, keepers, rival, [0]), signature: new Uint8Array(96).fill(9) };
    for (let again = 0; again < 50; again++) witness.dispatch({ type: "voteSeen", vote, from: peer }, "later");
    expect(reads).toBeLessThanOrEqual(LENGTH);
  });
});

describe("a witness of blocks", () => {
  const producerIndex = rules.keepers.indexOf(producerOf(rules.seed, root.term, rules.keepers))!;

  it("[§8] proves two blocks of one producer at one place, once", () => {
    const [a, b] = [seal(root), seal(root, extra("other"))];
    witness.see(a, b, b, a);
    witness.dispatch({ type: "blockSeen", block: witnessedBlock(b), from: peer });
    expect(witness.accused()).toEqual([`doubleBlock:${producerIndex}`]);
    expect(checkEvidence(rules.networkId, rules.keepers, witness.kept[0]!).ok).toBe(true);
  });

  it("[§8] proves two first blocks of one term at different heights", () => {
    const first = seal(root);
    const [low, high] = [seal(root, { round: 1 }), seal(factsOf(root, first), { round: 1 })];
    witness.see(first, low, high);
    const accused = rules.keepers.indexOf(low.header.producer);
    expect(witness.accused()).toEqual([`doubleFirstBlock:${accused}`]);
  });

  it("[§8] accuses nobody of a switch, of a chain, or of the same block twice", () => {
    const first = seal(root);
    const second = seal(factsOf(root, first));
    const blocks = [first, second, seal(factsOf(root, first), { round: 1 }), seal(root, { round: 2 })];
    witness.see(...blocks, ...blocks);
    expect(witness.kept).toEqual([]);
  });

  it("[§8] proves a second block that comes after the first became final", () => {
    const [a, b] = [seal(root), seal(root, extra("late"))];
    witness.see(a);
    witness.dispatch({ type: "finalMoved", height: height(40) });
    witness.dispatch({ type: "blockSeen", block: witnessedBlock(b), from: peer });
    expect(witness.kept).toHaveLength(1);
  });

  it("[§8] a forged copy proves nothing, costs its sender, and does not hide the true proof under check", () => {
    const [a, b] = [seal(root), seal(root, extra("x"))];
    witness.see(a);
    const forged = witness.dispatch({ type: "blockSeen", block: witnessedBlock(junk(b)), from: peer }, "later");
    witness.see(b);
    expect(witness.accused()).toHaveLength(1);
    const check = forged.find((effect) => effect.type === "checkEvidence")!;
    witness.dispatch({ type: "evidenceChecked", key: check.key, valid: false });
    expect(witness.penalties).toEqual(["eeee:badSignature"]);
    expect(witness.kept).toHaveLength(1);
  });
});

describe("a witness of votes", () => {
  const a = seal(root);
  const b = seal(root, extra("b"));
  const [aFacts, bFacts] = [factsOf(root, a), factsOf(root, b)];

  it("[§8] proves a keeper's votes for two blocks of one height, whatever the targets and wherever they came in", () => {
    witness.votes(aFacts, [0, 1, 2]);
    witness.votes(bFacts, [2, 3], "fallback");
    expect(witness.accused()).toEqual(["doubleAttestation:2"]);
  });

  it("[§8] proves votes of one term on two chains, in every order in which blocks and votes may come", () => {
    const higher = seal(bFacts);
    const higherFacts = factsOf(bFacts, higher);
    const low = (driver: Driver): void => driver.votes(aFacts, [0, 1]);
    const high = (driver: Driver): void => driver.votes(higherFacts, [1, 2]);
    const blocks = (driver: Driver): void => driver.see(b, higher);
    for (const order of [
      [blocks, low, high],
      [blocks, high, low],
      [low, high, blocks],
      [high, blocks, low],
    ]) {
      const driver = new Driver();
      for (const act of order) act(driver);
      expect(driver.accused()).toContain("splitAttestation:1");
      expect(driver.accused().filter((text) => text.startsWith("split"))).toHaveLength(1);
    }
  });

  it("[I1] accuses nobody of votes along one chain, of both targets, or of another chain in another term", () => {
    const child = seal(aFacts);
    const childFacts = factsOf(aFacts, child);
    const next = seal(root, { round: 1 });
    witness.see(a, child, next);
    witness.votes(aFacts, [0, 1, 2]);
    witness.votes(childFacts, [0, 1, 2]);
    witness.votes(aFacts, [0, 1, 2], "fallback");
    witness.votes(factsOf(root, next), [0, 1, 2]);
    expect(witness.kept).toEqual([]);
  });

  it("[§8] a single vote that was not checked is compared and not believed", () => {
    witness.votes(aFacts, [0, 1, 2]);
    const vote = attestSigned(rules, keepers, bFacts, [1]);
    witness.dispatch({ type: "voteSeen", vote: { ...vote, signature: new Uint8Array(96) }, from: peer });
    expect(witness.kept).toEqual([]);
    expect(witness.penalties).toEqual(["eeee:badSignature"]);
    witness.dispatch({ type: "voteSeen", vote, from: peer });
    expect(witness.accused()).toEqual(["doubleAttestation:1"]);
  });
});

describe("evidence that others show", () => {
  const shown = (kind: "doubleBlock", accused: number): Evidence => {
    const [a, b] = [seal(root), seal(root, extra("b"))];
    const claims = [a, b].map((block) => ({ claim: claimOf(block), signature: block.signature }));
    return { kind, accused: accused as Evidence["accused"], claims: [claims[0]!, claims[1]!] };
  };
  const guilty = rules.keepers.indexOf(producerOf(rules.seed, root.term, rules.keepers))!;

  it("[§8] is kept when it proves itself, and told once however often it comes", () => {
    const evidence = unwrap(decodeEvidence(encodeEvidence(shown("doubleBlock", guilty))));
    witness.dispatch({ type: "evidenceReceived", evidence, from: peer });
    witness.dispatch({ type: "evidenceReceived", evidence, from: peer });
    witness.dispatch({ type: "evidenceReceived", evidence, from: null });
    expect(witness.kept).toEqual([evidence]);
    expect(witness.penalties).toEqual([]);
  });

  it("[§8] cannot be turned against a keeper who signed neither, and costs the one who tries", () => {
    const innocent = (guilty + 1) % 4;
    witness.dispatch({ type: "evidenceReceived", evidence: shown("doubleBlock", innocent), from: peer });
    expect(witness.kept).toEqual([]);
    expect(witness.penalties).toEqual(["eeee:badSignature"]);
  });

  it("[I12] a witness remembers a bounded number of offences, checks and votes, whatever a faulty keeper signs", () => {
    const pair = shown("doubleBlock", guilty);
    if (!("claims" in pair)) throw new Error("claims");
    const at = (h: number): Evidence => ({
      ...pair,
      claims: [
        { ...pair.claims[0], claim: { ...pair.claims[0].claim, height: height(h) } },
        { ...pair.claims[1], claim: { ...pair.claims[1].claim, height: height(h) } },
      ],
    });
    for (let h = 1; h <= 200; h++) {
      witness.dispatch({ type: "evidenceReceived", evidence: at(h), from: peer }, "later");
      expect(witness.state.checking.size).toBeLessThanOrEqual(CHECKS_PER_SOURCE_MAX);
      for (const key of [...witness.state.checking.keys()].slice(0, h % 2))
        witness.dispatch({ type: "evidenceChecked", key, valid: true });
    }
    expect(witness.kept.length).toBeLessThanOrEqual(PROVED_PER_KEEPER_MAX);
    const vote = attestSigned(rules, keepers, factsOf(root, seal(root)), [0]);
    for (let i = 0; i < WITNESS_ITEMS_MAX + 50; i++) {
      const attestation = { ...vote.attestation, height: height(i + 1), blockId: i.toString(16).padStart(64, "0") };
      witness.dispatch({ type: "votesChecked", votes: { ...vote, attestation } as typeof vote }, "later");
    }
    expect(witness.state.votes.size).toBe(WITNESS_ITEMS_MAX);
  });
});

describe("whoever follows the rules", () => {
  it("[§8] is never accused: any votes along the chains of its terms, seen in any order, prove nothing", () => {
    const blocks: { block: SealedBlock; facts: BlockFacts }[] = [];
    let parent = root;
    for (let i = 0; i < 6; i++) {
      const block = seal(parent, i === 3 ? { round: 1 } : {});
      parent = factsOf(parent, block);
      blocks.push({ block, facts: parent });
    }
    const votes = blocks.flatMap(({ facts }) => [
      attestSigned(rules, keepers, facts, [0, 1, 2]),
      attestSigned(rules, keepers, facts, [1, 3], "fallback"),
    ]);
    const events: WitnessEvent[] = [
      ...blocks.map(({ block }) => ({ type: "blockChecked" as const, block: witnessedBlock(block) })),
      ...votes.map((each) => ({ type: "votesChecked" as const, votes: each })),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(events), (order) => {
        const driver = new Driver();
        for (const event of order) driver.dispatch(event);
        expect(driver.kept).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
