import {
  type SealwrightRequest,
  sealwrightClaim,
  sealwrightDefect,
  sealwrightSigningBytes,
} from "./sealwrightRequest.js";
import type { Claim } from "../watermarks/marks.js";

/** All that a ForgeWorker can be asked. */
export type ForgeRequest = SealwrightRequest;

/** Identifies an accepted request in events; unique per worker. */
export type RequestId = number;

/** What is signed for a request, and what the marks are asked before: null for unguarded kinds. */
export interface SigningPlan {
  readonly bytes: Uint8Array;
  readonly claim: Claim | null;
}

export function planSigning(request: ForgeRequest): SigningPlan {
  const bytes = sealwrightSigningBytes(request);
  return { bytes, claim: sealwrightClaim(request, bytes) };
}

/** @returns why no honest caller would ask this, or null */
export function requestDefect(request: ForgeRequest): string | null {
  return sealwrightDefect(request);
}

/** Blocks before votes before statements, among requests of one deadline. */
export function kindRankOf(request: ForgeRequest): number {
  switch (request.kind) {
    case "candidateBlock":
      return 0;
    case "lock":
      return 1;
    case "attestation":
      return 2;
    case "ack":
    case "nack":
    case "yield":
    case "ticket":
      return 3;
  }
}

/** The place of a vote that a newer one makes worthless; null for what is never dropped for another. */
export function votePlaceOf(request: ForgeRequest): readonly [bigint, bigint] | null {
  if (request.kind !== "attestation") return null;
  return [request.attestation.term, request.attestation.height];
}
