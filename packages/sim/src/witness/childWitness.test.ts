import { genesisBlock, genesisThreads, type KeeperSet } from "@sealwright/consensus";
import { createTestNetwork, sealTestBlock, TestChain } from "@sealwright/consensus/testing";
import { unixMs } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { ChildWitness } from "./childWitness.js";

const { rules, root, genesis } = createTestNetwork(4);
const table = genesisThreads(genesis, rules.networkId);

function witnessOf(keepers: KeeperSet): ChildWitness {
  return new ChildWitness([genesisBlock(genesis, rules.threadId, new Uint8Array(32))], keepers, table);
}

/** More than all of them must sign: no certificate is one, so nothing ever settles an ancestor. */
function withoutQuorum(keepers: KeeperSet): KeeperSet {
  return new Proxy(keepers, {
    get(target, name) {
      if (name === "quorum") return target.size + 1;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

describe("ChildWitness", () => {
  it("[I14] finds nothing in a chain up to the deadline of its first block, and across a switch", () => {
    const chain = new TestChain(rules, root);
    for (let i = 0; i < 3; i++) chain.grow();
    chain.growCertified();
    chain.grow({ round: 2 });
    const witness = witnessOf(rules.keepers);
    for (const block of chain.blocks) witness.noteStored(block);
  });

  it("[I14] finds a stored block that breaks a rule", () => {
    const { block } = sealTestBlock(rules, root, { header: { timeMs: unixMs(1) } });
    expect(() => witnessOf(rules.keepers).noteStored(block)).toThrow(/^I14: .* which breaks a rule: timeBelowParent$/);
  });

  it("[I14] finds a block that nothing can follow", () => {
    const { block } = sealTestBlock(rules, root);
    expect(() => witnessOf(withoutQuorum(rules.keepers)).noteStored(block)).toThrow(/^I14: no block in its term can/);
  });

  it("does not judge a block whose parent no honest keeper stored", () => {
    const chain = new TestChain(rules, root);
    chain.grow();
    const { block } = sealTestBlock(rules, chain.tip, { header: { timeMs: unixMs(1) } });
    witnessOf(rules.keepers).noteStored(block);
  });
});
