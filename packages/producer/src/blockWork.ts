import type { SealedBlock } from "@sealwright/types";

/** Whether clients wait for this block to become final: it holds messages of theirs or of other threads. */
export function hasWork(block: Pick<SealedBlock, "body">): boolean {
  return block.body.externals.length > 0 || block.body.refs.length > 0;
}
