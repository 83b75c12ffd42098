import { type BlockId, height, type KeeperId } from "@sealwright/types";
import type { KeeperDraft } from "./keeperDraft.js";

/** A request that brought nothing is made again after this long. */
export const REQUEST_RETRY_MS = 500;

/** Asks a peer for the chain from just above the last final block to `tipId`; one request at a time. */
export function requestMissing(draft: KeeperDraft, peer: KeeperId, tipId: BlockId | null): void {
  const { lastRequest, final } = draft.state;
  if (lastRequest !== null && draft.atMs - lastRequest.atMs < REQUEST_RETRY_MS) return;
  draft.set({ lastRequest: { to: peer, atMs: draft.atMs } });
  draft.emit({ type: "requestBlocks", to: peer, fromHeight: height(final.height + 1n), tipId });
}
