import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeLedgerAccount, encodeLedgerAccount } from "./account.js";
import {
  nextNonce,
  NONCE_JUMP_MAX,
  NONCE_WINDOW,
  nonceStatus,
  type NonceWindow,
  UNUSED_NONCES,
  withNonce,
} from "./nonceWindow.js";

const U64_MAX = 0xffff_ffff_ffff_ffffn;

describe("nonce window", () => {
  it("frees every nonce at most once, in any order within the window, and survives its encoding", () => {
    const far = NONCE_JUMP_MAX;
    const nonce = fc.oneof(
      fc.bigInt(0n, 600n),
      fc.bigInt(far - 300n, far + 300n),
      fc.bigInt(2n * far - 300n, 2n * far + 300n),
      fc.bigInt(U64_MAX - 300n, U64_MAX),
    );
    fc.assert(
      fc.property(fc.array(nonce, { maxLength: 80 }), (nonces) => {
        let window: NonceWindow = UNUSED_NONCES;
        const used = new Set<bigint>();
        for (const next of nonces) {
          const isTooOld = next <= window.highest - NONCE_WINDOW;
          const isTooHigh = next > window.highest + NONCE_JUMP_MAX;
          const expected = isTooOld ? "tooOld" : isTooHigh ? "tooHigh" : used.has(next) ? "used" : "free";
          expect(nonceStatus(window, next)).toBe(expected);
          if (expected !== "free") continue;
          window = withNonce(window, next);
          used.add(next);
          expect(nonceStatus(window, next)).toBe("used");
        }
        const account = { balance: 5n, nonces: window };
        expect(decodeLedgerAccount(encodeLedgerAccount(account))).toEqual(account);
      }),
    );
  });

  it("lets no account be spent by one nonce: a jump has a bound, also the first", () => {
    expect(nonceStatus(UNUSED_NONCES, U64_MAX)).toBe("tooHigh");
    expect(nonceStatus(UNUSED_NONCES, NONCE_JUMP_MAX)).toBe("free");
    expect(nonceStatus(UNUSED_NONCES, NONCE_JUMP_MAX + 1n)).toBe("tooHigh");
    const jumped = withNonce(UNUSED_NONCES, NONCE_JUMP_MAX);
    expect(nonceStatus(jumped, 2n * NONCE_JUMP_MAX)).toBe("free");
    expect(nonceStatus(jumped, 2n * NONCE_JUMP_MAX + 1n)).toBe("tooHigh");
  });

  it("offers 0 to a new account and then the highest used plus one", () => {
    expect(nextNonce(UNUSED_NONCES)).toBe(0n);
    expect(nextNonce(withNonce(UNUSED_NONCES, 0n))).toBe(1n);
    expect(nextNonce(withNonce(withNonce(UNUSED_NONCES, 9n), 4n))).toBe(10n);
  });
});
