import type { SubmitRefusalCode } from "@sealwright/api";
import type { RejectionCode } from "@sealwright/execution";

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
  unknownAccount: "accountUnknown",
  insufficientFunds: "insufficientFunds",
  balanceOverflow: "notAdmissible",
  notAccepted: "notAdmissible",
  tooLong: "notAdmissible",
  noThread: "wrongThread",
  aborted: "notAdmissible",
  unsupported: "notAdmissible",
} as const satisfies Record<RejectionCode, SubmitRefusalCode>;

export function refusalCodeOf(code: RejectionCode): SubmitRefusalCode {
  return CODES[code];
}
