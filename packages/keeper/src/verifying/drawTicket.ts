import { isVerifier } from "@sealwright/consensus";
import type { BlockId } from "@sealwright/types";
import type { KeeperDraft } from "../keeperDraft.js";
import type { ForgeOutcome } from "../keeperEvent.js";
import type { KeeperConfig } from "../keeperState.js";
import { startExecution } from "../startExecution.js";
import { type Duty, VERIFIER } from "./duty.js";

/** Of a block that others sealed. An observer draws no ticket: it executes everything, and says nothing. */
export function firstDuty({ verification, signer }: KeeperConfig): Duty {
  return verification.mode === "lottery" && signer !== null ? { type: "drawing" } : VERIFIER;
}

/**
 * The ticket decides, and a lost one is forgotten: it leaves for nobody. Who cannot sign now executes: that is never
 * wrong.
 */
export function onTicketDrawn(draft: KeeperDraft, blockId: BlockId, outcome: ForgeOutcome): void {
  const held = draft.state.blocks.get(blockId);
  if (held === undefined || held.duty.type !== "drawing") return;
  draft.putBlock({ ...held, duty: dutyAfter(draft.state.config, outcome) });
  startExecution(draft, blockId);
}

function dutyAfter({ verification, rules }: KeeperConfig, outcome: ForgeOutcome): Duty {
  if (outcome.type !== "signed" || verification.mode === "all") return VERIFIER;
  if (!isVerifier(outcome.signature, verification.verifiers, rules.keepers.size))
    return { type: "bystander", recheck: "none" };
  return { type: "verifier", ticket: outcome.signature };
}
