import { producerOf, SWITCH_RESEND_MS } from "@sealwright/consensus";
import type { KeeperId, Term } from "@sealwright/types";
import type { KeeperDraft } from "../keeperDraft.js";
import { noteFault } from "./watchProgress.js";

/** S7: the producer of a term says that it will not produce. Nobody waits for it. */
export function takeYield(draft: KeeperDraft, peer: KeeperId, term: Term): void {
  const { config, switching, final } = draft.state;
  const { keepers, seed } = config.rules;
  const signer = keepers.indexOf(peer);
  if (signer === null || term <= final.term || producerOf(seed, term, keepers) !== peer) return;
  if ((switching.yields.get(signer) ?? -1n) >= term) return;
  draft.setSwitching({ yields: new Map(switching.yields).set(signer, term) });
  heedYield(draft);
}

/** A Yield may come before its term does. */
export function heedYield(draft: KeeperDraft): void {
  const { config, switching, vote } = draft.state;
  const producer = config.rules.keepers.indexOf(producerOf(config.rules.seed, vote.currentTerm, config.rules.keepers));
  if (producer !== null && switching.yields.get(producer) === vote.currentTerm)
    noteFault(draft, vote.currentTerm, "its producer leads enough threads");
}

/** This keeper will not produce in the current term, and says so. */
export function yieldTerm(draft: KeeperDraft): void {
  const { config, vote, final } = draft.state;
  const { currentTerm } = vote;
  if (currentTerm <= final.term || producerOf(config.rules.seed, currentTerm, config.rules.keepers) !== config.self)
    return;
  draft.setSwitching({ collecting: { stage: "done" }, ownYield: { term: currentTerm, sentAtMs: draft.atMs } });
  draft.emit({ type: "sendYield", to: null, term: currentTerm });
  takeYield(draft, config.self, currentTerm);
}

/** Says it again while the term lasts. A new link hears it at once. */
export function sendYield(draft: KeeperDraft, to: KeeperId | null): void {
  const { switching, vote } = draft.state;
  const { ownYield } = switching;
  if (ownYield === null || ownYield.term !== vote.currentTerm) return;
  if (to === null && draft.atMs - ownYield.sentAtMs < SWITCH_RESEND_MS) return;
  if (to === null) draft.setSwitching({ ownYield: { ...ownYield, sentAtMs: draft.atMs } });
  draft.emit({ type: "sendYield", to, term: ownYield.term });
}
