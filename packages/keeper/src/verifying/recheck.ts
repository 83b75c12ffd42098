import type { BlockId } from "@sealwright/types";
import { castVotes } from "../castVotes.js";
import type { ChainBlock } from "../chainBlock.js";
import { failedAgain } from "../failures.js";
import { halt, invalidateBranch } from "../invalidate.js";
import type { KeeperDraft } from "../keeperDraft.js";
import type { ExecutionOutcome } from "../keeperEvent.js";
import type { Recheck } from "./duty.js";
import { isNacked } from "./mayAttest.js";
import { refuteNacks } from "./settleNacks.js";

/** Has an applied block executed whose update alone was taken so far, because a Nack stands on it. */
export function startRecheck(draft: KeeperDraft, held: ChainBlock): void {
  const { duty, stage } = held;
  if (duty.type !== "bystander" || stage.phase !== "applied" || !isNacked(draft.state, held)) return;
  if (duty.recheck === "running" || duty.recheck === "valid") return;
  putRecheck(draft, held, "running");
  draft.emit({ type: "execute", block: held.block });
}

/** What did not work is tried again: a Nack may hold votes until it is settled. */
export function recheckAgain(draft: KeeperDraft): void {
  for (const held of draft.state.blocks.values()) {
    const isDue = draft.atMs >= held.failures.retryAtMs;
    if (isDue && held.duty.type === "bystander" && held.duty.recheck === "blocked") startRecheck(draft, held);
  }
}

/** @returns whether the outcome was that of an execution that a Nack asked for */
export function onRechecked(draft: KeeperDraft, blockId: BlockId, outcome: ExecutionOutcome): boolean {
  if (draft.state.nacking.doubtedFinals.has(blockId)) {
    settleDoubt(draft, blockId, outcome);
    return true;
  }
  const held = draft.state.blocks.get(blockId);
  if (held?.duty.type !== "bystander" || held.duty.recheck !== "running") return false;
  if (outcome.type === "refuted") invalidateBranch(draft, held, outcome.reason);
  else if (outcome.type === "failed")
    putRecheck(draft, { ...held, failures: failedAgain(held.failures, draft.atMs) }, "blocked");
  else if (outcome.type === "missingRef") putRecheck(draft, held, "blocked");
  else {
    putRecheck(draft, held, "valid");
    refuteNacks(draft, held);
    castVotes(draft);
  }
  return true;
}

/** F3: a quorum made final what own execution refutes. */
function settleDoubt(draft: KeeperDraft, blockId: BlockId, outcome: ExecutionOutcome): void {
  const doubtedFinals = new Set(draft.state.nacking.doubtedFinals);
  doubtedFinals.delete(blockId);
  draft.setNacking({ doubtedFinals });
  if (outcome.type === "refuted") halt(draft, `own execution refutes the final block ${blockId}: ${outcome.reason}`);
}

function putRecheck(draft: KeeperDraft, held: ChainBlock, recheck: Recheck): void {
  draft.putBlock({ ...held, duty: { type: "bystander", recheck } });
}
