import type { BlockFacts } from "@sealwright/consensus";
import { type ChainNotice, factsOf, isApplied, type KeeperState } from "@sealwright/keeper";
import type { ProducerCommand, StartOutcome, StartParams } from "@sealwright/producer";
import type { Repository, SealedEntry } from "@sealwright/store";
import { assert, type BlockId, type SealedBlock, type Term } from "@sealwright/types";

const NOTHING: StartOutcome = { type: "nothing" };

/**
 * Where the producer of `term` goes on: after its last sealed block, or at the thread's genesis when it never sealed one
 * (protocol S8). A block that fell off the chain is not continued, nor replaced by another one at its place.
 * @param keeper asked after everything was read, because it moves on meanwhile
 */
export async function producerStart(
  keeper: { readonly state: KeeperState },
  term: Term,
  repository: Pick<Repository, "lastSealed" | "block">,
): Promise<StartOutcome> {
  const { threadId } = keeper.state.config.rules;
  const lastSealed = await repository.lastSealed(threadId);
  const block = lastSealed === null ? null : await repository.block(lastSealed.blockId);
  return startFrom(keeper.state, term, lastSealed, block);
}

/**
 * What the producer does when its certificate for a term is there: it begins the term, unless a first block of it was
 * recorded before a restart. Then there is no other one (I2): it goes on with that, or not at all.
 * @param keeper asked after everything was read, as above
 */
export async function commandFor(
  keeper: { readonly state: KeeperState },
  { term, parent, certificate }: ChainNotice & { type: "mayProduce" },
  repository: Pick<Repository, "firstSealedOf">,
): Promise<ProducerCommand | null> {
  const first = await repository.firstSealedOf(keeper.state.config.rules.threadId, term);
  if (keeper.state.vote.currentTerm !== term) return null;
  if (first !== null) return { type: "prepare", term };
  const params = { term, parent, switchCertificate: certificate, tail: [], certificates: [], draft: null };
  return { type: "start", params };
}

function startFrom(
  state: KeeperState,
  term: Term,
  lastSealed: SealedEntry | null,
  block: SealedBlock | null,
): StartOutcome {
  const { final, vote } = state;
  if (vote.currentTerm !== term) return NOTHING;
  // S8: only in the own term, and only with a sealed block of it: else Locks are collected anew.
  if (lastSealed === null) return term === 0n && final.term === 0n ? startAt(state, final, null) : NOTHING;
  if (lastSealed.term !== term) return NOTHING;
  if (lastSealed.height <= final.height) return final.term === term ? startAt(state, final, null) : NOTHING;
  assert(block !== null, "what the producer's log names is stored");
  // A block that was recorded but not signed before the crash may not be replaced: it is signed and sent as it is.
  const draft = isSigned(block) ? null : block;
  const parentId = draft === null ? block.id : block.header.parentId;
  const parent = isApplied(state, parentId) ? factsOf(state, parentId) : null;
  if (parent !== null) return startAt(state, parent, draft);
  // The parent of a block that never left may be another's, and lost with this node's memory: peers have it.
  const isAwaited = isOnItsWay(state, parentId) || (draft !== null && isUnknownAbove(state, draft));
  return isAwaited ? { type: "waitForParent", parentId } : NOTHING;
}

/** A block that was recorded before it was signed has 96 zero bytes in place of its signature. */
export function isSigned(block: SealedBlock): boolean {
  return block.signature.some((byte) => byte !== 0);
}

function isOnItsWay(state: KeeperState, id: BlockId): boolean {
  const held = state.blocks.get(id);
  if (held !== undefined) return held.stage.phase === "candidate";
  return [...state.parked.values()].some((waiting) => waiting.some(({ block }) => block.id === id));
}

function isUnknownAbove({ final, blocks }: KeeperState, { header }: SealedBlock): boolean {
  return header.height > final.height + 1n && !blocks.has(header.parentId);
}

function startAt(state: KeeperState, parent: BlockFacts, draft: SealedBlock | null): StartOutcome {
  const tail = parent.pending.map(({ id }) => state.blocks.get(id)).filter((held) => held !== undefined);
  const params: StartParams = {
    term: draft?.header.term ?? parent.term,
    parent,
    switchCertificate: null,
    tail: tail.map(({ block, facts }) => ({ block, facts })),
    certificates: [...state.certificates.values()],
    draft,
  };
  return { type: "start", params };
}
