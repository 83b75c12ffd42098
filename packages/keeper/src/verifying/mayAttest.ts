import type { BlockFacts } from "@sealwright/consensus";
import type { ChainBlock } from "../chainBlock.js";
import { chainTo, isCertified } from "../chainView.js";
import type { KeeperState } from "../keeperState.js";
import { isDistrusted } from "./distrust.js";
import { isExecutedHere } from "./isExecutedHere.js";

/** V1: whether a Nack stands, unresolved, on the block or on a non-final ancestor of it. */
export function isNackedBranch(state: KeeperState, facts: BlockFacts): boolean {
  if (state.nacking.taken.size === 0) return false;
  return (chainTo(state, facts.id) ?? []).some((held) => isNacked(state, held));
}

/** Whether a Nack that counts waits for own execution of the block. Where all verify, none holds a vote. */
export function isNacked(state: KeeperState, held: ChainBlock): boolean {
  if (state.config.verification.mode === "all" || isExecutedHere(held)) return false;
  const signers = state.nacking.taken.get(held.facts.id) ?? [];
  return [...signers].some((signer) => !isDistrusted(state, signer, held.facts.height));
}

/**
 * Whether it is too early to attest what others execute (protocol §7). A vote also counts for the ancestors of its block,
 * so those that are not certified must have been here long enough as well.
 */
export function isInVerifyWindow(state: KeeperState, facts: BlockFacts, atMs: number): boolean {
  if (state.config.verification.mode === "all") return false;
  return (chainTo(state, facts.id) ?? []).some(
    (held) => atMs < windowEndMs(state, held) && !isExecutedHere(held) && !isCertified(state, held.facts),
  );
}

/** Monotonic; when verifiers of the block have had their time. */
export function windowEndMs({ config }: KeeperState, { receivedAtMs }: ChainBlock): number {
  return config.verification.mode === "all" ? receivedAtMs : receivedAtMs + config.verification.verifyWindowMs;
}
