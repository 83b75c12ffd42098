import type { Logger, Result } from "@sealwright/types";
import type { SignFailure } from "../signer.js";

/**
 * Asks once more where no answer came, with the very same bytes: a signer that had signed them already signs or refuses
 * them again, and either is safe. An idle connection that the other side closes just then must not cost a vote.
 */
export async function askTwice<Answer>(
  ask: () => Promise<Result<Answer, SignFailure>>,
  { signer, logger }: { readonly signer: string; readonly logger: Logger },
): Promise<Result<Answer, SignFailure>> {
  const first = await ask();
  if (first.ok || first.error.code !== "signerUnavailable") return first;
  logger.log("info", "forge.remoteSignerRetry", { signer, message: first.error.message });
  return ask();
}
