import type { BlsSignedMessage } from "../bls/blsVerify.js";
import type { BlsSignerSignature, MergedSignatures } from "../bls/mergeSignatures.js";
import type { BlsSignatureSet } from "../bls/verifyBatch.js";
import type { Ed25519Signed } from "../ed25519.js";
import { CryptoError } from "./cryptoError.js";
import type { CryptoAnswer, CryptoJob } from "./cryptoJob.js";

/** `signal` stops the waiting: a job not yet begun is dropped, the answer of a running one is ignored. */
export type CryptoCallOptions = { readonly signal?: AbortSignal };

/** BLS checks that do not block the caller's thread. Every call can reject with `CryptoError`. */
export interface BlsVerifier {
  verify(
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
    options?: CryptoCallOptions,
  ): Promise<boolean>;
  /** all keys signed one message */
  verifyAggregate(
    publicKeys: readonly Uint8Array[],
    message: Uint8Array,
    signature: Uint8Array,
    options?: CryptoCallOptions,
  ): Promise<boolean>;
  /** every key signed its own message */
  verifyAggregateDistinct(
    items: readonly BlsSignedMessage[],
    signature: Uint8Array,
    options?: CryptoCallOptions,
  ): Promise<boolean>;
  /** @returns the indices of the bad sets, ascending */
  verifyBatch(sets: readonly BlsSignatureSet[], options?: CryptoCallOptions): Promise<readonly number[]>;
  mergeSignatures(
    message: Uint8Array,
    items: readonly BlsSignerSignature[],
    options?: CryptoCallOptions,
  ): Promise<MergedSignatures>;
  /** The sum of signatures that were checked before; null when one of them is no signature at all. */
  addSignatures(signatures: readonly Uint8Array[], options?: CryptoCallOptions): Promise<Uint8Array | null>;
}

/** Signs with keys handed over at the start. It guards nothing: watermarks are the forge's work, before this call. */
export interface BlsSigner {
  /** @returns 96 bytes; rejects with `unknownKey` for any other key */
  sign(publicKey: Uint8Array, message: Uint8Array, options?: CryptoCallOptions): Promise<Uint8Array>;
}

/** Checks signatures of clients, many at once. */
export interface Ed25519Verifier {
  /** @returns one byte per item: 1 good, 0 bad */
  verifyEd25519Batch(items: readonly Ed25519Signed[], options?: CryptoCallOptions): Promise<Uint8Array>;
}

function signatureOfKnownKey(signature: Uint8Array | null): Uint8Array {
  if (signature === null) throw new CryptoError("unknownKey", "no secret for this public key was handed over");
  return signature;
}

/** The calls, each told as a job; where a job runs is up to the subclass. */
export abstract class CryptoService implements BlsVerifier, BlsSigner, Ed25519Verifier, AsyncDisposable {
  protected abstract run<J extends CryptoJob>(job: J, options: CryptoCallOptions): Promise<CryptoAnswer<J>>;

  /** Ends the service; what still waits is rejected with `closed`. */
  abstract [Symbol.asyncDispose](): Promise<void>;

  verify(
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
    options?: CryptoCallOptions,
  ): Promise<boolean> {
    return this.verifyAggregate([publicKey], message, signature, options);
  }

  verifyAggregate(
    publicKeys: readonly Uint8Array[],
    message: Uint8Array,
    signature: Uint8Array,
    options: CryptoCallOptions = {},
  ): Promise<boolean> {
    return this.run({ type: "verifyAggregate", publicKeys, message, signature }, options);
  }

  verifyAggregateDistinct(
    items: readonly BlsSignedMessage[],
    signature: Uint8Array,
    options: CryptoCallOptions = {},
  ): Promise<boolean> {
    return this.run({ type: "verifyAggregateDistinct", items, signature }, options);
  }

  verifyBatch(sets: readonly BlsSignatureSet[], options: CryptoCallOptions = {}): Promise<readonly number[]> {
    return this.run({ type: "verifyBatch", sets }, options);
  }

  mergeSignatures(
    message: Uint8Array,
    items: readonly BlsSignerSignature[],
    options: CryptoCallOptions = {},
  ): Promise<MergedSignatures> {
    return this.run({ type: "mergeSignatures", message, items }, options);
  }

  addSignatures(signatures: readonly Uint8Array[], options: CryptoCallOptions = {}): Promise<Uint8Array | null> {
    return this.run({ type: "addSignatures", signatures }, options);
  }

  sign(publicKey: Uint8Array, message: Uint8Array, options: CryptoCallOptions = {}): Promise<Uint8Array> {
    return this.run({ type: "sign", publicKey, message }, options).then(signatureOfKnownKey);
  }

  verifyEd25519Batch(items: readonly Ed25519Signed[], options: CryptoCallOptions = {}): Promise<Uint8Array> {
    return this.run({ type: "verifyEd25519Batch", items }, options);
  }
}
