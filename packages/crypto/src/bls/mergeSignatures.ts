import { aggregatePublicKeys, aggregateSignatures, verify, type PublicKey, type Signature } from "@chainsafe/blst";
import { decodePublicKey, decodeSignature } from "./decodePoint.js";
import { findBad } from "./findBad.js";

/** One signer's signature of the message that all of them signed. */
export type BlsSignerSignature = { readonly publicKey: Uint8Array; readonly signature: Uint8Array };

/** The aggregate of what could be added up, and the indices of what was and was not. */
export type MergedSignatures = {
  /** the sum of the good signatures, 96 bytes, or null when none is good */
  readonly aggregate: Uint8Array | null;
  /** indices into the given list, ascending; together with `bad` every index once */
  readonly good: readonly number[];
  readonly bad: readonly number[];
};

type Decoded = { readonly index: number; readonly key: PublicKey; readonly signature: Signature };

/**
 * Merges signatures of one message and leaves out the bad ones: one check when all are good, halving when not.
 * `aggregate` verifies against exactly the keys of `good`. It promises nothing about a smaller subset: signers who
 * work together can send parts that are valid only as a sum, so store the aggregate, not the parts.
 */
export function mergeSignatures(message: Uint8Array, items: readonly BlsSignerSignature[]): MergedSignatures {
  const decoded: Decoded[] = [];
  const bad = new Set<number>();
  for (const [index, item] of items.entries()) {
    const key = decodePublicKey(item.publicKey);
    const signature = key === null ? null : decodeSignature(item.signature);
    if (key === null || signature === null) bad.add(index);
    else decoded.push({ index, key, signature });
  }
  for (const item of findBad(decoded, (part) => holdsTogether(message, part))) bad.add(item.index);
  const kept = decoded.filter((item) => !bad.has(item.index));
  return {
    aggregate: kept.length === 0 ? null : sum(kept).toBytes(),
    good: kept.map((item) => item.index),
    bad: [...bad].sort((a, b) => a - b),
  };
}

function holdsTogether(message: Uint8Array, items: readonly Decoded[]): boolean {
  const key = aggregatePublicKeys(items.map((item) => item.key));
  return verify(message, key, sum(items));
}

function sum(items: readonly Decoded[]): Signature {
  return aggregateSignatures(items.map((item) => item.signature));
}
