import type { SealedBlock } from "@sealwright/types";
import type { ChainBlock } from "./chainBlock.js";
import { childrenOf, isCertified } from "./chainView.js";
import type { KeeperDraft } from "./keeperDraft.js";
import { isNamedByCertificate, unparkBranch } from "./parkedBlocks.js";
import { noteFault } from "./switching/watchProgress.js";

/**
 * Marks a block whose signatures are good, and its descendants, invalid. When a certificate vouches for the branch, f + 1 honest keepers found it
 * valid: then this node is the broken one. It stops voting and says so (protocol §7).
 */
export function invalidateBranch(draft: KeeperDraft, root: ChainBlock, reason: string): void {
  if (isCertified(draft.state, root.facts))
    return halt(draft, `own execution refutes the certified block ${root.facts.id}: ${reason}`);
  noteFault(draft, root.facts.term, "its producer sealed an invalid block");
  const open = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { id } = next.facts;
    // Nobody is known to have sealed a copy that is not checked: it goes, and leaves no mark at its place.
    if (isUnchecked(next)) draft.deleteBlock(id);
    else {
      draft.putBlock({ ...next, stage: { phase: "invalid", reason } });
      draft.emit({ type: "notify", notice: { type: "invalid", blockId: id, reason } });
    }
    draft.emit({ type: "releaseStates", blockIds: [id] });
    for (const { block } of draft.state.parked.get(id) ?? []) refuseChild(draft, block, reason);
    unparkBranch(draft, id);
    open.push(...childrenOf(draft.state, id));
  }
}

function isUnchecked({ stage }: ChainBlock): boolean {
  return stage.phase === "candidate" && stage.signatures === "checking";
}

/** A quorum that attested a block on a refuted one found both valid: then this node is the broken one. */
export function refuseChild(draft: KeeperDraft, child: SealedBlock, reason: string): void {
  if (isNamedByCertificate(draft.state, child.id))
    halt(draft, `a quorum attested ${child.id}, whose parent this node refuted: ${reason}`);
}

export function halt(draft: KeeperDraft, reason: string): void {
  if (draft.state.halted !== null) return;
  draft.set({ halted: reason });
  draft.emit({ type: "notify", notice: { type: "halted", reason } });
}
