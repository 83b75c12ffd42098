import type { ChainBlock } from "./chainBlock.js";
import { childrenOf, isCertified } from "./chainView.js";
import type { KeeperDraft } from "./keeperDraft.js";
import { noteFault } from "./switching/watchProgress.js";

/**
 * Marks a block and its descendants invalid. When a certificate vouches for the branch, f + 1 honest keepers found it
 * valid: then this node is the broken one. It stops voting and says so (protocol §7).
 */
export function invalidateBranch(draft: KeeperDraft, root: ChainBlock, reason: string): void {
  if (isCertified(draft.state, root.facts))
    return halt(draft, `own execution refutes the certified block ${root.facts.id}: ${reason}`);
  noteFault(draft, root.facts.term, "its producer sealed an invalid block");
  const open = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    draft.putBlock({ ...next, stage: { phase: "invalid", reason } });
    draft.emit({ type: "notify", notice: { type: "invalid", blockId: next.facts.id, reason } });
    draft.emit({ type: "releaseStates", blockIds: [next.facts.id] });
    open.push(...childrenOf(draft.state, next.facts.id));
  }
}

export function halt(draft: KeeperDraft, reason: string): void {
  if (draft.state.halted !== null) return;
  draft.set({ halted: reason });
  draft.emit({ type: "notify", notice: { type: "halted", reason } });
}
