import type { Logger } from "@sealwright/types";
import type { ServiceRefusal } from "../serviceRefusal.js";

/**
 * A line for whoever looks for it, as anybody who reaches the port can cause one. What a watermark refuses is told by the
 * forge, with more.
 */
export function logRefusal(logger: Logger, route: string, refusal: ServiceRefusal, error: unknown): void {
  const { code, message, reason } = refusal;
  if (reason === "internal") logger.log("error", "forge.requestFailed", { route, error: String(error) });
  else if (refusal.refusal === null) logger.log("debug", "forge.requestRefused", { route, reason: code, message });
}
