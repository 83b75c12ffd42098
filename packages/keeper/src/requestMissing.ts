import type { BlockFacts } from "@sealwright/consensus";
import { type BlockId, height, type Height, type KeeperId } from "@sealwright/types";
import { chainTo } from "./chainView.js";
import type { KeeperDraft } from "./keeperDraft.js";
import type { KeeperState } from "./keeperState.js";

/** A peer that was asked is asked again after this long. */
export const REQUEST_RETRY_MS = 500;
/** With so much above the last final block in hand, execution is what is waited for, not blocks. */
export const AHEAD_BLOCKS_MAX = 200;
export const AHEAD_BYTES_MAX = 64 * 1024 * 1024;

/** The end of the chain that is wanted; its height is null when nobody said it. */
export interface WantedTip {
  readonly id: BlockId | null;
  readonly height: Height | null;
}

/**
 * Asks a peer for the chain up to `tip`: from just above the certified blocks that are held already, so that a keeper
 * that is far behind is not sent them again and again; or from the last final block, when the tip lies no higher than
 * those, on a branch of its own.
 */
export function requestMissing(draft: KeeperDraft, peer: KeeperId, tip: WantedTip): void {
  const { lastRequests, final } = draft.state;
  const lastMs = lastRequests.get(peer);
  if (lastMs !== undefined && draft.atMs - lastMs < REQUEST_RETRY_MS) return;
  const held = highestCertified(draft.state);
  const isAbove = tip.height !== null && tip.height > held.height;
  if (isAbove && (isUnderWay(draft.state) || hasEnough(draft.state, held.id))) return;
  draft.set({ lastRequests: new Map(lastRequests).set(peer, draft.atMs) });
  const fromHeight = height((isAbove ? held : final).height + 1n);
  draft.emit({ type: "requestBlocks", to: peer, fromHeight, tipId: tip.id });
}

/** The highest block that is held, with all its ancestors, and that a quorum attested; else the last final one. */
function highestCertified({ certificates, blocks, final }: KeeperState): BlockFacts {
  let highest = final;
  for (const id of certificates.keys()) {
    const facts = blocks.get(id)?.facts;
    if (facts !== undefined && facts.height > highest.height) highest = facts;
  }
  return highest;
}

/** Blocks that came wait for the signatures of their parents. */
function isUnderWay({ parked, blocks }: KeeperState): boolean {
  for (const parentId of parked.keys()) {
    const stage = blocks.get(parentId)?.stage;
    if (stage?.phase === "candidate" && stage.signatures === "checking") return true;
  }
  return false;
}

/** Only what leads to the highest certified block counts: anything else may fall away, and execution does not wait for it. */
function hasEnough(state: KeeperState, heldId: BlockId): boolean {
  const ahead = chainTo(state, heldId) ?? [];
  const bytes = ahead.reduce((sum, { block }) => sum + block.bytes.length, 0);
  return ahead.length >= AHEAD_BLOCKS_MAX || bytes >= AHEAD_BYTES_MAX;
}
