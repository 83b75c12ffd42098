import type { BlockBody, BlockHeader, Ref } from "@sealwright/types";

/** Of a final block, what an audit reads; every sealed block is one. */
export interface AuditedBlock {
  readonly header: Pick<BlockHeader, "threadId" | "height">;
  readonly body: Pick<BlockBody, "externals" | "outbound" | "receipts" | "stateUpdate"> & {
    readonly refs: readonly Pick<Ref, "threadId" | "from" | "to">[];
  };
}
