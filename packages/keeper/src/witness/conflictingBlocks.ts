import type { Evidence, SignedClaim } from "@sealwright/types";
import { claimOf } from "@sealwright/consensus";
import type { WitnessedBlock, WitnessState } from "./witnessState.js";

/** Every remembered block that its producer may not have sealed beside `block`. */
export function conflictingBlocks(state: WitnessState, block: WitnessedBlock): Evidence[] {
  const accused = state.rules.keepers.indexOf(block.header.producer);
  if (accused === null || block.header.threadId !== state.rules.threadId) return [];
  const found: Evidence[] = [];
  for (const other of state.blocks.values()) {
    const kind = conflictOf(other, block);
    if (kind !== null) found.push({ kind, accused, claims: [signedClaim(other), signedClaim(block)] });
  }
  return found;
}

function conflictOf(a: WitnessedBlock, b: WitnessedBlock): "doubleBlock" | "doubleFirstBlock" | null {
  // Asked for each remembered block: the question that nearly always ends it comes first.
  const isOfOnePlace = a.header.height === b.header.height;
  if (!isOfOnePlace && (a.header.round === 0n || b.header.round === 0n)) return null;
  const isOfOneReign = a.header.term === b.header.term && a.header.producer === b.header.producer;
  if (!isOfOneReign || a.id === b.id) return null;
  return isOfOnePlace ? "doubleBlock" : "doubleFirstBlock";
}

function signedClaim(block: WitnessedBlock): SignedClaim {
  return { claim: claimOf(block), signature: block.signature };
}
