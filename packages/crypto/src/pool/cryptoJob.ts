import { assertNever } from "@sealwright/types";
import type { BlsSignedMessage } from "../bls/blsVerify.js";
import type { BlsSignerSignature, MergedSignatures } from "../bls/mergeSignatures.js";
import type { BlsSignatureSet } from "../bls/verifyBatch.js";
import type { Ed25519Signed } from "../ed25519.js";

/** What the crypto service can be asked. Plain bytes: a decoded point does not survive the way to a worker. */
export type CryptoJob =
  | ({ readonly type: "verifyAggregate" } & BlsSignatureSet)
  | {
      readonly type: "verifyAggregateDistinct";
      readonly items: readonly BlsSignedMessage[];
      readonly signature: Uint8Array;
    }
  | { readonly type: "verifyBatch"; readonly sets: readonly BlsSignatureSet[] }
  | { readonly type: "mergeSignatures"; readonly message: Uint8Array; readonly items: readonly BlsSignerSignature[] }
  | { readonly type: "addSignatures"; readonly signatures: readonly Uint8Array[] }
  | { readonly type: "sign"; readonly publicKey: Uint8Array; readonly message: Uint8Array }
  | { readonly type: "verifyEd25519Batch"; readonly items: readonly Ed25519Signed[] };

type CryptoAnswers = {
  readonly verifyAggregate: boolean;
  readonly verifyAggregateDistinct: boolean;
  /** indices of the bad sets */
  readonly verifyBatch: readonly number[];
  readonly mergeSignatures: MergedSignatures;
  /** null: one of them is no signature */
  readonly addSignatures: Uint8Array | null;
  /** null: no such key here */
  readonly sign: Uint8Array | null;
  readonly verifyEd25519Batch: Uint8Array;
};

/** What a job is answered with. */
export type CryptoAnswer<J extends CryptoJob = CryptoJob> = CryptoAnswers[J["type"]];

/** Keys and signatures in the job: what its cost grows with. */
export function itemCountOf(job: CryptoJob): number {
  switch (job.type) {
    case "verifyAggregate":
      return job.publicKeys.length;
    case "verifyAggregateDistinct":
    case "mergeSignatures":
    case "verifyEd25519Batch":
      return job.items.length;
    case "verifyBatch":
      return job.sets.reduce((sum, set) => sum + Math.max(1, set.publicKeys.length), 0);
    case "addSignatures":
      return job.signatures.length;
    case "sign":
      return 1;
    default:
      return assertNever(job);
  }
}

/**
 * The same job with every byte string in a buffer of its own. Posting a view copies the whole buffer below it, so
 * a 96-byte signature cut out of a 1 MB frame would cost a megabyte.
 */
export function compactJob(job: CryptoJob): CryptoJob {
  switch (job.type) {
    case "verifyAggregate":
      return { type: job.type, ...compactSet(job) };
    case "verifyAggregateDistinct":
      return {
        type: job.type,
        items: job.items.map((item) => ({ publicKey: compact(item.publicKey), message: compact(item.message) })),
        signature: compact(job.signature),
      };
    case "verifyBatch":
      return { type: job.type, sets: job.sets.map(compactSet) };
    case "mergeSignatures":
      return {
        type: job.type,
        message: compact(job.message),
        items: job.items.map((item) => ({ publicKey: compact(item.publicKey), signature: compact(item.signature) })),
      };
    case "addSignatures":
      return { type: job.type, signatures: job.signatures.map(compact) };
    case "sign":
      return { type: job.type, publicKey: compact(job.publicKey), message: compact(job.message) };
    case "verifyEd25519Batch":
      return { type: job.type, items: job.items.map(compactSigned) };
    default:
      return assertNever(job);
  }
}

function compactSet(set: BlsSignatureSet): BlsSignatureSet {
  return { publicKeys: set.publicKeys.map(compact), message: compact(set.message), signature: compact(set.signature) };
}

function compactSigned(item: Ed25519Signed): Ed25519Signed {
  return {
    publicKey: compact(item.publicKey),
    message: compact(item.message),
    signature: compact(item.signature),
  };
}

/** Also copies a view of exactly its buffer: the job is fixed when it is asked, whatever the caller does afterwards. */
function compact(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
