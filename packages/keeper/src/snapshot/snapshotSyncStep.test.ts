import { buildFinalityProof, encodeBlockFacts } from "@sealwright/consensus";
import { certify, createTestNetwork, TestChain } from "@sealwright/consensus/testing";
import {
  encodeSnapshotChunk,
  type Height,
  height,
  type KeeperId,
  type RankedBlock,
  sha256,
  type SnapshotManifest,
} from "@sealwright/types";
import { SeededRandom } from "@sealwright/types/testing";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { SnapshotSyncEffect, SnapshotSyncEvent } from "./snapshotSyncEvent.js";
import {
  CHUNKS_ASKED_MAX,
  initialSnapshotSync,
  SNAPSHOT_GAIN_MIN,
  type SnapshotSyncState,
} from "./snapshotSyncState.js";
import { stepSnapshotSync } from "./snapshotSyncStep.js";

const { rules, root } = createTestNetwork(4);
const peers = rules.keepers.members.map(({ id }) => id);
const [a, b, c] = peers as [KeeperId, KeeperId, KeeperId];
const RETRY_MS = 1_000;

const chain = new TestChain(rules, root);
chain.grow();
while (chain.blocks.length < Number(SNAPSHOT_GAIN_MIN) + 2) chain.growCertified();

const chunks = [1, 2, 3, 4, 5, 6].map((n) => encodeSnapshotChunk([{ key: Uint8Array.of(n), value: Uint8Array.of(n) }]));

/** Of the block at `at`, proved by the two blocks above it. */
function manifestAt(at: number, change: Partial<SnapshotManifest> = {}): SnapshotManifest {
  const [block, carrier] = [chain.blocks[at - 1]!, chain.blocks[at]!];
  const facts = chain.facts[at]!;
  const proof = buildFinalityProof(
    [block, carrier],
    carrier.id,
    block.id,
    certify(rules, chain.facts[at + 1]!),
    rules.keepers.quorum,
  );
  return {
    threadId: rules.threadId,
    height: block.header.height,
    blockId: block.id,
    proof,
    facts: encodeBlockFacts(facts),
    chunkHashes: chunks.map(sha256),
    ...change,
  };
}

const HEIGHT = Number(SNAPSHOT_GAIN_MIN) + 1;
const manifest = manifestAt(HEIGHT);
const forged = manifestAt(HEIGHT, { chunkHashes: [sha256(Uint8Array.of(9))] });

type EffectOf<Type extends SnapshotSyncEffect["type"]> = Extract<SnapshotSyncEffect, { type: Type }>;
type Input = SnapshotSyncEvent extends infer E ? (E extends SnapshotSyncEvent ? Omit<E, "atMs"> : never) : never;

/** A keeper at genesis whose disk answers at once. */
class Fetcher {
  state: SnapshotSyncState = initialSnapshotSync({ rules, retryMs: RETRY_MS });
  atMs = 0;
  readonly effects: SnapshotSyncEffect[] = [];
  voted: RankedBlock | null = null;
  finalHeight: Height = height(0);

  dispatch(input: Input): readonly SnapshotSyncEffect[] {
    const { state, effects } = stepSnapshotSync(this.state, { ...input, atMs: this.atMs });
    this.state = state;
    this.effects.push(...effects);
    for (const effect of effects) {
      if (effect.type === "storeChunk")
        this.dispatch({ type: "chunkStored", height: effect.height, index: effect.index });
    }
    return effects;
  }

  show(peer: KeeperId, manifests: readonly SnapshotManifest[], finalAt: RankedBlock | null = null): void {
    const { finalHeight, voted } = this;
    this.dispatch({ type: "shown", peer, manifests, finalAt, finalHeight, voted });
  }

  prove(valid = true): void {
    this.dispatch({ type: "proofChecked", content: this.last("checkProof").content, valid });
  }

  all<Type extends SnapshotSyncEffect["type"]>(type: Type): EffectOf<Type>[] {
    return this.effects.filter((effect): effect is EffectOf<Type> => effect.type === type);
  }

  last<Type extends SnapshotSyncEffect["type"]>(type: Type): EffectOf<Type> {
    return this.all(type).at(-1)!;
  }

  /** Answers one open request. @returns false when none is open */
  answer(serve: (request: EffectOf<"askChunk">) => Uint8Array | null | "silent"): boolean {
    const { phase } = this.state;
    if (phase.type !== "fetching") return false;
    const open = this.all("askChunk").findLast(({ to, index }) => phase.download.asked.get(index)?.peer === to);
    if (open === undefined) return false;
    const chunk = serve(open);
    if (chunk !== "silent")
      this.dispatch({ type: "chunkReceived", peer: open.to, height: open.height, index: open.index, chunk });
    return chunk !== "silent";
  }
}

let fetcher: Fetcher;
beforeEach(() => (fetcher = new Fetcher()));

describe("which snapshot is taken", () => {
  it("[I8] one that brings little only while this keeper can go on in no other way", () => {
    fetcher.finalHeight = height(HEIGHT - 1);
    for (const peer of [a, b]) fetcher.show(peer, [manifest]);
    expect(fetcher.state.phase.type).toBe("idle");
    expect(fetcher.all("askSnapshots")).toEqual([]);
    fetcher.dispatch({ type: "wanted", voted: null });
    fetcher.dispatch({ type: "wanted", voted: null });
    expect(fetcher.all("askSnapshots"), "all are asked, at most once in a while").toHaveLength(1);
    for (const peer of [a, b]) fetcher.show(peer, [manifest]);
    expect(fetcher.state.phase.type).toBe("checking");
    const late = new Fetcher();
    late.finalHeight = height(HEIGHT - 1);
    late.dispatch({ type: "wanted", voted: null });
    late.atMs += 10 * RETRY_MS;
    for (const peer of [a, b]) late.show(peer, [manifest]);
    expect(late.state.phase.type).toBe("idle");
  });

  it("[§8] none on the word of f keepers: at most that many lie", () => {
    fetcher.show(a, [manifest]);
    expect(fetcher.state.phase.type).toBe("idle");
    expect(fetcher.last("askSnapshots").finalAt).toBeNull();
    fetcher.show(a, [manifest]);
    fetcher.show(b, [forged]);
    expect(fetcher.state.phase.type).toBe("idle");
    fetcher.show(c, [manifest]);
    expect(fetcher.state.phase.type).toBe("checking");
  });

  it("none that a keeper a few blocks behind would gain little from", () => {
    fetcher.finalHeight = height(2);
    for (const peer of [a, b, c]) fetcher.show(peer, [manifest]);
    expect(fetcher.effects).toEqual([]);
  });

  it.each([
    ["a proof of another block", { blockId: chain.blocks[3]!.id }],
    ["another height than its block's", { height: height(HEIGHT + 50) }],
    ["facts of another block", { facts: encodeBlockFacts(chain.facts[HEIGHT - 1]!) }],
    ["facts that are none", { facts: Uint8Array.of(1, 2, 3) }],
    ["a proof of which a part is missing", { proof: { ...manifest.proof, headers: [] } }],
  ] satisfies [string, Partial<SnapshotManifest>][])("[F2] %s costs the one who shows it", (_case, change) => {
    fetcher.show(a, [{ ...manifest, ...change }]);
    expect(fetcher.effects).toMatchObject([{ type: "penalize", peer: a }]);
    expect(fetcher.state.shown.size).toBe(0);
  });

  it("[F2] a forged signature in a proof puts out who showed it, and the others' proof is taken", () => {
    fetcher.show(a, [manifest]);
    fetcher.show(b, [{ ...manifest }]);
    fetcher.prove(false);
    expect(fetcher.all("penalize")).toHaveLength(1);
    expect(fetcher.state.shown.size).toBe(1);
    fetcher.show(c, [{ ...manifest }]);
    fetcher.prove();
    expect(fetcher.last("begin").manifest.blockId).toBe(manifest.blockId);
  });
});

describe("fetching", () => {
  const begun = (): Fetcher => {
    for (const peer of [a, b]) fetcher.show(peer, [manifest]);
    fetcher.prove();
    return fetcher;
  };

  it("asks several keepers for few chunks at a time, until all are on disk, and then checks the state root", () => {
    begun();
    expect(fetcher.all("askChunk")).toHaveLength(CHUNKS_ASKED_MAX);
    expect(new Set(fetcher.all("askChunk").map(({ to }) => to))).toEqual(new Set([a, b]));
    while (fetcher.answer(({ index }) => chunks[index]!));
    expect(
      fetcher
        .all("storeChunk")
        .map(({ index }) => index)
        .sort(),
    ).toEqual([0, 1, 2, 3, 4, 5]);
    expect(fetcher.state.phase.type).toBe("verifying");
    fetcher.dispatch({ type: "rootChecked", height: manifest.height, valid: true });
    expect(fetcher.last("ready").votedFinal).toBe(true);
  });

  it("a state root that is not the block's is never adopted, whoever vouches for it", () => {
    begun();
    while (fetcher.answer(({ index }) => chunks[index]!));
    fetcher.dispatch({ type: "rootChecked", height: manifest.height, valid: false });
    expect(fetcher.state.phase.type).toBe("idle");
    expect(fetcher.all("ready")).toEqual([]);
    expect(fetcher.all("discard")).toHaveLength(1);
  });

  it("a lying keeper is found at its first chunk, put out, and the rest comes from others", () => {
    begun();
    while (fetcher.answer(({ index, to }) => (to === a ? Uint8Array.of(0) : chunks[index]!)));
    expect(fetcher.all("penalize").every(({ peer }) => peer === a)).toBe(true);
    expect(fetcher.state.phase.type).toBe("verifying");
  });

  it("goes on with what is on disk after a restart", () => {
    fetcher.dispatch({ type: "resumed", manifest, stored: [0, 2, 4] });
    expect(fetcher.all("askSnapshots")).toHaveLength(1);
    for (const peer of [a, b]) fetcher.show(peer, [manifest]);
    while (fetcher.answer(({ index }) => chunks[index]!));
    expect(
      fetcher
        .all("storeChunk")
        .map(({ index }) => index)
        .sort(),
    ).toEqual([1, 3, 5]);
    expect(fetcher.state.phase.type).toBe("verifying");
  });

  it("begins with a newer one when nobody serves the old one any more", () => {
    begun();
    while (fetcher.answer(() => null));
    const newer = manifestAt(HEIGHT - 1, { chunkHashes: [sha256(chunks[0]!)] });
    fetcher.finalHeight = height(0);
    for (const peer of [a, b]) fetcher.show(peer, [newer]);
    fetcher.atMs += RETRY_MS;
    fetcher.dispatch({ type: "tick" });
    expect(fetcher.last("discard").manifest).toBe(manifest);
    expect(fetcher.state.phase.type).toBe("checking");
  });

  it("[V3] tells whether its last vote was for a final block by the word of f + 1 keepers", () => {
    const voted: RankedBlock = { term: chain.facts[7]!.term, height: height(7), blockId: chain.facts[7]!.id };
    const other: RankedBlock = { ...voted, blockId: chain.facts[8]!.id };
    for (const [answers, isFinal] of [
      [[voted, voted], true],
      [[voted, other], false],
      [[voted, null], false],
    ] as const) {
      fetcher = new Fetcher();
      fetcher.voted = voted;
      fetcher.show(a, [manifest], answers[0]);
      expect(fetcher.last("askSnapshots").finalAt).toBe(voted.height);
      fetcher.show(b, [manifest], answers[1]);
      fetcher.prove();
      while (fetcher.answer(({ index }) => chunks[index]!));
      fetcher.dispatch({ type: "rootChecked", height: manifest.height, valid: true });
      expect(fetcher.last("ready").votedFinal).toBe(isFinal);
    }
  });

  it("[I12] with one honest keeper among those who show it, the download ends, whatever the others do and whoever leaves", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = new SeededRandom(seed);
        fetcher = new Fetcher();
        for (const peer of [a, b, c]) fetcher.show(peer, [manifest]);
        fetcher.prove();
        for (let i = 0; i < 400 && fetcher.state.phase.type === "fetching"; i++) {
          const act = random.int(4);
          const served = fetcher.answer(({ to, index }) => {
            if (to === a) return chunks[index]!;
            return act === 0 ? "silent" : act === 1 ? null : act === 2 ? Uint8Array.of(1) : chunks[index]!;
          });
          if (served) continue;
          fetcher.atMs += RETRY_MS;
          fetcher.dispatch({ type: "tick" });
          fetcher.show(a, [manifest]);
          if (act === 3) fetcher.dispatch({ type: "peerGone", peer: b });
        }
        expect(fetcher.state.phase.type).toBe("verifying");
        expect(fetcher.all("penalize").some(({ peer }) => peer === a)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});
