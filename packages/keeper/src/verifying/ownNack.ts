import { type BlockId, type KeeperId, NACK_REASON, type SignedNack } from "@sealwright/types";
import type { ChainBlock } from "../chainBlock.js";
import type { KeeperDraft } from "../keeperDraft.js";
import type { ForgeOutcome } from "../keeperEvent.js";
import { forgingAfter } from "../ownVote.js";
import type { OwnNack } from "./nacking.js";

const NACK_RESEND_MS = 1_000;

/** Own execution refuted a block. Where the lottery picks verifiers, only who drew a ticket says so. */
export function accuse(draft: KeeperDraft, { facts, duty }: ChainBlock): void {
  const { config, halted, nacking } = draft.state;
  if (config.signer === null || halted !== null || duty.type !== "verifier" || nacking.own.has(facts.id)) return;
  if (config.verification.mode === "lottery" && duty.ticket === null) return;
  const { threadId, id: blockId, envelopeHash } = facts;
  ask(draft, {
    verdict: { threadId, blockId, envelopeHash },
    reason: NACK_REASON.execution,
    ticket: duty.ticket,
    forging: { type: "asked" },
    sentAtMs: null,
  });
}

function ask(draft: KeeperDraft, nack: OwnNack): void {
  putOwn(draft, { ...nack, forging: { type: "asked" } });
  draft.emit({ type: "forgeNack", verdict: nack.verdict, reason: nack.reason });
}

export function onNackForged(draft: KeeperDraft, blockId: BlockId, outcome: ForgeOutcome): void {
  const own = draft.state.nacking.own.get(blockId);
  if (own === undefined || own.forging.type !== "asked") return;
  putOwn(draft, { ...own, forging: forgingAfter(outcome, draft.atMs) });
  sendNacks(draft, null);
}

/** Sends own Nacks that are signed and due; a new link hears all of them at once. */
export function sendNacks(draft: KeeperDraft, to: KeeperId | null): void {
  if (draft.state.halted !== null) return;
  for (const own of draft.state.nacking.own.values()) {
    if (own.forging.type === "failed" && draft.atMs - own.forging.atMs >= NACK_RESEND_MS) ask(draft, own);
    if (own.forging.type !== "signed") continue;
    const isDue = own.sentAtMs === null || draft.atMs - own.sentAtMs >= NACK_RESEND_MS;
    if (to === null && !isDue) continue;
    const { verdict, reason, ticket } = own;
    const { signature } = own.forging;
    const nack: SignedNack = { verdict, signer: draft.state.config.signer!, reason, ticket, signature };
    draft.emit({ type: "sendNack", to, nack });
    if (to === null) putOwn(draft, { ...own, sentAtMs: draft.atMs });
  }
}

function putOwn(draft: KeeperDraft, nack: OwnNack): void {
  draft.setNacking({ own: new Map(draft.state.nacking.own).set(nack.verdict.blockId, nack) });
}
