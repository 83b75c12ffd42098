import { type Executor, EXPIRY_AHEAD_MS_MAX, type MessageFacts } from "@sealwright/execution";
import { threadOf, type ThreadsTable } from "@sealwright/types";
import type { OpenBlock } from "./openBlock.js";

/**
 * An external message of a block, by its bytes; null when they are not the message that the receipt names, or one that
 * the block may not hold (M1). A keeper that did not execute the block has the word of others for it.
 */
export function messageInBlock(
  { block, hashes }: OpenBlock,
  index: number,
  { executor, threadsTable }: { readonly executor: Executor; readonly threadsTable: ThreadsTable },
): MessageFacts | null {
  const { threadId, timeMs } = block.header;
  const given = block.body.externals[index];
  const facts = given === undefined ? null : executor.inspect(given);
  if (facts === null || !facts.ok) return null;
  const { hash, account, expiresAtMs } = facts.value;
  const isTimely = expiresAtMs >= timeMs && expiresAtMs <= timeMs + EXPIRY_AHEAD_MS_MAX;
  const isHere = threadOf(threadsTable, account) === threadId;
  return hash === hashes[index] && isTimely && isHere ? facts.value : null;
}
