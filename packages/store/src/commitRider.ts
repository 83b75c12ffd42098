import type { BlockId } from "@sealwright/types";
import type { KeyValueOp } from "./keyValueStore.js";

/** Records of another store that travel with a commit: written together or not at all. */
export interface CommitRider {
  /** What has changed since the last call; `done` is called when it is on disk. */
  takeUnsaved(): { readonly ops: readonly KeyValueOp[]; readonly done: () => void };
  /** Deletes all that is kept about these blocks. */
  forget(ids: readonly BlockId[]): Promise<readonly KeyValueOp[]>;
}
