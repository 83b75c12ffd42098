import type { Clock } from "@sealwright/types";
import type { SignOptions } from "../signer.js";
import type { RemoteCallOptions } from "./octezTransport.js";

/** Of the calls that one signature may take: each has its limit, and all of them share the signature's deadline. */
export function callLimits(
  { signal, deadlineMs }: SignOptions,
  timeoutMs: number,
  clock: Clock,
): () => RemoteCallOptions {
  const endsAtMs = deadlineMs === null ? Infinity : clock.monotonicMs() + deadlineMs;
  return () => ({
    signal,
    timeoutMs: Math.ceil(Math.max(0, Math.min(timeoutMs, endsAtMs - clock.monotonicMs()))),
  });
}
