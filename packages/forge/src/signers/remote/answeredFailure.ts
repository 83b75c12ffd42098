import type { SignFailure } from "../signer.js";

/** Words by which a signer says that it will not sign this: its watermarks, its policy, its rules, or the person who holds the device. */
const REFUSALS =
  /high watermark|watermark validation|already signed|magic ?byte|not ?allowed|policy|keyStopped|wrongFormForKey|undecodable|trailingBytes|negativeNumber|malformedRequest|unsupportedVersion|conditions of use not satisfied|rejected by|declined/i;
const NO_SUCH_KEY = /\bunknown ?key\b|no keys? for (the )?source hash/i;
/** Codes with which a service of our own kind says that the same may work later, as they stand at the start of its text. */
const NOT_NOW =
  /^(queueFull|tooManyWaiting|signerUnavailable|signerTimeout|storeTimeout|expired|cancelled|aborted|storeFailed|notLeaseHolder|forgeUnavailable|draining):/;

/**
 * What a whole error answer of an Octez-like signer means. Such errors are one kind of answer whatever the reason, so the
 * text has to tell a refusal from a fault. Whatever it says, the signer was reached and has spoken: this is never
 * `signerUnavailable`, for which the very same would be asked again at once.
 * @param mayPass what the answer tells besides its text: may the same work later?
 */
export function answeredFailure(text: string, mayPass: boolean): SignFailure {
  if (NO_SUCH_KEY.test(text)) return { code: "unknownKey", message: text, retryable: false };
  if (REFUSALS.test(text)) return { code: "refusedBySigner", message: text, retryable: false };
  const isAboutUs = /authentication/i.test(text);
  return { code: "signerFailed", message: text, retryable: !isAboutUs && (mayPass || NOT_NOW.test(text)) };
}

/** An answer that is none of this protocol: something else may listen there, for now. */
export function nonsense(message: string): SignFailure {
  return { code: "signerFailed", message, retryable: true };
}
