import type { SealedBlock } from "@sealwright/types";
import type { ChainBlock } from "./chainBlock.js";
import type { KeeperDraft } from "./keeperDraft.js";
import type { KeeperState } from "./keeperState.js";
import { isNamedByCertificate } from "./parkedBlocks.js";
import { noteFault } from "./switching/watchProgress.js";

/** Where a thread has room for one block of an honest producer. */
export function placeOf({ header }: Pick<SealedBlock, "header">): string {
  return `${header.term}:${header.height}`;
}

/** Other blocks held at the block's place. */
export function siblingsOf(state: KeeperState, block: Pick<SealedBlock, "header" | "id">): ChainBlock[] {
  const { term, height } = block.header;
  return [...state.blocks.values()].filter(
    ({ facts }) => facts.term === term && facts.height === height && facts.id !== block.id,
  );
}

/** The producer signed this block and another one at its place, and no certificate asks for this one. */
export function isProvedEquivocation(state: KeeperState, { block }: ChainBlock): boolean {
  return firstOf(state, block) !== null && !isNamedByCertificate(state, block.id);
}

/** The second block is told of, with its signature checked; later ones are not even checked. */
export function noteEquivocation(draft: KeeperDraft, { block }: ChainBlock): void {
  const first = firstOf(draft.state, block)!;
  draft.set({ equivocations: new Map(draft.state.equivocations).set(placeOf(block), block.header.height) });
  draft.emit({ type: "notify", notice: { type: "equivocation", first: first.facts.id, second: block } });
  noteFault(draft, block.header.term, "its producer sealed two blocks at one place");
}

export function dropStaleEquivocations(draft: KeeperDraft): void {
  const { equivocations, final } = draft.state;
  if (equivocations.size === 0) return;
  draft.set({ equivocations: new Map([...equivocations].filter(([, height]) => height > final.height)) });
}

function firstOf(state: KeeperState, block: SealedBlock): ChainBlock | null {
  const isChecked = ({ stage }: ChainBlock): boolean => stage.phase !== "candidate" || stage.signatures === "valid";
  return siblingsOf(state, block).find(isChecked) ?? null;
}
