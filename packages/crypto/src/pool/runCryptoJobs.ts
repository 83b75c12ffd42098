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

/** Jobs that came in bulk are answered in so many parts: each wakes the asking thread, which costs it a switch. */
const ANSWER_PARTS = 4;

/**
 * Does several jobs, telling answers as soon as they are there. Checks that arrived together are made as one batch,
 * at about half the price; the batch weighs each at random, so none can cover for another.
 */
export function runCryptoJobs(
  scheme: BlsScheme,
  keys: SignerKeys,
  jobs: readonly NumberedJob[],
  tell: (answers: readonly NumberedAnswer[]) => void,
): void {
  const together: { readonly id: number; readonly set: BlsSignatureSet }[] = [];
  const partSize = Math.ceil(jobs.length / ANSWER_PARTS);
  let part: NumberedAnswer[] = [];
  for (const { id, job } of jobs) {
    if (job.type === "verifyAggregate") {
      together.push({ id, set: job });
      continue;
    }
    part.push({ id, answer: runCryptoJob(scheme, keys, job) });
    if (part.length < partSize) continue;
    tell(part);
    part = [];
  }
  if (part.length > 0) tell(part);
  if (together.length === 0) return;
  const bad = new Set(scheme.verifyBatch(together.map((one) => one.set)));
  tell(together.map(({ id }, index) => ({ id, answer: !bad.has(index) })));
}
