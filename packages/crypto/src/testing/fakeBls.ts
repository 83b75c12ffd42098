import {
  assert,
  BLS_PUBLIC_KEY_BYTES,
  BLS_SIGNATURE_BYTES,
  compareBytes,
  concatBytes,
  equalBytes,
  err,
  HASH_BYTES,
  ok,
  type Result,
  sha256,
} from "@sealwright/types";
import type { BlsAggregateError } from "../bls/aggregateSignatures.js";
import type { BlsScheme } from "../bls/blsScheme.js";
import type { BlsSecretKeyError, BlsSigningKey } from "../bls/blsSecretKey.js";
import type { BlsSignedMessage } from "../bls/blsVerify.js";
import type { BlsSignerSignature, MergedSignatures } from "../bls/mergeSignatures.js";
import { possessionMessage } from "../bls/proofOfPossession.js";
import { BLS_ITEMS_MAX, BLS_SECRET_KEY_BYTES } from "../bls/sizes.js";
import type { BlsSignatureSet } from "../bls/verifyBatch.js";

/** How a fake public key begins; its high bit is clear, so the real scheme refuses every fake key. */
export const FAKE_BLS_KEY_PREFIX: Uint8Array = new TextEncoder().encode("FAKE-BLS-PUBLIC:");

const COPIES = BLS_SIGNATURE_BYTES / HASH_BYTES;
const LANES = HASH_BYTES / 4;

/**
 * BLS for simulations: the same sizes and the same algebra (signatures add up, order does not matter, a key twice
 * must have signed twice) at the price of a hash. ANYONE CAN FORGE THESE SIGNATURES from the public key: simulated
 * liars must not, and no real node may take this scheme.
 *
 * A signature is SHA-256(public key ‖ message), three times over; adding up is 32-bit addition lane by lane. Three
 * equal parts stand for "in the right subgroup", the all-zero sum for the identity.
 */
export const fakeBls: BlsScheme = {
  secretKeyFromBytes: openFakeKey,
  verify: (publicKey, message, signature) => verifyFakeDistinct([{ publicKey, message }], signature),
  verifyAggregate: (publicKeys, message, signature) =>
    verifyFakeDistinct(
      publicKeys.map((publicKey) => ({ publicKey, message })),
      signature,
    ),
  verifyAggregateDistinct: verifyFakeDistinct,
  verifyBatch: verifyFakeBatch,
  verifyPossession: (publicKey, proof) =>
    isFakeKey(publicKey) && verifyFakeDistinct([{ publicKey, message: possessionMessage(publicKey) }], proof),
  aggregateSignatures: aggregateFake,
  mergeSignatures: mergeFake,
};

function openFakeKey(secret: Uint8Array): Result<BlsSigningKey, BlsSecretKeyError> {
  const isZero = secret.every((byte) => byte === 0);
  if (secret.length !== BLS_SECRET_KEY_BYTES || isZero) return err({ code: "badSecretKey" });
  const publicKey = concatBytes(FAKE_BLS_KEY_PREFIX, sha256(secret));
  assert(publicKey.length === BLS_PUBLIC_KEY_BYTES, "a fake key has the size of a real one");
  return ok({ publicKey: () => publicKey.slice(), sign: (message) => signFake(publicKey, message) });
}

function signFake(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const digest = sha256(concatBytes(publicKey, message));
  return concatBytes(...Array<Uint8Array>(COPIES).fill(digest));
}

function isFakeKey(bytes: Uint8Array): boolean {
  const prefix = bytes.subarray(0, FAKE_BLS_KEY_PREFIX.length);
  return bytes.length === BLS_PUBLIC_KEY_BYTES && equalBytes(prefix, FAKE_BLS_KEY_PREFIX);
}

function isFakeSignature(bytes: Uint8Array): boolean {
  if (bytes.length !== BLS_SIGNATURE_BYTES) return false;
  const head = bytes.subarray(0, BLS_SIGNATURE_BYTES - HASH_BYTES);
  return compareBytes(head, bytes.subarray(HASH_BYTES)) === 0 && bytes.some((byte) => byte !== 0);
}

function addFake(signatures: readonly Uint8Array[]): Uint8Array {
  const sum = new Uint32Array(LANES);
  for (const signature of signatures) {
    const view = new DataView(signature.buffer, signature.byteOffset, HASH_BYTES);
    for (let lane = 0; lane < LANES; lane++) sum[lane] = (sum[lane] ?? 0) + view.getUint32(lane * 4);
  }
  const out = new Uint8Array(BLS_SIGNATURE_BYTES);
  const view = new DataView(out.buffer);
  for (let lane = 0; lane < LANES * COPIES; lane++) view.setUint32(lane * 4, sum[lane % LANES] ?? 0);
  return out;
}

function verifyFakeDistinct(items: readonly BlsSignedMessage[], signature: Uint8Array): boolean {
  if (items.length === 0 || items.length > BLS_ITEMS_MAX) return false;
  if (!isFakeSignature(signature) || !items.every((item) => isFakeKey(item.publicKey))) return false;
  return equalBytes(addFake(items.map((item) => signFake(item.publicKey, item.message))), signature);
}

function verifyFakeBatch(sets: readonly BlsSignatureSet[]): number[] {
  const indices = [...sets.keys()];
  return indices.filter((index) => {
    const set = sets[index];
    return set === undefined || !fakeBls.verifyAggregate(set.publicKeys, set.message, set.signature);
  });
}

function aggregateFake(signatures: readonly Uint8Array[]): Result<Uint8Array, BlsAggregateError> {
  const count = signatures.length;
  if (count === 0) return err({ code: "nothingToAggregate" });
  if (count > BLS_ITEMS_MAX) return err({ code: "tooManySignatures", count, countMax: BLS_ITEMS_MAX });
  const index = signatures.findIndex((signature) => !isFakeSignature(signature));
  if (index >= 0) return err({ code: "badSignature", index });
  return ok(addFake(signatures));
}

function mergeFake(message: Uint8Array, items: readonly BlsSignerSignature[]): MergedSignatures {
  const good: number[] = [];
  const bad: number[] = [];
  const signatures: Uint8Array[] = [];
  for (const [index, item] of items.entries()) {
    if (fakeBls.verify(item.publicKey, message, item.signature)) {
      good.push(index);
      signatures.push(item.signature);
    } else bad.push(index);
  }
  return { aggregate: signatures.length === 0 ? null : addFake(signatures), good, bad };
}
