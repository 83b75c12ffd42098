import { type SignedLock, signerIndex, term, type Term } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attest, certify, createTestNetwork, sealTestBlock, TestChain } from "../testing/index.js";
import { deriveFacts } from "../deriveFacts.js";
import { assembleCertificate, completableVotes, locksFor } from "./assembleCertificate.js";
import { findLockFault } from "./lockFault.js";
import { SWITCH_BASE_MS, switchTimeoutMs } from "./switchTimeout.js";
import { termToLock, type TermWish } from "./termToLock.js";

const { rules, root } = createTestNetwork(4);
const NO_SIGNATURE = new Uint8Array(96);
const wish = (suspected: number | null, locked: number | null): TermWish => ({
  suspected: suspected === null ? null : term(BigInt(suspected)),
  locked: locked === null ? null : term(BigInt(locked)),
});

describe("the time until a producer is suspected", () => {
  it("[S1] grows by half with each term since the last final block, up to half a minute", () => {
    const at = (current: number, final: number): number => switchTimeoutMs(term(BigInt(current)), term(BigInt(final)));
    expect(at(0, 0)).toBe(SWITCH_BASE_MS);
    expect(at(7, 7)).toBe(SWITCH_BASE_MS);
    expect(at(3, 1)).toBe(2_250);
    expect(at(40, 0)).toBe(30_000);
    expect(at(0, 5)).toBe(SWITCH_BASE_MS);
  });
});

describe("the term that a keeper enters", () => {
  it("[S2] is the highest that a quorum suspects or locks", () => {
    expect(termToLock(rules.keepers, [wish(1, null), wish(2, null)])).toBeNull();
    expect(termToLock(rules.keepers, [wish(1, null), wish(2, null), wish(3, null)])).toBe(1n);
    expect(termToLock(rules.keepers, [wish(1, null), wish(null, 2), wish(3, null), wish(null, null)])).toBe(1n);
  });

  it("[S2] is one that f + 1 lock, of whom one is honest, and never one that a lone keeper wants", () => {
    expect(termToLock(rules.keepers, [wish(null, 9)])).toBeNull();
    expect(termToLock(rules.keepers, [wish(null, 9), wish(null, 4)])).toBe(4n);
  });

  it("[S2] never lies above what some honest keeper wants, whatever f others say", () => {
    const terms = fc.option(fc.nat({ max: 6 }), { nil: null });
    const anyWish = fc.tuple(terms, terms).map(([suspected, locked]) => wish(suspected, locked));
    const honest = fc.array(anyWish, { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(honest, anyWish, (good, bad) => {
        const found = termToLock(rules.keepers, [...good, bad]);
        if (found === null) return;
        expect(good.some(({ suspected, locked }) => [suspected, locked].some((t) => t !== null && t >= found))).toBe(
          true,
        );
      }),
    );
  });
});

const chain = new TestChain(rules, root);
const first = chain.grow();
const second = chain.growCertified();
const qcOfFirst = certify(rules, first);
const T = term(1n);

function lockOf(signer: number, qc: SignedLock["qc"], change: Partial<SignedLock> = {}): SignedLock {
  const { threadId } = rules;
  return { threadId, term: T, signer: signerIndex(signer), qc, attestations: [], signature: NO_SIGNATURE, ...change };
}

function voteOf(signer: number): SignedLock["attestations"] {
  return [{ attestation: attest(second, [signer]).attestation, signer: signerIndex(signer), signature: NO_SIGNATURE }];
}

describe("the shape of a Lock", () => {
  const higher = attest({ ...first, term: T }, [0, 1, 2]);
  it.each([
    ["wrongThread", lockOf(0, null, { threadId: `0001${"ee".repeat(32)}` as typeof rules.threadId })],
    ["unknownSigner", lockOf(4, null)],
    ["qcNotLower", lockOf(0, null, { term: 0n as Term })],
    ["qcNotLower", lockOf(0, higher)],
    [
      "qcOfAnotherThread",
      lockOf(0, { ...qcOfFirst, attestation: { ...qcOfFirst.attestation, threadId: "ff".repeat(34) as never } }),
    ],
    ["qcWithoutQuorum", lockOf(0, attest(first, [0, 1]))],
    ["foreignAttestation", lockOf(0, qcOfFirst, { attestations: voteOf(1) })],
    [
      "attestationNotLower",
      lockOf(1, null, { attestations: [{ ...voteOf(1)[0]!, attestation: { ...voteOf(1)[0]!.attestation, term: T } }] }),
    ],
  ] as const)("[S2] is refused as %s", (fault, lock) => {
    expect(findLockFault(rules, lock)).toBe(fault);
  });

  it("[S2] is right for the Lock of an honest keeper", () => {
    expect(findLockFault(rules, lockOf(0, null))).toBeNull();
    expect(findLockFault(rules, lockOf(1, qcOfFirst, { attestations: voteOf(1) }))).toBeNull();
  });
});

describe("a certificate made of Locks", () => {
  it("[S4, S5] passes every receiver's check when it is made of what fits", () => {
    const locks = [lockOf(2, qcOfFirst), lockOf(0, null), lockOf(1, qcOfFirst), lockOf(3, null, { term: term(2n) })];
    const fitting = locksFor(rules, T, qcOfFirst, locks);
    expect(fitting.map(({ signer }) => signer)).toEqual([0, 1, 2]);
    const switchCertificate = { ...assembleCertificate(rules, T, qcOfFirst, fitting), signature: NO_SIGNATURE };
    const { parts } = sealTestBlock(rules, first, { round: 1, switchCertificate });
    expect(deriveFacts(rules, first, parts)).toMatchObject({ ok: true });
  });

  it("[S5] leaves out Locks that name a higher certificate, or another block at its rank", () => {
    const rival = attest({ ...first, id: "ee".repeat(32) as typeof first.id }, [0, 1, 2]);
    expect(locksFor(rules, T, qcOfFirst, [lockOf(0, certify(rules, second)), lockOf(1, rival)])).toEqual([]);
  });

  it("[S4] finds the votes of a quorum that nobody added up, and only above the certificate", () => {
    const locks = [0, 1, 2].map((signer) => lockOf(signer, qcOfFirst, { attestations: voteOf(signer) }));
    expect(completableVotes(rules, qcOfFirst, locks)?.attestation.blockId).toBe(second.id);
    expect(completableVotes(rules, qcOfFirst, locks.slice(1))).toBeNull();
    expect(completableVotes(rules, certify(rules, second), locks)).toBeNull();
  });
});
