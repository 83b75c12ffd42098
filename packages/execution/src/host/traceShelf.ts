import type { BlockId } from "@sealwright/types";
import type { Trace } from "../executor.js";

/** Blocks without finality that a node follows are far fewer; those that fell off the chain are forgotten this way. */
const BLOCKS_MAX = 1_024;

/** Traces of executed blocks, until somebody takes them. */
export class TraceShelf {
  readonly #ofBuilds = new Map<number, readonly Trace[]>();
  readonly #ofBlocks = new Map<BlockId, readonly Trace[]>();

  addBuild(build: number, traces: readonly Trace[]): void {
    if (traces.length > 0) put(this.#ofBuilds, build, traces);
  }

  addBlock(blockId: BlockId, traces: readonly Trace[]): void {
    if (traces.length > 0) put(this.#ofBlocks, blockId, traces);
  }

  bind(build: number, blockId: BlockId): void {
    const traces = this.#ofBuilds.get(build);
    this.#ofBuilds.delete(build);
    if (traces !== undefined) this.addBlock(blockId, traces);
  }

  take(blockId: BlockId): readonly Trace[] {
    const traces = this.#ofBlocks.get(blockId) ?? [];
    this.#ofBlocks.delete(blockId);
    return traces;
  }
}

function put<Key>(shelf: Map<Key, readonly Trace[]>, key: Key, traces: readonly Trace[]): void {
  shelf.set(key, traces);
  for (const oldest of shelf.keys()) {
    if (shelf.size <= BLOCKS_MAX) return;
    shelf.delete(oldest);
  }
}
