import type { BlockFacts } from "@sealwright/consensus";
import { type Repository, StoreError } from "@sealwright/store";
import { equalBytes } from "@sealwright/types";

/**
 * The root is computed from what was read: a state that lost entries on the disk must not be built upon, nor attested.
 * Throws `StoreError` when it is not the one that the last final block commits to.
 */
export async function checkLoadedState(
  repository: Pick<Repository, "header">,
  { threadId, id, height }: Pick<BlockFacts, "threadId" | "id" | "height">,
  stateRoot: Uint8Array,
): Promise<void> {
  const header = await repository.header(id);
  if (header !== null && equalBytes(header.stateRoot, stateRoot)) return;
  const what = `the stored state of thread ${threadId} is not the one of its last final block, ${height}`;
  const todo =
    "move the store out of the data directory and start again: it is fetched anew; keep the key's watermarks";
  throw new StoreError("corrupt", `${what}; ${todo}`);
}
