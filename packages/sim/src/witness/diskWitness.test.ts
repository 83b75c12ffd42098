import { attestationOf, type BlockFacts, genesisBlock } from "@sealwright/consensus";
import { attest, createTestNetwork, firstKeepers, TestChain } from "@sealwright/consensus/testing";
import type { FinalEntry } from "@sealwright/store";
import { type KeeperId, type SealedBlock, signerIndex, term } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { Ancestry } from "./ancestry.js";
import { DiskWitness } from "./diskWitness.js";

const { rules, root, genesis } = createTestNetwork(4);
const { threadId, keepers } = rules;
const SIGNATURE = new Uint8Array(96).fill(1);
const everyone = firstKeepers(4).map((place) => keepers.at(signerIndex(place)).id);
const [keeper] = everyone as [KeeperId];

/** Three blocks above the genesis block that everybody knows, and disks with some of them. */
class DiskWorld {
  readonly blocks: readonly SealedBlock[];
  readonly facts: readonly BlockFacts[];
  readonly witness: DiskWitness;

  constructor() {
    const chain = new TestChain(rules, root);
    for (let i = 0; i < 3; i++) chain.grow({ signature: SIGNATURE });
    this.blocks = chain.blocks;
    this.facts = chain.facts.slice(1);
    const ancestry = new Ancestry();
    ancestry.add(genesisBlock(genesis, threadId, new Uint8Array(32)));
    for (const block of chain.blocks) ancestry.add(block);
    this.witness = new DiskWitness(ancestry);
  }

  store(who: KeeperId, heights: readonly number[], finalHeights: readonly number[] = []): void {
    const final = finalHeights.map((at) => ({ threadId, blockId: this.blocks[at - 1]!.id }) as FinalEntry);
    this.witness.noteDurable(who, { blocks: heights.map((at) => this.blocks[at - 1]!), final });
  }

  /** The highest block's vote leaves, with its intent on disk. */
  vote(): void {
    const attestation = attestationOf(this.facts[2]!, "primary");
    const state = { currentTerm: term(0n), lastVoted: attestation, highestQc: null };
    this.witness.noteDurable(keeper, { voteStates: [{ threadId, state }] });
    this.witness.noteVoteLeaves(keeper, { attestation, signer: signerIndex(0), signature: SIGNATURE });
  }

  certify(): void {
    const { signers } = attest(this.facts[2]!, [0, 1, 2]);
    this.witness.noteCertified(
      this.blocks[2]!.id,
      signers.map((place) => keepers.at(place).id),
      2,
    );
  }
}

describe("DiskWitness", () => {
  it("lets a vote leave when its block and all ancestors are on disk", () => {
    const world = new DiskWorld();
    world.store(keeper, [1, 2, 3]);
    world.vote();
  });

  it.each([
    { lacks: "its body", stored: [1, 2] },
    { lacks: "its ancestor", stored: [1, 3] },
    { lacks: "its ancestor", stored: [2, 3] },
  ])("[V3] finds a vote that leaves without $lacks on disk ($stored are)", ({ lacks, stored }) => {
    const world = new DiskWorld();
    world.store(keeper, stored);
    expect(() => world.vote()).toThrow(new RegExp(`^durable: .* without ${lacks}`));
  });

  it("asks for no ancestors below the last one that is final on this disk", () => {
    const world = new DiskWorld();
    world.store(keeper, [3], [1, 2]);
    world.vote();
  });

  it("[I13] finds a certificate whose block stands on one that too few of its signers hold", () => {
    const world = new DiskWorld();
    for (const who of everyone) world.store(who, [2, 3]);
    world.store(everyone[0]!, [1]);
    expect(() => world.certify()).toThrow(/^I13: .* only 1 honest disks hold its ancestor/);
    world.store(everyone[1]!, [1]);
    world.certify();
  });
});
