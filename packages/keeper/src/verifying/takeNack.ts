import type { BlockId, SignedNack } from "@sealwright/types";
import type { KeeperDraft } from "../keeperDraft.js";
import { requestMissing } from "../requestMissing.js";
import { isExecutedHere } from "./isExecutedHere.js";
import { nackToCheck } from "./nackToCheck.js";
import { startRecheck } from "./recheck.js";
import { refuteNacks } from "./settleNacks.js";

/** A block that does not come in this time will not come: the Nack is forgotten, and its sender says it again. */
const FETCH_MS_MAX = 5_000;

/**
 * A Nack whose signatures were found good. It asks for nothing but own execution: a verifier's is on its way, anybody
 * else begins now. Where the lottery picks verifiers it also holds this keeper's vote until then (V1).
 */
export function takeNack(draft: KeeperDraft, nack: SignedNack): void {
  // Much may have happened while the signatures were checked.
  if (nackToCheck(draft.state, nack).type !== "check") return;
  const { signer, verdict } = nack;
  const held = draft.state.blocks.get(verdict.blockId);
  if (held === undefined) return fetchFor(draft, nack);
  const { taken } = draft.state.nacking;
  const signers = new Set(taken.get(verdict.blockId)).add(signer);
  draft.setNacking({ taken: new Map(taken).set(verdict.blockId, signers) });
  draft.emit({ type: "notify", notice: { type: "nacked", nack, height: held.facts.height } });
  if (isExecutedHere(held)) refuteNacks(draft, held);
  else startRecheck(draft, held);
}

function fetchFor(draft: KeeperDraft, nack: SignedNack): void {
  const { fetching } = draft.state.nacking;
  draft.setNacking({ fetching: [...fetching, { nack, sinceMs: draft.atMs }] });
  askAccuser(draft, nack);
}

function askAccuser(draft: KeeperDraft, { signer, verdict }: SignedNack): void {
  requestMissing(draft, draft.state.config.rules.keepers.at(signer).id, { id: verdict.blockId, height: null });
}

/** A block came: Nacks that waited for it count now. */
export function takeFetchedNacks(draft: KeeperDraft, blockId: BlockId): void {
  const { fetching } = draft.state.nacking;
  const waiting = fetching.filter(({ nack }) => nack.verdict.blockId === blockId);
  if (waiting.length === 0) return;
  draft.setNacking({ fetching: fetching.filter((one) => !waiting.includes(one)) });
  for (const { nack } of waiting) takeNack(draft, nack);
}

export function fetchAgain(draft: KeeperDraft): void {
  const { fetching } = draft.state.nacking;
  if (fetching.length === 0) return;
  const fresh = fetching.filter(({ sinceMs }) => draft.atMs - sinceMs < FETCH_MS_MAX);
  if (fresh.length < fetching.length) draft.setNacking({ fetching: fresh });
  for (const { nack } of fresh) askAccuser(draft, nack);
}
