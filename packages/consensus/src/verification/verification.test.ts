import { sha256 } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { faultTolerance, quorum } from "../quorum.js";
import { isVerifier } from "./isVerifier.js";
import { verificationRules } from "./verificationRules.js";
import { UNVERIFIED_RATIO_MAX, verifierCount } from "./verifierCount.js";

const LOTTERY = { lottery: { verifyWindowMs: 200, unsafeVerifiersForTests: null } } as const;

describe("the number of verifiers", () => {
  it.each([
    [20, 18.5],
    [100, 45.6],
    [200, 52.5],
  ])("[§7] is for %i keepers %f on average", (n, expected) => {
    expect(verifierCount(n)).toBeCloseTo(expected, 1);
    expect(verificationRules(LOTTERY, n)).toEqual({
      mode: "lottery",
      verifiers: verifierCount(n),
      verifyWindowMs: 200,
    });
  });

  it("[§7] leaves a quorum without an honest verifier no more often than it may", () => {
    for (let n = 1; n <= 1_000; n++) {
      const share = verifierCount(n) / n;
      const unverified = (1 - share) ** (quorum(n) - faultTolerance(n));
      expect(unverified).toBeLessThanOrEqual(UNVERIFIED_RATIO_MAX * 1.000_001);
      expect(share).toBeLessThanOrEqual(1);
    }
  });

  it("[§7] is taken from the tests' setting where there is one", () => {
    const settings = { lottery: { verifyWindowMs: 50, unsafeVerifiersForTests: 2 } };
    expect(verificationRules(settings, 4)).toEqual({ mode: "lottery", verifiers: 2, verifyWindowMs: 50 });
  });
});

describe("a ticket", () => {
  const tickets = Array.from({ length: 4_000 }, (_, i) => sha256(Buffer.from(`ticket ${i}`)));

  it("[§7] wins as often as the share of verifiers says", () => {
    const won = tickets.filter((ticket) => isVerifier(ticket, 25, 100)).length;
    expect(won / tickets.length).toBeCloseTo(0.25, 1);
  });

  it("[§7] that wins among few verifiers wins among more", () => {
    for (const ticket of tickets) {
      if (isVerifier(ticket, 10, 100)) expect(isVerifier(ticket, 11, 100)).toBe(true);
    }
  });

  it("[§7] always wins where all verify", () => {
    expect(tickets.every((ticket) => isVerifier(ticket, 7, 7))).toBe(true);
  });

  it("[§7] is judged by the first eight bytes of its hash", () => {
    // SHA-256 of nothing begins with e3b0c44298fc1c14: 0.8894 of all.
    expect(isVerifier(new Uint8Array(), 88, 100)).toBe(false);
    expect(isVerifier(new Uint8Array(), 89, 100)).toBe(true);
  });
});
