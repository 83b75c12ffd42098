import type { ChainBlock } from "../chainBlock.js";
import type { KeeperDraft } from "../keeperDraft.js";

/** Blocks that become final while they are executed again: the answer is still waited for. */
export function doubtFinals(draft: KeeperDraft, newlyFinal: readonly ChainBlock[]): void {
  const running = newlyFinal.filter(({ duty }) => duty.type === "bystander" && duty.recheck === "running");
  if (running.length === 0) return;
  const ids = running.map(({ facts }) => facts.id);
  draft.setNacking({ doubtedFinals: new Set([...draft.state.nacking.doubtedFinals, ...ids]) });
}
