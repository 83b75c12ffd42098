import { WRONG_NACK_HEIGHTS } from "@sealwright/consensus";
import { type Height, height, type SignerIndex } from "@sealwright/types";
import type { KeeperDraft } from "../keeperDraft.js";
import type { KeeperState } from "../keeperState.js";

/** A BK called a good block at this height bad: its Nacks hold no vote for a long while (protocol §7). */
export function distrust(draft: KeeperDraft, signer: SignerIndex, at: Height): void {
  const { distrusted } = draft.state.nacking;
  const upTo = height(at + WRONG_NACK_HEIGHTS);
  const known = distrusted.get(signer);
  if (known !== undefined && known >= upTo) return;
  draft.setNacking({ distrusted: new Map(distrusted).set(signer, upTo) });
}

export function isDistrusted({ nacking }: KeeperState, signer: SignerIndex, at: Height): boolean {
  const upTo = nacking.distrusted.get(signer);
  return upTo !== undefined && at <= upTo;
}
