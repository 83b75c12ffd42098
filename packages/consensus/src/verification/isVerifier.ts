import { assert, ByteReader, sha256 } from "@sealwright/types";

/**
 * Whether a keeper's ticket for a block makes it a verifier: the first 64 bits of the ticket's hash, as a share of all,
 * lie below `verifiers / n`. A ticket is a signature that only its key can make and only in one way, so nobody foretells
 * it and nobody draws twice.
 * @param verifiers average number of verifiers, not more than `n` counts
 */
export function isVerifier(ticket: Uint8Array, verifiers: number, n: number): boolean {
  return new ByteReader(sha256(ticket)).u64() < winningBelow(verifiers, n);
}

const FRACTION_BITS = 52;

/** In 64-bit units. Machines that round a share differently disagree about one ticket in 2^52, and then about a vote only. */
function winningBelow(verifiers: number, n: number): bigint {
  assert(verifiers > 0 && n > 0, "somebody verifies");
  const share = Math.min(1, verifiers / n);
  return BigInt(Math.round(share * 2 ** FRACTION_BITS)) << BigInt(64 - FRACTION_BITS);
}
