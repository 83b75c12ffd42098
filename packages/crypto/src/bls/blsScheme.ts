import type { Result } from "@sealwright/types";
import { aggregateSignatures, type BlsAggregateError } from "./aggregateSignatures.js";
import { BlsSecretKey, type BlsSecretKeyError, type BlsSigningKey } from "./blsSecretKey.js";
import { blsVerify, verifyAggregate, verifyAggregateDistinct, type BlsSignedMessage } from "./blsVerify.js";
import { mergeSignatures, type BlsSignerSignature, type MergedSignatures } from "./mergeSignatures.js";
import { verifyPossession } from "./proofOfPossession.js";
import { verifyBatch, type BlsSignatureSet } from "./verifyBatch.js";

/** All of BLS as one value, so that a simulation can swap it for the cheap `fakeBls` of ./testing. Synchronous. */
export interface BlsScheme {
  secretKeyFromBytes(bytes: Uint8Array): Result<BlsSigningKey, BlsSecretKeyError>;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  verifyAggregate(publicKeys: readonly Uint8Array[], message: Uint8Array, signature: Uint8Array): boolean;
  verifyAggregateDistinct(items: readonly BlsSignedMessage[], signature: Uint8Array): boolean;
  verifyBatch(sets: readonly BlsSignatureSet[]): readonly number[];
  verifyPossession(publicKey: Uint8Array, proof: Uint8Array): boolean;
  aggregateSignatures(signatures: readonly Uint8Array[]): Result<Uint8Array, BlsAggregateError>;
  mergeSignatures(message: Uint8Array, items: readonly BlsSignerSignature[]): MergedSignatures;
}

/** The real one, over blst. */
export const blstScheme: BlsScheme = {
  secretKeyFromBytes: (bytes) => BlsSecretKey.fromBytes(bytes),
  verify: blsVerify,
  verifyAggregate,
  verifyAggregateDistinct,
  verifyBatch,
  verifyPossession,
  aggregateSignatures,
  mergeSignatures,
};
