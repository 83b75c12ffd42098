import { BLOCK_LAG_FOR_MS, BLOCK_LAG_MS_MAX } from "@sealwright/consensus";
import type { ChainBlock } from "../chainBlock.js";
import type { KeeperDraft } from "../keeperDraft.js";
import { noteFault } from "./watchProgress.js";

/**
 * A producer whose blocks stay far behind the time keeps messages from expiring (§8). Only blocks that it has just sent
 * count: those that others serve may be old by right.
 */
export function watchBlockTimes(draft: KeeperDraft, { facts, from }: ChainBlock): void {
  const { switching, vote } = draft.state;
  if (facts.term !== vote.currentTerm || from !== facts.producer) return;
  const isLagging = draft.unixMs - facts.timeMs > BLOCK_LAG_MS_MAX;
  const sinceMs = isLagging ? (switching.laggingSinceMs ?? draft.atMs) : null;
  if (sinceMs !== switching.laggingSinceMs) draft.setSwitching({ laggingSinceMs: sinceMs });
  if (sinceMs !== null && draft.atMs - sinceMs >= BLOCK_LAG_FOR_MS)
    noteFault(draft, facts.term, "its blocks stay too far behind the time");
}
