import { assertNever, toHex } from "@sealwright/types";
import type { BlsScheme } from "../bls/blsScheme.js";
import type { BlsSignatureSet } from "../bls/verifyBatch.js";
import { ed25519VerifyBatch } from "../ed25519.js";
import type { CryptoAnswer, CryptoJob } from "./cryptoJob.js";
import type { SignerKeys } from "./signerKeys.js";

export type NumberedJob = { readonly id: number; readonly job: CryptoJob };
export type NumberedAnswer = { readonly id: number; readonly answer: CryptoAnswer };

/** Does one job in place. */
export function runCryptoJob(scheme: BlsScheme, keys: SignerKeys, job: CryptoJob): CryptoAnswer {
  switch (job.type) {
    case "verifyAggregate":
      return scheme.verifyAggregate(job.publicKeys, job.message, job.signature);
    case "verifyAggregateDistinct":
      return scheme.verifyAggregateDistinct(job.items, job.signature);
    case "verifyBatch":
      return scheme.verifyBatch(job.sets);
    case "mergeSignatures":
      return scheme.mergeSignatures(job.message, job.items);
    case "addSignatures": {
      const sum = scheme.aggregateSignatures(job.signatures);
      return sum.ok ? sum.value : null;
    }
    case "sign":
      return keys.get(toHex(job.publicKey))?.sign(job.message) ?? null;
    case "verifyEd25519Batch":
      return ed25519VerifyBatch(job.items);
    default:
      return assertNever(job);
  }
}

/**
 * Does several jobs, telling each answer as soon as it is there. Checks that arrived together are made as one batch,
 * at about half the price; the batch weighs each at random, so none can cover for another.
 */
export function runCryptoJobs(
  scheme: BlsScheme,
  keys: SignerKeys,
  jobs: readonly NumberedJob[],
  tell: (answer: NumberedAnswer) => void,
): void {
  const together: { readonly id: number; readonly set: BlsSignatureSet }[] = [];
  for (const { id, job } of jobs) {
    if (job.type === "verifyAggregate") together.push({ id, set: job });
    else tell({ id, answer: runCryptoJob(scheme, keys, job) });
  }
  if (together.length === 0) return;
  const bad = new Set(scheme.verifyBatch(together.map((one) => one.set)));
  for (const [index, { id }] of together.entries()) tell({ id, answer: !bad.has(index) });
}
