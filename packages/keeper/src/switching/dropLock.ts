import type { SignerIndex } from "@sealwright/types";
import type { KeeperDraft } from "../keeperDraft.js";

/** A Lock whose signature is bad counts for nothing, and its sender made it up. */
export function dropLock(draft: KeeperDraft, signer: SignerIndex): void {
  const locks = new Map(draft.state.switching.locks);
  locks.delete(signer);
  draft.setSwitching({ locks });
  const peer = draft.state.config.rules.keepers.at(signer).id;
  draft.emit({ type: "penalize", peer, cause: "badSignature", detail: "lock" });
}
