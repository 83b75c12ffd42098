import { aggregateVerify, fastAggregateVerify, verify } from "@chainsafe/blst";
import { decodePublicKey, decodePublicKeys, decodeSignature } from "./decodePoint.js";
import { BLS_ITEMS_MAX } from "./sizes.js";

/** One key and what it signed, as part of an aggregate over several messages. */
export type BlsSignedMessage = { readonly publicKey: Uint8Array; readonly message: Uint8Array };

/** Blocks its thread for about 1.3 ms. Bad bytes give false. */
export function blsVerify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = decodePublicKey(publicKey);
  if (key === null) return false;
  const point = decodeSignature(signature);
  return point !== null && verify(message, key, point);
}

/**
 * Did all these keys sign this one message? About 1.4 ms for any committee up to 64.
 * Sound only for keys with a checked proof of possession; a key named twice must have signed twice, so a caller
 * that counts keys first makes sure they are distinct.
 * @returns false also for bad bytes, no key at all, or more than `BLS_ITEMS_MAX`
 */
export function verifyAggregate(
  publicKeys: readonly Uint8Array[],
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKeys.length > BLS_ITEMS_MAX) return false;
  const keys = decodePublicKeys(publicKeys);
  if (keys === null) return false;
  const point = decodeSignature(signature);
  return point !== null && fastAggregateVerify(message, keys, point);
}

/**
 * Did every key sign its own message, all merged into one signature? For certificates whose signers say different
 * things. Messages may repeat; proofs of possession are required as for `verifyAggregate`.
 * @returns false also for bad bytes, no item at all, or more than `BLS_ITEMS_MAX`
 */
export function verifyAggregateDistinct(items: readonly BlsSignedMessage[], signature: Uint8Array): boolean {
  if (items.length > BLS_ITEMS_MAX) return false;
  const keys = decodePublicKeys(items.map((item) => item.publicKey));
  if (keys === null) return false;
  const point = decodeSignature(signature);
  if (point === null) return false;
  return aggregateVerify(
    items.map((item) => item.message),
    keys,
    point,
  );
}
