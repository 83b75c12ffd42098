import type { KeeperState } from "@sealwright/keeper";
import { type ChainBlock, chainTo } from "@sealwright/keeper";
import type { Repository } from "@sealwright/store";
import {
  type AggregatedAttestation,
  type BlockId,
  height,
  type Height,
  limits,
  type SealedBlock,
  type ThreadId,
  type WireMessage,
} from "@sealwright/types";

/** Bytes of one answer that has several blocks; the rest is asked for again. */
const RESPONSE_BYTES_MAX = 4 * 1024 * 1024;

/** Serves ranges of a thread's chain, final and above: any keeper serves the bodies that it holds. */
export class BlockServer {
  readonly #repository: Repository;

  constructor(dependencies: { readonly repository: Repository }) {
    this.#repository = dependencies.repository;
  }

  /**
   * Blocks from `fromHeight` up, ending at `tipId` when it is known here, else at the highest certified block.
   * @returns null when the first of them is final and its body is not kept any more
   */
  async answer(
    threadId: ThreadId,
    state: KeeperState,
    fromHeight: Height,
    tipId: BlockId | null,
  ): Promise<WireMessage | null> {
    const blocks: Uint8Array[] = [];
    let bytes = 0;
    const add = (block: SealedBlock): boolean => {
      // The first one goes whatever its size: a block that nobody can fetch ends the thread.
      const isFull = bytes + block.bytes.length > RESPONSE_BYTES_MAX && blocks.length > 0;
      if (blocks.length >= limits.BLOCKS_PER_RESPONSE_MAX || isFull) return false;
      blocks.push(block.bytes);
      bytes += block.bytes.length;
      return true;
    };
    const from = fromHeight < 1n ? height(1) : fromHeight;
    const { height: durableHeight } = (await this.#repository.lastFinal(threadId))!;
    let isFull = false;
    for (let at = from; at <= state.final.height && !isFull; at = height(at + 1n)) {
      const id = await this.#repository.finalAt(threadId, at);
      const block = id === null ? null : await this.#repository.block(id);
      if (block === null && at === from && at <= durableHeight) return null;
      // Final and not on disk yet: what lies above would have no parent at the other end.
      isFull = block === null || !add(block);
    }
    const tip = this.#tipOf(state, tipId);
    for (const held of isFull || tip === null ? [] : (chainTo(state, tip) ?? [])) {
      if (isUnderCheck(held) || (held.facts.height >= fromHeight && !add(held.block))) break;
    }
    return { type: "blockResponse", threadId, blocks, certificate: certificateOf(state, tip) };
  }

  #tipOf(state: KeeperState, tipId: BlockId | null): BlockId | null {
    if (tipId !== null && state.blocks.has(tipId)) return tipId;
    const highest = state.vote.highestQc?.attestation.blockId ?? null;
    return highest !== null && state.blocks.has(highest) ? highest : null;
  }
}

/** Perhaps a bad copy, and whoever hands that on answers for it. What is on the own disk was checked before. */
function isUnderCheck({ stage, stored }: ChainBlock): boolean {
  return stage.phase === "candidate" && stage.signatures === "checking" && !stored;
}

function certificateOf(state: KeeperState, tip: BlockId | null): AggregatedAttestation | null {
  return (tip === null ? undefined : state.certificates.get(tip)) ?? state.vote.highestQc;
}
