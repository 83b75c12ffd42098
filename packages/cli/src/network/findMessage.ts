import { ApiClientError, type MessageJson } from "@sealwright/api/client";
import { clientOf } from "./target.js";

/**
 * What the first node, in their order, that has met a message says of it; null when none has. Nodes that are down, or that
 * do not answer in time, are passed over.
 * @throws the failure of the first node when none answers
 */
export async function findMessage(
  urls: readonly string[],
  hash: string,
  answerMsMax: number,
): Promise<MessageJson | null> {
  const failures: ApiClientError[] = [];
  for (const url of urls) {
    const client = clientOf(url);
    try {
      const message = await client.status(hash, { signal: AbortSignal.timeout(answerMsMax) });
      if (message !== null) return message;
    } catch (error) {
      if (!(error instanceof ApiClientError)) throw error;
      failures.push(error);
    } finally {
      client.close();
    }
  }
  const [first] = failures;
  if (first !== undefined && failures.length === urls.length) throw first;
  return null;
}
