import type { BlockId, NetworkId, ThreadId } from "@sealwright/types";
import type { KeeperSet } from "./keeperSet.js";

/** What is fixed for a thread and every check needs. */
export interface ThreadRules {
  readonly networkId: NetworkId;
  readonly threadId: ThreadId;
  /** Id of the block that spawned the thread, or of its genesis block. */
  readonly seed: BlockId;
  readonly keepers: KeeperSet;
  readonly threadsTableHash: Uint8Array;
}
