import fc from "fast-check";
import { type BlockId, type EnvelopeHash, height, term } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { applyBeacon, type BeaconClaim, decideBeacon, NO_BEACON_MARKS } from "./beaconMarks.js";
import type { Decision } from "./decision.js";
import type { Rank } from "./rank.js";
import { applySealwright, decideSealwright, NO_SEALWRIGHT_MARKS, type SealwrightClaim } from "./sealwrightMarks.js";
import { applyTezos, decideTezos, NO_TEZOS_MARKS, type TezosClaim } from "./tezosMarks.js";

const digest = fc.constantFrom("a", "b").map((letter) => letter.repeat(64));
const rank: fc.Arbitrary<Rank> = fc.record({ term: fc.nat(3).map(term), height: fc.nat(4).map(height) });
const ids = fc.constantFrom("a", "b").map((letter) => letter.repeat(64) as BlockId);

const tezosClaim: fc.Arbitrary<TezosClaim> = fc.record({
  type: fc.constantFrom("block", "preattestation", "attestation"),
  level: fc.nat(2),
  round: fc.nat(2),
  digest,
  signature: fc.constant(null),
});
const beaconClaim: fc.Arbitrary<BeaconClaim> = fc.oneof(
  fc.record({ type: fc.constant("block" as const), slot: fc.bigInt(0n, 3n), digest }),
  fc.record({
    type: fc.constant("attestation" as const),
    source: fc.bigInt(0n, 3n),
    target: fc.bigInt(0n, 3n),
    digest,
  }),
);
const sealwrightClaim: fc.Arbitrary<SealwrightClaim> = fc
  .oneof(
    fc.record({ type: fc.constant("block" as const), rank, first: fc.boolean(), blockId: ids }),
    fc.record({
      type: fc.constant("attestation" as const),
      rank,
      target: fc.constantFrom("primary" as const, "fallback" as const),
      blockId: ids,
      envelopeHash: fc.constant("e".repeat(64) as EnvelopeHash),
      highestQc: fc.constant(null),
      ancestors: fc.array(ids, { maxLength: 3 }),
      descendants: fc.array(ids, { maxLength: 3 }),
    }),
    fc.record({ type: fc.constant("lock" as const), term: fc.nat(4).map(term), highestQc: rank, qcBlockId: ids }),
  )
  .map((claim) => ({ ...claim, digest: fc.stringify(claim) }));

/** What is asked of people: the first word behind the last colon. */
const ADVICE = /: (ask|build|cast|leave|lock|repair|send|vote) [^:]+$/;

function messagesOf<Record_, Claim, Marks>(
  claims: fc.Arbitrary<Claim>,
  none: Marks,
  decide: (marks: Marks, claim: Claim) => Decision<Record_, string>,
  apply: (marks: Marks, record: Record_) => Marks,
): ReadonlyMap<string, string> {
  const messages = new Map<string, string>();
  const run = (all: readonly Claim[]): void => {
    let marks = none;
    for (const claim of all) {
      const decision = decide(marks, claim);
      if (decision.kind === "refused") messages.set(decision.refusal.code, decision.refusal.message);
      else if (decision.record !== null) marks = apply(marks, decision.record);
    }
  };
  fc.assert(fc.property(fc.array(claims, { minLength: 10, maxLength: 40 }), run), { seed: 3, numRuns: 400 });
  return messages;
}

describe("the text of a watermark's refusal", () => {
  it.each([
    ["Tezos", messagesOf(tezosClaim, NO_TEZOS_MARKS, decideTezos, applyTezos), 2],
    ["Ethereum", messagesOf(beaconClaim, NO_BEACON_MARKS, decideBeacon, applyBeacon), 4],
    ["our chain", messagesOf(sealwrightClaim, NO_SEALWRIGHT_MARKS, decideSealwright, applySealwright), 13],
  ] as const)("of %s says what happened and ends with what to do, for every code", (_chain, messages, codes) => {
    expect(messages.size).toBeGreaterThanOrEqual(codes);
    for (const message of messages.values()) {
      expect(message).toMatch(ADVICE);
      expect(message).not.toMatch(/\ba [aeiou]/);
    }
  });
});
