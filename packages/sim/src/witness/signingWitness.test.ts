import { createTestNetwork, sealTestBlock } from "@sealwright/consensus/testing";
import { attestationOf, deriveFacts, type Rank } from "@sealwright/consensus";
import type { ForgeRequest } from "@sealwright/forge";
import { type BlockId, height, signerIndex, term, unwrap } from "@sealwright/types";
import { beforeEach, describe, expect, it } from "vitest";
import { Ancestry } from "./ancestry.js";
import { SigningWitness } from "./signingWitness.js";

const { rules, root } = createTestNetwork(4);
const { threadId, networkId, keepers } = rules;
const [keeper, other] = [keepers.at(signerIndex(0)).id, keepers.at(signerIndex(1)).id];
const first = sealTestBlock(rules, root);
const firstFacts = unwrap(deriveFacts(rules, root, first.parts));

const forKey = { key: "00" as never, networkId };
const rank = (ofTerm: number, at: number): Rank => ({ term: term(BigInt(ofTerm)), height: height(BigInt(at)) });

function lock(ofTerm: number, qc: Rank, qcBlockId: BlockId = root.id): ForgeRequest {
  const payload = { threadId, term: term(BigInt(ofTerm)), qcTerm: qc.term, qcHeight: qc.height, qcBlockId };
  return { ...forKey, kind: "lock", lock: payload };
}

function vote(highestQcRank?: Rank): ForgeRequest {
  const attestation = attestationOf(firstFacts, "primary");
  return { ...forKey, kind: "attestation", attestation, ...(highestQcRank === undefined ? {} : { highestQcRank }) };
}

describe("SigningWitness", () => {
  let witness: SigningWitness;
  beforeEach(() => {
    const ancestry = new Ancestry();
    ancestry.add(first.block);
    witness = new SigningWitness(ancestry, keepers);
  });
  const sign = (...requests: readonly ForgeRequest[]): void => {
    for (const request of requests) witness.noteSigned(keeper, request);
  };

  it("[S2] lets a Lock be signed again with a higher certificate, in its term or in a later one", () => {
    sign(vote(), lock(1, rank(0, 0)), lock(1, rank(0, 1), first.block.id), lock(3, rank(0, 1), first.block.id));
    sign(lock(4, rank(2, 1)));
  });

  it("[S2] finds a Lock whose certificate is lower than that of the Lock before it", () => {
    sign(lock(1, rank(0, 5)));
    expect(() => sign(lock(1, rank(0, 4)))).toThrow(/^S2: .* goes back: 0\/5 was named before$/);
    expect(() => sign(lock(2, rank(0, 4)))).toThrow(/^S2: .* goes back/);
  });

  it("[S2] finds a Lock whose certificate is lower than one that a vote named", () => {
    sign(vote(rank(0, 2)));
    expect(() => sign(lock(1, rank(0, 1)))).toThrow(/^S2: .* goes back: 0\/2 was named before$/);
  });

  it("[S2] finds a Lock of a lower term, of the term of a vote, and one with a certificate of its own term", () => {
    sign(lock(2, rank(0, 0)));
    expect(() => sign(lock(1, rank(0, 0)))).toThrow(/^S2: .* was signed after a Lock for 2$/);
    expect(() => sign(lock(3, rank(3, 1)))).toThrow(/^S2: .* not of an earlier term$/);
    witness = new SigningWitness(new Ancestry(), keepers);
    sign(vote());
    expect(() => sign(lock(0, rank(0, 0)))).toThrow(/^S2: .* was signed after a vote in term 0$/);
  });

  it("[§9] finds a new vote in a term in which a tail of the key's watermarks was cut, and lets the old one be signed again", () => {
    const second = sealTestBlock(rules, firstFacts);
    const next = attestationOf(unwrap(deriveFacts(rules, firstFacts, second.parts)), "primary");
    const inTerm = (of: number): ForgeRequest => ({
      ...forKey,
      kind: "attestation",
      attestation: { ...next, term: term(of) },
    });
    sign(vote());
    witness.noteCut(keeper, [threadId]);
    sign(vote());
    expect(() => sign(inTerm(0))).toThrow(/^durable: .* voted in term 0 though its watermarks were cut in term 0$/);
    sign(inTerm(1), lock(3, rank(0, 0)));
    witness.noteCut(keeper, [threadId]);
    expect(() => sign(inTerm(3))).toThrow(/^durable: .* voted in term 3 though its watermarks were cut in term 3$/);
    sign(inTerm(4));
  });

  it("takes the same Lock again, whatever was signed after it, and another key's for itself", () => {
    sign(lock(1, rank(0, 1)), lock(2, rank(0, 2)), lock(1, rank(0, 1)));
    witness.noteSigned(other, lock(1, rank(0, 0)));
  });
});
