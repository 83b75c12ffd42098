import type { BlockId } from "@sealwright/types";
import { isApplied } from "./chainView.js";
import type { KeeperDraft } from "./keeperDraft.js";

/** Starts execution, or application of the update, of a block whose signatures are good and whose parent is applied. */
export function startExecution(draft: KeeperDraft, blockId: BlockId): void {
  const held = draft.state.blocks.get(blockId);
  if (held?.stage.phase !== "candidate" || held.stage.signatures !== "valid") return;
  if (held.stage.execution !== "waiting" && held.stage.execution !== "blocked") return;
  if (held.duty.type === "drawing" || !isApplied(draft.state, held.facts.parentId)) return;
  draft.putBlock({ ...held, stage: { ...held.stage, execution: "running" } });
  draft.emit({ type: held.duty.type === "bystander" ? "applyUpdate" : "execute", block: held.block });
}
