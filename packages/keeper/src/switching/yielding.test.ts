import { producerOf, SWITCH_RESEND_MS } from "@sealwright/consensus";
import { createTestNetwork } from "@sealwright/consensus/testing";
import { signerIndex, type SignerIndex, term } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { KeeperWorld } from "../testing/index.js";

const { rules, root } = createTestNetwork(4);
const T1 = term(1n);
const T2 = term(2n);

function producer(t: bigint): SignerIndex {
  return rules.keepers.indexOf(producerOf(rules.seed, term(t), rules.keepers))!;
}

/** Already in term 1, as a restart finds it. */
function inTermOne(signer: SignerIndex): KeeperWorld {
  const world = new KeeperWorld(rules, root, { signer, vote: { currentTerm: T1, lastVoted: null, highestQc: null } });
  world.dispatch({ type: "tick" });
  return world;
}

function somebodyElse(): SignerIndex {
  return signerIndex([0, 1, 2, 3].find((i) => i !== producer(1n) && i !== producer(0n))!);
}

describe("yielding a thread", () => {
  it("[S7] has the yielding producer and everybody who hears it suspect the term at once", () => {
    const yielding = inTermOne(producer(1n));
    expect(yielding.dispatch({ type: "yield" })).toContainEqual({ type: "sendYield", to: null, term: T1 });
    expect(yielding.all("sendSuspect")).toEqual([{ type: "sendSuspect", to: null, term: T2 }]);

    const listener = inTermOne(somebodyElse());
    listener.dispatch({ type: "yieldReceived", peer: rules.keepers.at(producer(1n)).id, term: T1 });
    expect(listener.all("sendSuspect")).toEqual([{ type: "sendSuspect", to: null, term: T2 }]);
  });

  it("[S7] is heeded when the term is entered after the Yield came", () => {
    const world = new KeeperWorld(rules, root, { signer: somebodyElse() });
    world.dispatch({ type: "tick" });
    world.dispatch({ type: "yieldReceived", peer: rules.keepers.at(producer(1n)).id, term: T1 });
    expect(world.all("sendSuspect")).toEqual([]);
    for (const index of [0, 1, 2, 3].filter((i) => signerIndex(i) !== somebodyElse()))
      world.dispatch({ type: "suspectReceived", peer: world.peer(index), term: T1 });
    expect(world.state.vote.currentTerm).toBe(T1);
    expect(world.all("sendSuspect")).toEqual([{ type: "sendSuspect", to: null, term: T2 }]);
  });

  it("[S7] counts only from the producer of the term that it names", () => {
    const world = inTermOne(somebodyElse());
    world.dispatch({ type: "yieldReceived", peer: rules.keepers.at(producer(0n)).id, term: T1 });
    expect(world.all("sendSuspect")).toEqual([]);
  });

  it("[S7] is said again while the term lasts, and to who connects anew", () => {
    const world = inTermOne(producer(1n));
    world.dispatch({ type: "yield" });
    world.effects.length = 0;
    world.atMs += SWITCH_RESEND_MS;
    world.dispatch({ type: "tick" });
    expect(world.all("sendYield")).toHaveLength(1);
    const effects = world.dispatch({ type: "peerConnected", peer: world.peer(0) });
    expect(effects).toContainEqual({ type: "sendYield", to: world.peer(0), term: T1 });
  });

  it("[S7] never gives away a term that somebody else produces", () => {
    const world = inTermOne(somebodyElse());
    expect(world.dispatch({ type: "yield" })).toEqual([]);
  });
});
