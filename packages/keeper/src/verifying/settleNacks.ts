import type { ChainBlock } from "../chainBlock.js";
import type { KeeperDraft } from "../keeperDraft.js";
import { distrust } from "./distrust.js";

/** Own execution found the block good: whoever called it bad is not listened to any more. */
export function refuteNacks(draft: KeeperDraft, { facts }: ChainBlock): void {
  for (const signer of draft.state.nacking.taken.get(facts.id) ?? []) {
    distrust(draft, signer, facts.height);
    const keeper = draft.state.config.rules.keepers.at(signer).id;
    draft.emit({ type: "notify", notice: { type: "nackRefuted", keeper, blockId: facts.id } });
  }
}

/** Nacks of blocks that are not held any more. */
export function dropStaleNacks(draft: KeeperDraft): void {
  const { blocks, nacking } = draft.state;
  if (nacking.taken.size === 0 && nacking.own.size === 0) return;
  draft.setNacking({
    taken: new Map([...nacking.taken].filter(([id]) => blocks.has(id))),
    own: new Map([...nacking.own].filter(([id]) => blocks.has(id))),
  });
}
