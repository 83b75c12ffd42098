import fc from "fast-check";
import {
  type AggregatedAttestation,
  type BlockId,
  decodeSealedBlock,
  limits,
  type SealedBlock,
  type SignerIndex,
  unwrap,
} from "@sealwright/types";
import { SeededRandom } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { primaryDeadline } from "./attestationTarget.js";
import type { BlockFacts, PendingBlock } from "./blockFacts.js";
import { decodeBlockFacts, encodeBlockFacts } from "./blockFactsCodec.js";
import { deriveFacts } from "./deriveFacts.js";
import { countSigners, maskOf } from "./signerMask.js";
import { attest, createTestNetwork, partsOf, sealTestBlock, switchTo, type TestNetwork } from "./testing/index.js";
import { attestationOf } from "./voteRules.js";

/** The rules of targets, told from the whole chain at once instead of block by block. */
function factsFromWholeChain(
  network: TestNetwork,
  chain: readonly BlockFacts[],
  blocks: readonly SealedBlock[],
): Partial<BlockFacts> {
  const quorum = network.rules.keepers.quorum;
  // chain[0] is the genesis block, chain[i] belongs to blocks[i - 1].
  const carriedBy = (i: number): readonly AggregatedAttestation[] => blocks[i - 1]!.body.attestations;
  const placeOf = new Map(chain.map((facts, i) => [facts.id, i]));
  const isCertifiedBy = (x: number, j: number): boolean =>
    carriedBy(j).some(({ attestation, signers }) => signers.length >= quorum && placeOf.get(attestation.blockId)! >= x);
  const settledAt = chain.map((facts, x) => {
    if (x === 0) return 0;
    for (let j = x + 1; j < chain.length && chain[j]!.term === facts.term; j++) if (isCertifiedBy(x, j)) return j;
    return Infinity;
  });
  const betas: number[] = [3];
  let window: number[] = [];
  for (let i = 1; i < chain.length; i++) {
    const samples = Array<number>(15).fill(3);
    for (let j = 1; j < i; j++) {
      for (let x = 1; x < j; x++) if (settledAt[x] === j) samples.push(j - x + 1);
    }
    window = samples.slice(-15);
    const median = [...window].sort((a, b) => a - b)[7]!;
    betas.push(median < betas[i - 1]! ? betas[i - 1]! - 1 : Math.min(median, 30));
  }
  const tip = chain.length - 1;
  const pending: PendingBlock[] = [];
  for (let x = 1; x <= tip; x++) {
    const { id, height, envelopeHash, term } = chain[x]!;
    if (term !== chain[tip]!.term || settledAt[x]! <= tip) continue;
    let voters = 0n;
    for (let j = x + 1; j <= tip; j++) {
      for (const { attestation, signers } of carriedBy(j)) {
        if (attestation.target === "primary" && placeOf.get(attestation.blockId)! >= x) voters |= maskOf(signers);
      }
    }
    pending.push({ id, height, envelopeHash, beta: betas[x]!, voters });
  }
  const settledSamples = chain.flatMap((_, x) => (x > 0 && settledAt[x] === tip ? [tip - x + 1] : []));
  return { beta: betas[tip]!, window, pending, settledSamples };
}

/** All votes that exist, and those that reached the producer. */
class VotePool {
  readonly #cast = new Map<string, Set<number>>();
  readonly #arrived = new Map<string, Set<number>>();

  cast(block: { readonly id: BlockId }, target: string, signer: number): void {
    const key = `${target} ${block.id}`;
    this.#cast.set(key, (this.#cast.get(key) ?? new Set()).add(signer));
  }

  deliver(chance: () => boolean): void {
    for (const [key, signers] of this.#cast) {
      for (const signer of signers)
        if (chance()) this.#arrived.set(key, (this.#arrived.get(key) ?? new Set()).add(signer));
    }
  }

  carriedFor(pending: readonly BlockFacts[]): AggregatedAttestation[] {
    return pending.flatMap((block) =>
      (["primary", "fallback"] as const).flatMap((target) => {
        const signers = this.#arrived.get(`${target} ${block.id}`);
        return signers === undefined ? [] : [attest(block, [...signers], target)];
      }),
    );
  }
}

interface Run {
  readonly chain: readonly BlockFacts[];
  readonly blocks: readonly SealedBlock[];
  readonly waits: number;
}

/** An honest producer with honest keepers, any of whom may vote late, or for descendants only, and f of whom are silent. */
function runHonestChain(network: TestNetwork, seed: number, length: number, slowness: number): Run {
  const { rules, root } = network;
  const random = new SeededRandom(seed);
  const pool = new VotePool();
  const chain: BlockFacts[] = [root];
  const blocks: SealedBlock[] = [];
  let waits = 0;
  const tip = (): BlockFacts => chain[chain.length - 1]!;
  const pendingBlocks = (): BlockFacts[] => tip().pending.map(({ id }) => chain.find((facts) => facts.id === id)!);
  const voteFor = (signer: number): void => {
    pool.cast(tip(), "primary", signer);
    for (const pending of tip().pending) {
      const isPast = Number(tip().height - pending.height) >= primaryDeadline(pending.beta);
      if (isPast && countSigners(pending.voters) >= rules.keepers.majority) pool.cast(pending, "fallback", signer);
    }
  };
  while (blocks.length < length) {
    const isSwitch = random.int(25) === 0;
    for (let signer = 0; signer < rules.keepers.quorum; signer++) if (random.int(slowness) === 0) voteFor(signer);
    pool.deliver(() => random.int(slowness) === 0);
    const attempt = (): boolean => {
      const options = isSwitch ? { round: 1 + random.int(3) } : { attestations: pool.carriedFor(pendingBlocks()) };
      const { block } = sealTestBlock(rules, tip(), options);
      expect(block.body.attestations.length).toBeLessThanOrEqual(limits.ATTESTATIONS_PER_BLOCK_MAX);
      // A receiver sees bytes, and may have read the parent's facts from disk.
      const received = unwrap(decodeSealedBlock(block.bytes));
      const parent = unwrap(decodeBlockFacts(encodeBlockFacts(tip())));
      const derived = deriveFacts(rules, parent, partsOf(received));
      const own = deriveFacts(rules, tip(), partsOf(block));
      expect(derived).toEqual(own);
      if (!own.ok) {
        expect(["majorityMissing", "quorumMissing"]).toContain(own.error.code);
        return false;
      }
      chain.push(own.value);
      blocks.push(block);
      return true;
    };
    if (attempt()) continue;
    waits++;
    // The block is held back until a quorum has attested its parent: then nothing can be missing.
    for (let signer = 0; signer < rules.keepers.quorum; signer++) voteFor(signer);
    pool.deliver(() => true);
    expect(attempt()).toBe(true);
  }
  return { chain, blocks, waits };
}

describe("a chain of honest keepers, however late they vote", () => {
  const inputs = fc.tuple(fc.integer({ min: 1, max: 10 }), fc.nat(), fc.integer({ min: 1, max: 7 }));

  it("[I14] always has a next block once a quorum has attested its tip, and [I6] all derive the same facts", () => {
    let waits = 0;
    fc.assert(
      fc.property(inputs, ([keepers, seed, slowness]) => {
        const network = createTestNetwork(keepers);
        const run = runHonestChain(network, seed, 40, slowness);
        waits += run.waits;
        const whole = factsFromWholeChain(network, run.chain, run.blocks);
        expect(run.chain[run.chain.length - 1]).toMatchObject(whole);
        expect(whole.pending!.length).toBeLessThanOrEqual(61);
      }),
      { numRuns: 60 },
    );
    // Back-pressure was met on the way, or the test would prove less than it says.
    expect(waits).toBeGreaterThan(0);
  });

  it("[F1] the carried certificate is the highest of the term so far, of a proper ancestor of its carrier", () => {
    fc.assert(
      fc.property(inputs, ([keepers, seed, slowness]) => {
        const network = createTestNetwork(keepers);
        const { chain, blocks } = runHonestChain(network, seed, 30, slowness);
        for (const [i, facts] of chain.entries()) {
          let expected: { id: string; height: bigint; carrierId: string } | null = null;
          for (let j = 1; j <= i; j++) {
            if (chain[j]!.term !== facts.term) continue;
            for (const { attestation, signers } of blocks[j - 1]!.body.attestations) {
              const isHigher = expected === null || attestation.height > expected.height;
              if (signers.length < network.rules.keepers.quorum || !isHigher) continue;
              expected = { id: attestation.blockId, height: attestation.height, carrierId: chain[j]!.id };
            }
          }
          if (expected === null) expect(facts.carried).toBeNull();
          else expect(facts.carried).toMatchObject(expected);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("the longest run without a certificate", () => {
  it("[§5] at β = 30 keeps 61 blocks pending, and their attestations still fit a block", () => {
    const { rules, root } = createTestNetwork(5);
    const patient: BlockFacts = { ...root, beta: 30, window: Array<number>(15).fill(30) };
    const chain = [patient];
    const majority = [0, 1, 2];
    for (;;) {
      const tip = chain[chain.length - 1]!;
      const attestations = tip.pending.flatMap(({ id }) => {
        const block = chain.find((facts) => facts.id === id)!;
        return [attest(block, majority), attest(block, majority, "fallback")];
      });
      expect(attestations.length).toBeLessThanOrEqual(limits.ATTESTATIONS_PER_BLOCK_MAX);
      const derived = deriveFacts(rules, tip, sealTestBlock(rules, tip, { attestations }).parts);
      if (!derived.ok) {
        expect(derived.error).toEqual({ code: "quorumMissing", blockId: chain[1]!.id, distance: 61 });
        break;
      }
      chain.push(derived.value);
      expect(decodeBlockFacts(encodeBlockFacts(derived.value))).toEqual({ ok: true, value: derived.value });
    }
    const last = chain[chain.length - 1]!;
    expect(last.pending).toHaveLength(61);
    const settle = { attestations: [attest(last, [0, 1, 2, 3])] };
    const settled = unwrap(deriveFacts(rules, last, sealTestBlock(rules, last, settle).parts));
    expect(settled.settledSamples).toHaveLength(61);
    expect(decodeBlockFacts(encodeBlockFacts(settled))).toEqual({ ok: true, value: settled });
  });
});

describe("facts on disk", () => {
  const { rules, root } = createTestNetwork(4);

  it("come back whole, with every field at its largest", () => {
    const all = Array.from({ length: limits.KEEPERS_MAX }, (_, i) => i as SignerIndex);
    const pending: PendingBlock = { ...attestationOf(root, "primary"), id: root.id, beta: 30, voters: maskOf(all) };
    const { id, height, envelopeHash, beta, voters } = pending;
    const max = 2n ** 64n - 1n;
    const facts: BlockFacts = {
      ...root,
      seqNo: max as BlockFacts["seqNo"],
      term: max as BlockFacts["term"],
      pending: Array<PendingBlock>(62).fill({ id, height, envelopeHash, beta, voters }),
      recentIds: Array<BlockId>(31).fill(root.id),
      lastShareHeight: max - 1n,
      carried: {
        id: root.id,
        height: max as BlockFacts["height"],
        carrierId: root.id,
        carrierHeight: max as BlockFacts["height"],
      },
    };
    expect(decodeBlockFacts(encodeBlockFacts(facts))).toEqual({ ok: true, value: facts });
  });

  it("are refused when cut, continued, or of another version", () => {
    const bytes = encodeBlockFacts(unwrap(deriveFacts(rules, root, sealTestBlock(rules, root).parts)));
    for (let length = 0; length < bytes.length; length++)
      expect(decodeBlockFacts(bytes.subarray(0, length)).ok).toBe(false);
    expect(decodeBlockFacts(Uint8Array.of(...bytes, 0)).ok).toBe(false);
    expect(decodeBlockFacts(Uint8Array.of(2, ...bytes.subarray(1)))).toMatchObject({
      error: { reason: "unknown version of block facts" },
    });
  });

  it("[I12] never throw, whatever the disk gives", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void decodeBlockFacts(bytes)));
    const good = encodeBlockFacts(
      unwrap(
        deriveFacts(
          rules,
          root,
          sealTestBlock(rules, root, { round: 1, switchCertificate: switchTo(rules, root, 1n) }).parts,
        ),
      ),
    );
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const bytes = good.slice();
        bytes[at] = byte;
        decodeBlockFacts(bytes);
      }),
    );
  });
});
