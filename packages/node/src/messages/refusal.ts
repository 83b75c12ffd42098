import type { SubmitOutcome, SubmitRefusalCode } from "@sealwright/api";
import type { Rejection, RejectionCode } from "@sealwright/execution";
import type { MessageHash } from "@sealwright/types";

/** The engine's refusals in the words of the API. */
const CODES = {
  malformed: "malformedMessage",
  tooLarge: "messageTooLarge",
  wrongNetwork: "wrongNetwork",
  badSignature: "badSignature",
  amountZero: "malformedMessage",
  expired: "messageExpired",
  expiryTooFar: "expiryTooFar",
  wrongThread: "wrongThread",
  duplicate: "nonceUsed",
  nonceUsed: "nonceUsed",
  nonceTooOld: "nonceUsed",
  nonceTooHigh: "nonceTooHigh",
  unknownAccount: "accountUnknown",
  insufficientFunds: "insufficientFunds",
  balanceOverflow: "notAdmissible",
  notAccepted: "notAdmissible",
  computeSkipped: "computeSkipped",
  tooLong: "notAdmissible",
  noThread: "wrongThread",
  aborted: "notAdmissible",
  unsupported: "notAdmissible",
} as const satisfies Record<RejectionCode, SubmitRefusalCode>;

export function refusedBy(hash: MessageHash, { code, text, exitCode }: Rejection): SubmitOutcome {
  const refused = { type: "refused", hash, code: CODES[code], reason: text, retryAfterMs: null } as const;
  return exitCode === undefined ? refused : { ...refused, exitCode };
}
