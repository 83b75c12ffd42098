import type { KeeperId, ThreadStatus } from "@sealwright/types";
import { newestApplied } from "./chainView.js";
import type { KeeperDraft } from "./keeperDraft.js";

/** A peer that lacks blocks is told so again after this long. */
export const SHOW_AGAIN_MS = 500;

export function showStatus(draft: KeeperDraft, peer: KeeperId): void {
  draft.set({ lastShown: new Map(draft.state.lastShown).set(peer, draft.atMs) });
  draft.emit({ type: "sendStatus", to: peer });
}

/**
 * A peer whose status shows that it lacks blocks which are applied here hears where this keeper stands, and asks for
 * them, whoever produced them: their producer may be gone, or no link may lead from it to the peer.
 */
export function answerWhoLacks(draft: KeeperDraft, peer: KeeperId, status: ThreadStatus): void {
  const { final, lastShown } = draft.state;
  const isBehind = status.finalHeight < final.height || status.tip.height < newestApplied(draft.state).height;
  const shownAtMs = lastShown.get(peer);
  if (!isBehind || (shownAtMs !== undefined && draft.atMs - shownAtMs < SHOW_AGAIN_MS)) return;
  showStatus(draft, peer);
}
