import {
  aggregatePublicKeys,
  verifyMultipleAggregateSignatures,
  type PublicKey,
  type Signature,
} from "@chainsafe/blst";
import { decodePublicKeys, decodeSignature } from "./decodePoint.js";
import { findBad } from "./findBad.js";
import { BLS_ITEMS_MAX } from "./sizes.js";

/** Keys that all signed one message, and their merged signature (one key: its plain signature). */
export type BlsSignatureSet = {
  readonly publicKeys: readonly Uint8Array[];
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
};

type DecodedSet = { readonly index: number; readonly msg: Uint8Array; readonly pk: PublicKey; readonly sig: Signature };

/** Sets per native call: enough to win from batching, few enough (about 30 ms) to bound one call. */
const SETS_PER_CHECK_MAX = 64;

/**
 * Checks many sets at about half the price of one by one. Random weights make each set count for itself: two bad
 * signatures that would cancel each other out are both found.
 * @returns the indices of the bad sets, ascending; empty when all are good
 */
export function verifyBatch(sets: readonly BlsSignatureSet[]): number[] {
  const bad: number[] = [];
  for (let start = 0; start < sets.length; start += SETS_PER_CHECK_MAX) {
    const decoded: DecodedSet[] = [];
    for (const [offset, set] of sets.slice(start, start + SETS_PER_CHECK_MAX).entries()) {
      const one = decodeSet(set, start + offset);
      if (one === null) bad.push(start + offset);
      else decoded.push(one);
    }
    for (const set of findBad(decoded, holdsTogether)) bad.push(set.index);
  }
  return bad.sort((a, b) => a - b);
}

function decodeSet(set: BlsSignatureSet, index: number): DecodedSet | null {
  if (set.publicKeys.length > BLS_ITEMS_MAX) return null;
  const keys = decodePublicKeys(set.publicKeys);
  if (keys === null) return null;
  const sig = decodeSignature(set.signature);
  if (sig === null) return null;
  const [first] = keys;
  const pk = keys.length === 1 && first !== undefined ? first : aggregatePublicKeys(keys);
  return { index, msg: set.message, pk, sig };
}

function holdsTogether(sets: readonly DecodedSet[]): boolean {
  return verifyMultipleAggregateSignatures([...sets]);
}
