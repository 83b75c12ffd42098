/**
 * Which nonces an account has used: every nonce at most once, in any order, as long as it lies less than 256 below the
 * highest one used and at most `NONCE_JUMP_MAX` above it.
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

/** A nonce this far below an account's highest is too old. */
export const NONCE_WINDOW = 256n;
/**
 * How far above the highest used nonce the next one may lie. Who takes the Unix time in milliseconds for a nonce has
 * room until 2109, and yet it takes four million paid transfers to use up an account. Without a bound a single transfer
 * with the nonce 2^64 - 1 would leave its account unable to send for ever.
 */
export const NONCE_JUMP_MAX = 1n << 42n;
export const UNUSED_NONCES: NonceWindow = { highest: 0n, used: 0n };

export function nonceStatus(window: NonceWindow, nonce: bigint): "free" | "used" | "tooOld" | "tooHigh" {
  if (nonce > window.highest) return nonce - window.highest > NONCE_JUMP_MAX ? "tooHigh" : "free";
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
