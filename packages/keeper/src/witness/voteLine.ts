import type { Attestation, BlockHeader, BlockId, Height, Term } from "@sealwright/types";

/**
 * The chain that honest votes of a term lie on, as far as it is known: blocks one above the other. As long as all votes
 * that are remembered of the newest term are for blocks of it, a further one for such a block conflicts with none.
 */
export interface VoteLine {
  readonly term: Term;
  /** Where the first block stands. */
  readonly base: Height;
  /** None: votes of the term do not lie on one known chain. */
  readonly ids: readonly BlockId[];
}

/** A line, and the blocks through which it may go on. */
export interface LineAmongBlocks {
  readonly line: VoteLine | null;
  readonly blocks: ReadonlyMap<BlockId, { readonly id: BlockId; readonly header: BlockHeader }>;
}

/** Blocks without votes of their own that a line may pass over to the next one with some. */
const PASSED_OVER_MAX = 8;

export function isOnLine(line: VoteLine | null, { term, height, blockId }: Attestation): boolean {
  return line !== null && line.term === term && line.ids[Number(height - line.base)] === blockId;
}

/** @returns the blocks that lead from the end of the line up to the attested one; null when it does not stand above */
export function stepsAbove(
  { line, blocks }: LineAmongBlocks,
  { term, blockId }: Attestation,
): readonly BlockId[] | null {
  const last = line?.ids[line.ids.length - 1];
  if (last === undefined || line?.term !== term) return null;
  const steps: BlockId[] = [];
  for (let at = blocks.get(blockId); at !== undefined; at = blocks.get(at.header.parentId)) {
    steps.push(at.id);
    if (at.header.parentId === last) return steps.reverse();
    if (steps.length > PASSED_OVER_MAX) return null;
  }
  return null;
}

/** The line once a vote is remembered. */
export function lineWith(known: LineAmongBlocks, attestation: Attestation): VoteLine {
  const { line } = known;
  const { term, height, blockId } = attestation;
  if (line === null || term > line.term) return { term, base: height, ids: [blockId] };
  if (term < line.term || isOnLine(line, attestation)) return line;
  const steps = stepsAbove(known, attestation);
  return steps === null ? { ...line, ids: [] } : { ...line, ids: [...line.ids, ...steps] };
}

/** Without blocks below `height`; the last one stays. */
export function lineFrom(line: VoteLine | null, height: Height): VoteLine | null {
  if (line === null || height <= line.base || line.ids.length < 2) return line;
  const dropped = Math.min(Number(height - line.base), line.ids.length - 1);
  return { ...line, base: (line.base + BigInt(dropped)) as Height, ids: line.ids.slice(dropped) };
}
