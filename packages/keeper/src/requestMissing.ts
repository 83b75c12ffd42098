import { type BlockId, height, type KeeperId } from "@sealwright/types";
import type { KeeperDraft } from "./keeperDraft.js";

/** A peer that was asked is asked again after this long. */
export const REQUEST_RETRY_MS = 500;

/** Asks a peer for the chain from just above the last final block to `tipId`. */
export function requestMissing(draft: KeeperDraft, peer: KeeperId, tipId: BlockId | null): void {
  const { lastRequests, final } = draft.state;
  const lastMs = lastRequests.get(peer);
  if (lastMs !== undefined && draft.atMs - lastMs < REQUEST_RETRY_MS) return;
  draft.set({ lastRequests: new Map(lastRequests).set(peer, draft.atMs) });
  draft.emit({ type: "requestBlocks", to: peer, fromHeight: height(final.height + 1n), tipId });
}
