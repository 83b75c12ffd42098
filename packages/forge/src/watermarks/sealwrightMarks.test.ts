import { type BlockId, type EnvelopeHash, height, sha256Hex, term } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Rank } from "./rank.js";
import {
  applySealwright,
  decideSealwright,
  NO_FLOOR,
  NO_SEALWRIGHT_MARKS,
  recordsOfSealwright,
  type SealwrightClaim,
  type SealwrightMarks,
} from "./sealwrightMarks.js";

function rank(t: number, h: number): Rank {
  return { term: term(t), height: height(h) };
}

function hash(text: string): string {
  return sha256Hex(Buffer.from(text));
}

type Attestation = Extract<SealwrightClaim, { type: "attestation" }>;

function attest(
  t: number,
  h: number,
  block: string,
  more: { readonly target?: "fallback"; readonly qc?: Rank } = {},
): Attestation {
  const target = more.target ?? "primary";
  return {
    type: "attestation",
    rank: rank(t, h),
    target,
    blockId: hash(block) as BlockId,
    envelopeHash: hash(`envelope ${block}`) as EnvelopeHash,
    highestQc: more.qc ?? null,
    digest: hash(`${t} ${h} ${block} ${target}`),
  };
}

function block(t: number, h: number, id: string, first = false): SealwrightClaim {
  return {
    type: "block",
    rank: rank(t, h),
    first,
    blockId: hash(id) as BlockId,
    digest: hash(`block ${t} ${h} ${id} ${first}`),
  };
}

function lock(t: number, qc: Rank, id = "qc"): SealwrightClaim {
  return {
    type: "lock",
    term: term(t),
    highestQc: qc,
    qcBlockId: hash(id) as BlockId,
    digest: hash(`lock ${t} ${qc.term} ${qc.height} ${id}`),
  };
}

/** Signs what is allowed, in order. @returns the marks, and what each claim got */
function run(
  claims: readonly SealwrightClaim[],
  start: SealwrightMarks = NO_SEALWRIGHT_MARKS,
): { marks: SealwrightMarks; said: string[] } {
  let marks = start;
  const said = claims.map((claim) => {
    const decision = decideSealwright(marks, claim);
    if (decision.kind === "refused") return decision.refusal.code;
    if (decision.record !== null) marks = applySealwright(marks, decision.record);
    return decision.kind;
  });
  return { marks, said };
}

describe("blocks", () => {
  it("[I2] signs one id per term and height, and the same one again", () => {
    expect(run([block(0, 1, "a"), block(0, 1, "a"), block(0, 1, "b")]).said).toEqual([
      "sign",
      "again",
      "conflictingBlock",
    ]);
  });

  it("[I2] signs one first block per term, whatever its height", () => {
    const claims = [block(3, 7, "a", true), block(3, 9, "b", true), block(4, 9, "c", true)];
    expect(run(claims).said).toEqual(["sign", "secondFirstOfTerm", "sign"]);
  });

  it("signs nothing new below what it signed, but repeats what it signed there", () => {
    expect(
      run([block(0, 1, "a"), block(0, 2, "b"), block(0, 1, "a"), block(1, 1, "c", true), block(0, 5, "d")]).said,
    ).toEqual(["sign", "sign", "again", "sign", "belowBlock"]);
  });
});

describe("primary attestations", () => {
  it("[V3] rise by term, then height; heights may be skipped", () => {
    expect(
      run([attest(0, 1, "a"), attest(0, 5, "b"), attest(0, 4, "c"), attest(1, 2, "d"), attest(0, 9, "e")]).said,
    ).toEqual(["sign", "sign", "belowAttested", "sign", "belowAttested"]);
  });

  it("[I1] name one block per height", () => {
    expect(run([attest(0, 1, "a"), attest(0, 1, "a"), attest(0, 1, "b")]).said).toEqual([
      "sign",
      "again",
      "conflictingAttestation",
    ]);
  });

  it("[I1, V3] stay on one chain within a term, whoever asks with this key", () => {
    const on = (height: number, id: string, ...ancestors: string[]): SealwrightClaim => {
      const claim = attest(0, height, id);
      const ids = ancestors.map((name) => (attest(0, 1, name) as { readonly blockId: BlockId }).blockId);
      return { ...claim, ancestors: ids };
    };
    const claims = [on(1, "a"), on(2, "y", "x"), on(2, "b", "a"), on(4, "d", "c", "b", "a"), on(5, "z", "y", "x", "w")];
    expect(run(claims).said).toEqual(["sign", "offAttestedChain", "sign", "sign", "offAttestedChain"]);
    expect(run([on(1, "a"), { ...on(2, "y", "x"), rank: rank(1, 2) } as SealwrightClaim]).said).toEqual([
      "sign",
      "sign",
    ]);
    expect(run([on(1, "a"), on(9, "far", "i", "h")]).said, "deeper than what is told").toEqual(["sign", "sign"]);
    expect(run([on(1, "a")]).marks.attestations.oldest).not.toHaveProperty("ancestors");
  });

  it("[S2] go nowhere below a lock, except the very ones signed before it", () => {
    const claims = [attest(0, 1, "a"), lock(2, rank(0, 0)), attest(1, 5, "b"), attest(0, 1, "a"), attest(2, 2, "c")];
    expect(run(claims).said).toEqual(["sign", "sign", "belowLock", "again", "sign"]);
  });
});

describe("fallback attestations", () => {
  it("[V6] need a primary one of their term, above or at their height", () => {
    expect(run([attest(0, 3, "a", { target: "fallback" })]).said).toEqual(["fallbackOutsideVotedTerm"]);
    const claims = [
      attest(0, 5, "e"),
      attest(0, 3, "c", { target: "fallback" }),
      attest(0, 6, "f", { target: "fallback" }),
    ];
    expect(run(claims).said).toEqual(["sign", "sign", "fallbackAboveVoted"]);
    expect(run([attest(0, 5, "e"), attest(1, 6, "f"), attest(0, 5, "e", { target: "fallback" })]).said.at(-1)).toBe(
      "fallbackOutsideVotedTerm",
    );
  });

  it("[I1] never contradict what is recorded at their height, of either target", () => {
    const claims = [
      attest(0, 5, "e"),
      attest(0, 5, "x", { target: "fallback" }),
      attest(0, 4, "d", { target: "fallback" }),
      attest(0, 4, "y", { target: "fallback" }),
    ];
    expect(run(claims).said).toEqual(["sign", "conflictingAttestation", "sign", "conflictingAttestation"]);
  });

  it("[V6] move nothing: a primary one above the voted stays possible, one below stays refused", () => {
    expect(
      run([attest(0, 5, "e"), attest(0, 3, "c", { target: "fallback" }), attest(0, 4, "d"), attest(0, 6, "f")]).said,
    ).toEqual(["sign", "sign", "belowAttested", "sign"]);
  });

  it("[I1, V6] stay on the chain of the last vote in their term, whoever asks with this key and what heights were skipped", () => {
    const below = (height: number, id: string, ...descendants: string[]): SealwrightClaim => {
      const claim = attest(0, height, id, { target: "fallback" });
      const ids = descendants.map((name) => (attest(0, 1, name) as { readonly blockId: BlockId }).blockId);
      return { ...claim, descendants: ids };
    };
    const voted = attest(0, 5, "e");
    expect(run([voted, below(3, "c", "d", "e"), below(5, "e")]).said).toEqual(["sign", "sign", "sign"]);
    expect(run([voted, below(3, "x", "y", "z")]).said, "a rival chain").toEqual(["sign", "offAttestedChain"]);
    expect(run([voted, below(3, "x")]).said, "the asker does not know the last vote").toEqual([
      "sign",
      "offAttestedChain",
    ]);
    expect(run([voted, below(3, "c", "d", "e", "f")]).said, "the asker voted higher").toEqual(["sign", "sign"]);
    expect([...run([voted, below(3, "c", "d", "e")]).marks.attestations].at(-1)).not.toHaveProperty("descendants");
  });

  it("stop at what was forgotten: after an import nobody knows what was attested there", () => {
    const imported = applySealwright(NO_SEALWRIGHT_MARKS, {
      ...NO_FLOOR,
      attested: rank(0, 9),
      attestedForgottenTo: rank(0, 9),
    });
    expect(run([attest(0, 9, "a", { target: "fallback" }), attest(0, 10, "b")], imported).said).toEqual([
      "fallbackForgotten",
      "sign",
    ]);
  });

  it("stop at what fell out of the memory of a long term", () => {
    const primaries = Array.from({ length: 200 }, (_, i) => attest(0, i + 1, `b${i + 1}`));
    const { marks } = run(primaries);
    expect(marks.attestations.length).toBeLessThan(200);
    expect(run([attest(0, 10, "other", { target: "fallback" })], marks).said).toEqual(["fallbackForgotten"]);
    expect(run([attest(0, 190, "b190", { target: "fallback" })], marks).said).toEqual(["sign"]);
  });
});

describe("locks", () => {
  it("[S2] are above every attested term and never go back", () => {
    expect(
      run([attest(3, 1, "a"), lock(3, rank(0, 0)), lock(4, rank(0, 0)), lock(5, rank(0, 0)), lock(4, rank(1, 0))]).said,
    ).toEqual(["sign", "lockNotAboveAttested", "sign", "sign", "belowLastLock"]);
  });

  it("[S2] may be signed again for their term with a higher certificate, never with a lower or another of its rank", () => {
    const claims = [
      lock(4, rank(1, 5)),
      lock(4, rank(1, 5)),
      lock(4, rank(2, 1)),
      lock(4, rank(1, 9)),
      lock(4, rank(2, 1), "other"),
    ];
    expect(run(claims).said).toEqual(["sign", "again", "sign", "lockQcBelowRecorded", "conflictingLock"]);
  });

  it("[§9] list no lower certificate than one known with any attestation", () => {
    expect(run([attest(2, 8, "a", { qc: rank(2, 7) }), lock(3, rank(2, 6)), lock(3, rank(2, 7))]).said).toEqual([
      "sign",
      "lockQcBelowRecorded",
      "sign",
    ]);
  });

  it("[§9] also when the higher certificate came with a repeated attestation", () => {
    const claims = [attest(2, 8, "a"), attest(2, 8, "a", { qc: rank(2, 7) }), lock(3, rank(1, 0))];
    expect(run(claims).said).toEqual(["sign", "again", "lockQcBelowRecorded"]);
  });
});

const smallRank = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 4 })).map(([t, h]) => rank(t, h));
const blockName = fc.constantFrom("a", "b");
const anyClaim: fc.Arbitrary<SealwrightClaim> = fc.oneof(
  fc
    .record({ at: smallRank, name: blockName, fallback: fc.boolean(), qc: fc.option(smallRank) })
    .map(({ at, name, fallback, qc }) =>
      attest(Number(at.term), Number(at.height), name, {
        ...(fallback ? { target: "fallback" } : {}),
        ...(qc === null ? {} : { qc }),
      }),
    ),
  fc
    .record({ at: smallRank, name: blockName, first: fc.boolean() })
    .map(({ at, name, first }) => block(Number(at.term), Number(at.height), name, first)),
  fc.record({ t: fc.integer({ min: 1, max: 4 }), qc: smallRank }).map(({ t, qc }) => lock(t, qc)),
);

describe("any sequence of claims", () => {
  it("[I1] [I2] leaves no two signed things that contradict each other", () => {
    fc.assert(
      fc.property(fc.array(anyClaim, { maxLength: 40 }), (claims) => {
        const { said } = run(claims);
        const signed = claims.filter((_, index) => said[index] === "sign" || said[index] === "again");
        const ids = new Map<string, string>();
        for (const claim of signed) {
          if (claim.type === "lock") continue;
          const place = `${claim.type} ${claim.rank.term} ${claim.rank.height}`;
          expect(ids.get(place) ?? claim.blockId).toBe(claim.blockId);
          ids.set(place, claim.blockId);
          if (claim.type !== "block" || !claim.first) continue;
          expect(ids.get(`first ${claim.rank.term}`) ?? claim.digest).toBe(claim.digest);
          ids.set(`first ${claim.rank.term}`, claim.digest);
        }
      }),
    );
  });

  it("[S2] has every new attestation after a lock at its term or above, and every lock above all attested before", () => {
    fc.assert(
      fc.property(fc.array(anyClaim, { maxLength: 40 }), (claims) => {
        const { said } = run(claims);
        let lockTerm = 0n;
        let attested = -1n;
        let highestQc = rank(0, 0);
        claims.forEach((claim, index) => {
          if (said[index] !== "sign") return;
          if (claim.type === "lock") {
            expect(claim.term > attested).toBe(true);
            expect(
              claim.highestQc.term > highestQc.term ||
                (claim.highestQc.term === highestQc.term && claim.highestQc.height >= highestQc.height),
            ).toBe(true);
            lockTerm = claim.term;
            highestQc = claim.highestQc;
          }
          if (claim.type === "attestation") {
            expect(claim.rank.term >= lockTerm).toBe(true);
            if (claim.target === "primary") attested = claim.rank.term;
          }
        });
      }),
    );
  });

  it("gives the same marks from their own records, in any order and twice", () => {
    fc.assert(
      fc.property(fc.array(anyClaim, { maxLength: 30 }), (claims) => {
        const { marks } = run(claims);
        const records = recordsOfSealwright(marks);
        const again = [...records, ...records].reduce(applySealwright, NO_SEALWRIGHT_MARKS);
        expect(again).toEqual(marks);
      }),
    );
  });
});
