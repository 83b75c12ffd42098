import { checkSwitchCertificate, producerOf } from "@sealwright/consensus";
import { type BlockId, height, type SealedBlock, term, type Term } from "@sealwright/types";
import { emitCommit } from "../castVotes.js";
import type { ChainBlock } from "../chainBlock.js";
import { halt } from "../invalidate.js";
import type { KeeperDraft } from "../keeperDraft.js";
import type { BlockOrigin } from "../keeperEvent.js";
import { peerOf } from "../parkedBlocks.js";

/** Each costs one check of signatures, and who sends a bad one loses its link. */
const UNDER_CHECK_MAX = 4;

/**
 * F3: a block was made final in term t. Whoever signed a Lock for a later term knew a certificate of it or of a
 * descendant, or did not attest it; so a good switch certificate of a term above t stands on it, unless more than f
 * keepers lied. One that leaves it aside is looked at before the block is thrown away.
 */
export function examineBesideFinal(draft: KeeperDraft, block: SealedBlock, origin: BlockOrigin): void {
  const { final, finalProvedIn, config, contradictions } = draft.state;
  const { header, body } = block;
  const certificate = body.switchCertificate;
  if (certificate === null || finalProvedIn === null || header.term <= finalProvedIn) return;
  // Its header was compared with no parent's: what no block can have is not reckoned with.
  if (header.height < 1n || header.round < 1n || header.round > header.term) return;
  if (header.parentId === final.id || header.height > final.height + 1n) return;
  if (contradictions.has(block.id) || contradictions.size >= UNDER_CHECK_MAX) return;
  const { rules } = config;
  if (producerOf(rules.seed, header.term, rules.keepers) !== header.producer) return;
  const parent = { id: header.parentId, term: term(header.term - header.round), height: height(header.height - 1n) };
  if (checkSwitchCertificate(rules, parent, header.term, certificate) !== null) return;
  draft.set({ contradictions: new Map(contradictions).set(block.id, { block, from: peerOf(origin) }) });
  draft.emit({ type: "checkSignatures", block });
}

/** @returns whether the block was one of these */
export function onContradictionChecked(draft: KeeperDraft, blockId: BlockId, valid: boolean): boolean {
  const found = draft.state.contradictions.get(blockId);
  if (found === undefined) return false;
  const contradictions = new Map(draft.state.contradictions);
  contradictions.delete(blockId);
  draft.set({ contradictions });
  if (valid) stopFor(draft, found.block);
  else if (found.from !== null)
    draft.emit({ type: "penalize", peer: found.from, cause: "badSignature", detail: blockId });
  return true;
}

/** F3: the same of a block that was here when blocks beside it became final, proved so in term `provedIn`. */
export function doubtDropped(draft: KeeperDraft, dropped: readonly ChainBlock[], provedIn: Term): void {
  const left = dropped.find(
    ({ facts, stage }) =>
      facts.round > 0n &&
      facts.term > provedIn &&
      (stage.phase === "applied" || (stage.phase === "candidate" && stage.signatures === "valid")),
  );
  if (left !== undefined) stopFor(draft, left.block);
}

/** The block with its certificate is one half of the proof; the other, the proof of the final block, is on disk already. */
function stopFor(draft: KeeperDraft, block: SealedBlock): void {
  if (draft.state.halted !== null) return;
  emitCommit(draft, [block]);
  const { id, header } = block;
  halt(draft, `block ${id} opens term ${header.term} with a good switch certificate and leaves final blocks aside`);
}
