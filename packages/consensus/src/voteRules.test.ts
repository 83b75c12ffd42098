import fc from "fast-check";
import { type BlockId, height, type RankedBlock, term, type VoteState } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import type { BlockFacts } from "./blockFacts.js";
import { attest, createTestNetwork, sealTestBlock, TestChain } from "./testing/index.js";
import { attestationOf, decideFallbackVote, decidePrimaryVote, raiseHighestQc, type VoteContext } from "./voteRules.js";

const { rules, root } = createTestNetwork(4);
const fresh: VoteState = { currentTerm: term(0), lastVoted: null, highestQc: null };
const rankedOf = (facts: BlockFacts): RankedBlock => ({ term: facts.term, height: facts.height, blockId: facts.id });

const chain = new TestChain(rules, root);
const one = chain.grow();
const two = chain.growCertified();
const three = chain.growCertified();
/** A sibling of `two`, as an equivocating producer would make it. */
const rival: BlockFacts = { ...two, id: sealTestBlock(rules, one, { externals: [Uint8Array.of(1)] }).block.id };
const aboveRival: BlockFacts = { ...three, id: "ab".repeat(32) as BlockId, parentId: rival.id };
const known = new Map([root, one, two, three, rival, aboveRival].map((facts) => [facts.id, facts]));

function descends(ancestor: RankedBlock, block: BlockFacts): boolean {
  for (let at: BlockFacts | undefined = block; at !== undefined; at = known.get(at.parentId)) {
    if (at.id === ancestor.blockId) return true;
  }
  return false;
}

const willing: VoteContext = {
  applied: true,
  verified: true,
  extendsLastFinal: true,
  nackUnresolved: false,
  inVerifyWindow: false,
  timeAhead: false,
  isAncestorOrSelf: descends,
};
const primary = (state: VoteState, block: BlockFacts, context: Partial<VoteContext> = {}): unknown => {
  const decided = decidePrimaryVote(state, block, { ...willing, ...context });
  return decided.ok ? decided.value : decided.error.code;
};
const fallback = (
  state: VoteState,
  block: BlockFacts,
  voted: BlockFacts,
  context: Partial<VoteContext> = {},
): unknown => {
  const decided = decideFallbackVote(state, block, voted, { ...willing, ...context });
  return decided.ok ? decided.value : decided.error.code;
};

describe("a Primary attestation", () => {
  it("[§3] records the block as last voted and its term as current, before it leaves", () => {
    expect(primary(fresh, one)).toEqual({ ...fresh, lastVoted: rankedOf(one) });
    const later = { ...one, term: term(5) };
    expect(primary(fresh, later)).toEqual({ ...fresh, currentTerm: 5n, lastVoted: rankedOf(later) });
  });

  it("[V1] needs the block applied, on the last final block", () => {
    expect(primary(fresh, one, { applied: false })).toBe("notApplied");
    expect(primary(fresh, one, { extendsLastFinal: false })).toBe("offFinalChain");
  });

  it("[V1] waits for a Nack on its branch to be resolved, and [§7] for others to verify", () => {
    expect(primary(fresh, one, { nackUnresolved: true })).toBe("nackUnresolved");
    expect(primary(fresh, one, { inVerifyWindow: true })).toBe("inVerifyWindow");
  });

  it("[V2] is never given below the current term, also when nothing was voted in it", () => {
    const locked = { ...fresh, currentTerm: term(2), lastVoted: rankedOf(one) };
    expect(primary(locked, two)).toBe("termLeft");
    expect(primary(locked, { ...two, term: term(2) })).toMatchObject({ currentTerm: 2n });
  });

  it("[V3] only moves up in rank, and skips heights", () => {
    const state = { ...fresh, lastVoted: rankedOf(two) };
    expect(primary(state, one)).toBe("rankNotHigher");
    expect(primary(state, two)).toBe("rankNotHigher");
    expect(primary(state, rival)).toBe("rankNotHigher");
    expect(primary({ ...fresh, lastVoted: rankedOf(one) }, three)).toMatchObject({ lastVoted: rankedOf(three) });
  });

  it("[V3] stays on one chain within a term", () => {
    const state = { ...fresh, lastVoted: rankedOf(two) };
    expect(primary(state, aboveRival)).toBe("offVotedChain");
    expect(primary(state, three)).toMatchObject({ lastVoted: rankedOf(three) });
  });

  it("[V3] may leave the chain with a higher term, also to a lower height", () => {
    const state = { ...fresh, lastVoted: rankedOf(three) };
    expect(primary(state, { ...rival, term: term(1) })).toMatchObject({ currentTerm: 1n });
  });

  it("[§2] is never given for a genesis block", () => {
    expect(primary(fresh, root)).toBe("rankNotHigher");
  });

  it("[V5] needs the block and what it stands on verified", () => {
    expect(primary(fresh, one, { verified: false })).toBe("notVerified");
  });

  it("[§8] waits while the block's time lies ahead", () => {
    expect(primary(fresh, one, { timeAhead: true })).toBe("timeAhead");
  });
});

describe("a Fallback attestation", () => {
  const state = { ...fresh, lastVoted: rankedOf(two) };

  it("[V6] is given for the last voted block and its ancestors, and moves nothing", () => {
    expect(fallback(state, two, two)).toBeNull();
    expect(fallback(state, one, two)).toBeNull();
  });

  it.each<[string, VoteState, BlockFacts, BlockFacts]>([
    ["a descendant of it", state, three, two],
    ["its rival", state, rival, two],
    ["a block of the voted chain when another was voted", state, one, three],
    ["anything before the first vote", fresh, one, one],
    ["a block of a term that was left", { ...state, currentTerm: term(1) }, one, two],
    [
      "an ancestor of another term",
      { ...state, currentTerm: term(1), lastVoted: rankedOf({ ...two, term: term(1) }) },
      one,
      { ...two, term: term(1) },
    ],
  ])("[V6] is not given for %s", (_case, held, block, voted) => {
    expect(fallback(held, block, voted)).toBe("fallbackOutsideVotedChain");
  });

  it("[V1] [V5] needs what every attestation needs", () => {
    expect(fallback(state, one, two, { applied: false })).toBe("notApplied");
    expect(fallback(state, one, two, { extendsLastFinal: false })).toBe("offFinalChain");
    expect(fallback(state, one, two, { verified: false })).toBe("notVerified");
  });
});

describe("highestQC", () => {
  it("[§3] rises with rank, term before height, and never falls", () => {
    const low = attest(three, [0, 1, 2]);
    const high = attest({ ...one, term: term(1) }, [0, 1, 2]);
    const state = raiseHighestQc(fresh, low);
    expect(state.highestQc).toBe(low);
    expect(raiseHighestQc(state, attest(three, [1, 2, 3])).highestQc).toBe(low);
    expect(raiseHighestQc(state, attest(two, [0, 1, 2])).highestQc).toBe(low);
    expect(raiseHighestQc(raiseHighestQc(state, high), low).highestQc).toBe(high);
  });
});

it("[§3] an attestation names the block, its place and its envelope", () => {
  expect(attestationOf(two, "fallback")).toEqual({
    threadId: two.threadId,
    term: two.term,
    height: two.height,
    blockId: two.id,
    envelopeHash: two.envelopeHash,
    target: "fallback",
  });
});

/** A tree of blocks as hostile producers may grow it: any block may be a parent, terms never fall along a branch. */
const trees = fc
  .array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 4 })), { minLength: 1, maxLength: 24 })
  .map((choices) => {
    const tree: BlockFacts[] = [root];
    for (const [pick, step] of choices) {
      const parent = tree[pick % tree.length]!;
      const id = tree.length.toString(16).padStart(64, "0") as BlockId;
      // Mostly the parent's own term, so that rivals of one term are common.
      const passed = Math.max(0, step - 2);
      tree.push({
        ...parent,
        id,
        parentId: parent.id,
        height: height(parent.height + 1n),
        term: term(parent.term + BigInt(passed)),
      });
    }
    return tree;
  });

describe("whatever blocks come in whatever order, with Locks, a restart from disk and Fallbacks between", () => {
  it("[I1] a keeper's votes of one term lie on one chain, with one block per height, and terms never fall", () => {
    const moves = fc.array(fc.tuple(fc.nat(), fc.nat(9)), { maxLength: 80 });
    fc.assert(
      fc.property(trees, moves, (tree, events) => {
        const byId = new Map(tree.map((facts) => [facts.id, facts]));
        const isAncestorOrSelf = (ancestor: RankedBlock, block: BlockFacts): boolean => {
          for (let at: BlockFacts | undefined = block; at !== undefined; at = byId.get(at.parentId)) {
            if (at.id === ancestor.blockId) return true;
          }
          return false;
        };
        const context: VoteContext = { ...willing, isAncestorOrSelf };
        let state: VoteState = fresh;
        const votes: BlockFacts[] = [];
        for (const [pick, kind] of events) {
          const block = tree[pick % tree.length]!;
          const before = state.currentTerm;
          // A Lock raises the current term without a vote (S2).
          if (kind === 0) state = { ...state, currentTerm: term(state.currentTerm + 1n) };
          else if (kind <= 2 && state.lastVoted !== null) {
            const voted = byId.get(state.lastVoted.blockId)!;
            if (decideFallbackVote(state, block, voted, context).ok) votes.push(block);
          } else {
            const decided = decidePrimaryVote(state, block, context);
            if (decided.ok) {
              state = decided.value;
              votes.push(block);
            }
          }
          expect(state.currentTerm).toBeGreaterThanOrEqual(before);
        }
        for (const a of votes) {
          for (const b of votes.filter((vote) => vote.term === a.term && vote.height >= a.height)) {
            expect(isAncestorOrSelf(rankedOf(a), b), `${a.id} and ${b.id}`).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
