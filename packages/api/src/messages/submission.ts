import { assert, limits, type MessageHash, sha256Hex } from "@sealwright/types";
import type { SubmitOutcome, SubmitRefusalCode } from "../backend/message.js";
import type { NodeBackend } from "../backend/nodeBackend.js";

type Refused = Extract<SubmitOutcome, { type: "refused" }>;

/**
 * Hands to the backend what can be a message at all, and answers for the rest itself.
 * @param messages null stands for text that is neither hex nor base64
 * @returns one outcome per message, in order; null for a null
 */
export async function submitAll(
  backend: Pick<NodeBackend, "submit">,
  messages: readonly (Uint8Array | null)[],
): Promise<(SubmitOutcome | null)[]> {
  const outcomes = messages.map((message) => (message === null ? null : refusedBySize(message)));
  const offered = messages.filter((message, i): message is Uint8Array => message !== null && outcomes[i] === null);
  if (offered.length === 0) return outcomes;
  const answers = await backend.submit(offered);
  assert(answers.length === offered.length, "a backend answers for every message it is offered");
  let next = 0;
  return outcomes.map((outcome, i) => (messages[i] === null ? null : (outcome ?? answers[next++] ?? null)));
}

function refusedBySize(message: Uint8Array): Refused | null {
  if (message.length === 0) return refused(message, "malformedMessage", "the message is empty");
  const max = limits.EXTERNAL_MESSAGE_BYTES_MAX;
  if (message.length <= max) return null;
  return refused(message, "messageTooLarge", `the message has ${message.length} bytes, at most ${max} are allowed`);
}

function refused(message: Uint8Array, code: SubmitRefusalCode, reason: string): Refused {
  return { type: "refused", hash: sha256Hex(message) as MessageHash, code, reason, retryAfterMs: null };
}
