import { isVerifier } from "@sealwright/consensus";
import type { SignedNack } from "@sealwright/types";
import type { KeeperState } from "../keeperState.js";
import { isDistrusted } from "./distrust.js";
import { NACKS_FETCHING_MAX } from "./nacking.js";

/** What is to be done with a Nack whose signatures are not checked yet. */
export type NackWorth =
  | { readonly type: "check" }
  /** It changes nothing, or not now; an honest sender says it again. */
  | { readonly type: "ignore" }
  /** No honest keeper sends this. */
  | { readonly type: "refuse"; readonly reason: string };

/** Everything that is cheap about a Nack that came over its signer's link. */
export function nackToCheck(state: KeeperState, { signer, verdict, ticket }: SignedNack): NackWorth {
  const { verification, rules } = state.config;
  if (!rules.keepers.has(signer)) return { type: "refuse", reason: "no member" };
  if (verification.mode === "all" && ticket !== null) return { type: "refuse", reason: "a ticket where all verify" };
  if (verification.mode === "lottery") {
    if (ticket === null) return { type: "refuse", reason: "no ticket" };
    if (!isVerifier(ticket, verification.verifiers, rules.keepers.size))
      return { type: "refuse", reason: "its ticket did not win" };
  }
  const held = state.blocks.get(verdict.blockId);
  if (held === undefined) return hasRoomToFetch(state, { signer, verdict }) ? { type: "check" } : { type: "ignore" };
  // Another copy of the block, with another signature of its producer: nobody here vouches for that one.
  if (held.facts.envelopeHash !== verdict.envelopeHash) return { type: "ignore" };
  const isTaken = state.nacking.taken.get(verdict.blockId)?.has(signer) === true;
  return isTaken || isDistrusted(state, signer, held.facts.height) ? { type: "ignore" } : { type: "check" };
}

function hasRoomToFetch(
  { nacking, final }: KeeperState,
  { signer, verdict }: Pick<SignedNack, "signer" | "verdict">,
): boolean {
  if (verdict.blockId === final.id) return false;
  const own = nacking.fetching.filter(({ nack }) => nack.signer === signer);
  return own.length < NACKS_FETCHING_MAX && !own.some(({ nack }) => nack.verdict.blockId === verdict.blockId);
}
