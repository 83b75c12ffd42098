import { ApiRefusal } from "@sealwright/api";
import { ExecutionError } from "@sealwright/execution";

/** By then a worker that was replaced holds its states again, and a busy one has answered a few. */
const RETRY_AFTER_MS = 500;

/** A read of a thread's state for a client, who is told to come again when the execution cannot answer now. */
export async function executionRead<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof ExecutionError) || !error.retryable) throw error;
    throw new ApiRefusal("unavailable", "this node cannot read that state at this moment", {
      retryAfterMs: RETRY_AFTER_MS,
    });
  }
}
