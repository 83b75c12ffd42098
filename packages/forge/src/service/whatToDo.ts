import type { RefusalReason } from "./serviceRefusal.js";

/** For failures that the forge, a store or a signer tells in its own words: what their askers can do. */
const WHAT_TO_DO: Partial<Record<RefusalReason, string>> = {
  unknownKey: "ask for a key that is served, or add this one to the configuration and reload",
  malformedRequest: "repair the client, nothing was recorded",
  queueFull: "ask again after a second, and for less at once",
  tooManyWaiting: "ask again after a second, and for less at once",
  refusedBySigner: "that is final; read the other signer's log for the rule that it follows",
  signerUnavailable:
    "see that the signer behind this service runs and can be reached, then ask for the very same bytes again",
  badSignature: "see which key the signer behind this service uses under that name",
  signerFailed: "read the log of the signer behind this service",
  signerTimeout:
    "the place is used up, so ask for the very same bytes again and for no others; see why the signer is slow",
  storeTimeout:
    "the place may be used up, so ask for the very same bytes again and for no others; see why the disk or the database is slow",
  expired:
    "the place may be used up, so ask for the very same bytes again and for no others; if this comes often, raise `limits.signMsMax` or see why the signer is slow",
  cancelled: "ask again, or another service if this one stops",
  aborted: "ask again if the signature is still wanted",
  storeFailed: "look at the disk or the database of the watermarks, nothing is signed until they can be written",
  notLeaseHolder: "ask the service that leads",
  storeClosed: "this service stops: ask another one, or this one when it runs again",
  forgeUnavailable: "this service stops: ask another one, or this one when it runs again",
  internal: "read the log of this service",
};

/** @returns what happened, and what to do about it */
export function withAdvice(reason: RefusalReason, message: string): string {
  const advice = WHAT_TO_DO[reason];
  return advice === undefined ? message : `${message}: ${advice}`;
}
