import { ExecutionError, type Executor, type Rejection, type ThreadExecution } from "@sealwright/execution";

/** What admission says of a message; null: nothing against it. */
export type Verdict = Rejection | "unanswered" | null;

/** Signatures that this thread checks for one request, while its worker is being replaced. */
const CHECKED_HERE_MAX = 64;

/**
 * Asks the state of a thread for each message, in order. An execution that is being replaced answers nothing: what its
 * bytes alone allow is let in then, and the builder asks the state later. Signatures are checked in this thread, so only
 * of a few.
 */
export async function admitMessages(
  execution: ThreadExecution,
  messages: readonly Uint8Array[],
  executor: Executor,
): Promise<readonly Verdict[]> {
  try {
    return await execution.admit(messages);
  } catch (error) {
    if (!(error instanceof ExecutionError)) throw error;
    if (!error.retryable) return messages.map(() => "unanswered");
    const checked = executor.admit(messages.slice(0, CHECKED_HERE_MAX));
    return messages.map((_, i) => {
      const admitted = checked[i];
      if (admitted === undefined) return "unanswered";
      return admitted.ok ? null : admitted.error;
    });
  }
}
