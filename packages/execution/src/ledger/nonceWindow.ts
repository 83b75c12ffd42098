/**
 * Which nonces an account has used: every nonce at most once, in any order, as long as it lies less than 256 below the
 * highest one used.
 *
 * Strictly sequential nonces were the alternative: one message lost or overtaken on its way through the network would
 * hold back or spoil all that follow it. Here many transfers of one account can be in flight at once, through several
 * nodes. Replay is impossible twice over: a hash executes once until it expires (M1), a nonce once for ever.
 */
export interface NonceWindow {
  /** 0 when none was used. */
  readonly highest: bigint;
  /** Bit i: `highest - i` was used. */
  readonly used: bigint;
}

export const NONCE_WINDOW = 256n;
export const UNUSED_NONCES: NonceWindow = { highest: 0n, used: 0n };

export function nonceStatus(window: NonceWindow, nonce: bigint): "free" | "used" | "tooOld" {
  if (nonce > window.highest) return "free";
  const below = window.highest - nonce;
  if (below >= NONCE_WINDOW) return "tooOld";
  return (window.used >> below) & 1n ? "used" : "free";
}

/** For a free nonce. */
export function withNonce(window: NonceWindow, nonce: bigint): NonceWindow {
  if (nonce <= window.highest) return { highest: window.highest, used: window.used | (1n << (window.highest - nonce)) };
  const step = nonce - window.highest;
  const kept = step >= NONCE_WINDOW ? 0n : BigInt.asUintN(Number(NONCE_WINDOW), window.used << step);
  return { highest: nonce, used: kept | 1n };
}

/** The nonce that a client takes when it has nothing in flight. */
export function nextNonce(window: NonceWindow): bigint {
  return window.used === 0n ? 0n : window.highest + 1n;
}
