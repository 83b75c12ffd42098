import {
  assert,
  BLS_PUBLIC_KEY_BYTES,
  BLS_SIGNATURE_BYTES,
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
 * must have signed twice) at the price of a checksum. ANYONE CAN FORGE THESE SIGNATURES from the public key: simulated
 * liars must not, and no real node may take this scheme.
 *
 * A signature is a mixture of public key and message, three times over; adding up is 32-bit addition lane by lane.
 * Three equal parts stand for "in the right subgroup", the all-zero sum for the identity. The mixture is as wide as a
 * hash, so two messages do not meet in it by chance; that somebody could make them meet is no loss here.
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
  const signature = new Uint8Array(BLS_SIGNATURE_BYTES);
  const view = new DataView(signature.buffer);
  const lanes = mixed(publicKey, message);
  for (let lane = 0; lane < LANES * COPIES; lane++) view.setUint32(lane * 4, lanes[lane % LANES] ?? 0);
  return signature;
}

/** Each byte goes through four chains of multiplications, and their ends through each other. */
function mixed(publicKey: Uint8Array, message: Uint8Array): Uint32Array {
  let [a, b, c, d] = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
  for (const part of [publicKey, message]) {
    for (let i = 0; i < part.length; i++) {
      const byte = part[i] ?? 0;
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b ^ byte ^ (a >>> 15), 0x85ebca6b);
      c = Math.imul(c + byte + (b >>> 13), 0xc2b2ae35);
      d = Math.imul(d ^ byte ^ (c >>> 16), 0x27d4eb2f);
    }
  }
  const lanes = new Uint32Array(LANES);
  for (let lane = 0; lane < LANES; lane++) {
    a = Math.imul(a ^ (d >>> 15) ^ lane, 0x2c1b3c6d);
    b = Math.imul(b ^ (a >>> 12), 0x297a2d39);
    c = Math.imul(c ^ (b >>> 15), 0x85ebca6b);
    d = Math.imul(d ^ (c >>> 13), 0xc2b2ae35);
    lanes[lane] = a ^ d;
  }
  return lanes;
}

function isFakeKey(bytes: Uint8Array): boolean {
  return bytes.length === BLS_PUBLIC_KEY_BYTES && FAKE_BLS_KEY_PREFIX.every((byte, i) => bytes[i] === byte);
}

function isFakeSignature(bytes: Uint8Array): boolean {
  if (bytes.length !== BLS_SIGNATURE_BYTES) return false;
  let any = 0;
  for (let i = 0; i < BLS_SIGNATURE_BYTES; i++) {
    if (bytes[i] !== bytes[i % HASH_BYTES]) return false;
    any |= bytes[i] ?? 0;
  }
  return any !== 0;
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
