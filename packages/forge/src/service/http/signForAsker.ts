import { assertNever } from "@sealwright/types";
import { markScopeOf } from "../../requests/forgeRequest.js";
import type { ForgeResult, PushError } from "../../worker/forgeOptions.js";
import type { ServiceKey } from "../keys/serviceKey.js";
import type { ReadPayload } from "../payload/readPayload.js";
import { SCOPES_PER_KEY_MAX } from "../scopeLimit.js";
import { REFUSAL_STATUS, keyStopped, type RefusalReason, ServiceRefusal, unknownKey } from "../serviceRefusal.js";
import { withAdvice } from "../whatToDo.js";
import type { ServiceContext } from "./serviceContext.js";

export interface Signed {
  readonly signature: Uint8Array;
  readonly repeated: boolean;
}

/**
 * Policy first, then the forge: its watermark, its queue, its signer.
 * @param gone aborted when the asker has left
 * @throws ServiceRefusal
 */
export async function signForAsker(
  context: ServiceContext,
  key: ServiceKey,
  payload: ReadPayload,
  gone: AbortSignal,
): Promise<Signed> {
  checkPolicy(key, payload);
  checkScope(context, key, payload);
  const { signMsMax } = context.config().limits;
  const result = await context.forge.forge(payload.request, { signal: gone, deadlineMs: signMsMax });
  // It may have waited, and a reload may have stopped the key meanwhile: then no signature leaves.
  const now = context.keys.now(key);
  if (now === null) throw unknownKey(key.name);
  checkPolicy(now, payload);
  return signedOf(result);
}

function checkPolicy(key: ServiceKey, { kind, chain }: ReadPayload): void {
  if (!key.enabled) throw keyStopped(key.name);
  if (!key.allow.has(kind))
    throw new ServiceRefusal(
      "kindNotAllowed",
      `${key.name} may not sign what \`${kind}\` stands for, only ${[...key.allow].join(", ") || "nothing"}: if it shall, add that to its \`allow\` and reload`,
    );
  if (chain !== null && key.chains !== null && !key.chains.has(chain))
    throw new ServiceRefusal(
      "chainNotAllowed",
      `${key.name} does not sign for chain ${chain}: if it shall, add it to the key's \`chains\` or to \`policy.chains\` and reload`,
    );
}

/** Before anything is recorded: a scope that is made stays. */
function checkScope({ scopeLimit }: ServiceContext, key: ServiceKey, { request, chain }: ReadPayload): void {
  const scope = markScopeOf(request);
  if (scope === null || scopeLimit.admits(scope, key.chains)) return;
  const advice =
    key.chains === null
      ? "name the chains that it signs for in its `chains` or in `policy.chains` and reload; then no others count"
      : "name fewer chains in its `chains` or in `policy.chains` and reload, or sign for some of them with another key";
  throw new ServiceRefusal(
    "tooManyChains",
    `${key.name} has watermarks on ${SCOPES_PER_KEY_MAX} chains and threads already, and this one on ${chain ?? "another chain"} would be one more, so nothing was signed: ${advice}`,
  );
}

function signedOf(result: ForgeResult): Signed {
  switch (result.kind) {
    case "refused":
      throw new ServiceRefusal("watermark", result.refusal.message, result.refusal);
    case "failed":
      throw failed(reasonOf(result.code), result.message, result.retryable);
    case "cancelled":
      throw failed("cancelled", "the request was taken back before it was signed");
    case "expired":
      throw failed("expired", `the time for this signature ran out (${result.phase})`);
    case "notAccepted":
      throw notAccepted(result.error);
    case "blockReady":
    case "attestationReady":
    case "lockReady":
    case "ackReady":
    case "nackReady":
    case "yieldReady":
    case "ticketReady":
    case "tezosBlockReady":
    case "preattestationReady":
    case "tezosAttestationReady":
    case "tezosOperationReady":
    case "beaconBlockReady":
    case "beaconAttestationReady":
    case "beaconOtherReady":
      return { signature: result.signature, repeated: result.repeated };
    default:
      return assertNever(result);
  }
}

function notAccepted({ code, message }: PushError): ServiceRefusal {
  return failed(code, message);
}

/** Whoever failed says what happened; what to do about it depends on its kind alone. */
function failed(reason: RefusalReason, message: string, retryable?: boolean): ServiceRefusal {
  return new ServiceRefusal(reason, withAdvice(reason, message), null, retryable);
}

function reasonOf(code: string): RefusalReason {
  return code in REFUSAL_STATUS ? (code as RefusalReason) : "internal";
}
