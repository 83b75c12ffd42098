import type { SignerIndex } from "@sealwright/types";

/** A set of signers as bits: union and count are what targets need, for any size of BK set. */
export type SignerMask = bigint;

/** No signer. */
export const EMPTY_MASK: SignerMask = 0n;

/** The set of these signers; naming one twice changes nothing. */
export function maskOf(signers: readonly SignerIndex[]): SignerMask {
  let mask = EMPTY_MASK;
  for (const signer of signers) mask |= 1n << BigInt(signer);
  return mask;
}

/** How many signers a set has. */
export function countSigners(mask: SignerMask): number {
  let count = 0;
  for (let rest = mask; rest !== 0n; rest &= rest - 1n) count++;
  return count;
}
