import type { BlockFacts } from "@sealwright/consensus";
import { factsOf, isApplied, type KeeperState } from "@sealwright/keeper";
import type { StartParams } from "@sealwright/producer";
import type { Repository, SealedEntry } from "@sealwright/store";
import { assert, type SealedBlock } from "@sealwright/types";

/**
 * Where a (re)started producer goes on: after its last sealed block, or at the thread's genesis when it never sealed one
 * (protocol S8).
 * @returns null while the block to continue is not applied here yet
 */
export async function producerStart(
  state: KeeperState,
  lastSealed: SealedEntry | null,
  repository: Repository,
): Promise<StartParams | null> {
  const { final, vote } = state;
  // S8: only in the own term, and only with a sealed block of it: else Locks are collected anew.
  if (lastSealed === null) return vote.currentTerm === 0n && final.term === 0n ? startAt(state, final, null) : null;
  if (lastSealed.term !== vote.currentTerm) return null;
  if (lastSealed.height <= final.height) return final.term === lastSealed.term ? startAt(state, final, null) : null;
  const block = await repository.block(lastSealed.blockId);
  assert(block !== null, "what the producer's log names is stored");
  // A block that was recorded but not signed before the crash may not be replaced: it is signed and sent as it is.
  const draft = isSigned(block) ? null : block;
  const parentId = draft === null ? block.id : block.header.parentId;
  const parent = isApplied(state, parentId) ? factsOf(state, parentId) : null;
  return parent === null ? null : startAt(state, parent, draft);
}

/** A block that was recorded before it was signed has 96 zero bytes in place of its signature. */
export function isSigned(block: SealedBlock): boolean {
  return block.signature.some((byte) => byte !== 0);
}

function startAt(state: KeeperState, parent: BlockFacts, draft: SealedBlock | null): StartParams {
  const tail = parent.pending.map(({ id }) => state.blocks.get(id)).filter((held) => held !== undefined);
  return {
    term: draft?.header.term ?? parent.term,
    parent,
    switchCertificate: null,
    tail: tail.map(({ block, facts }) => ({ block, facts })),
    certificates: [...state.certificates.values()],
    draft,
  };
}
