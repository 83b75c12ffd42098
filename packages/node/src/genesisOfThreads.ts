import { type Genesis, genesisBlock } from "@sealwright/consensus";
import type { Executor } from "@sealwright/execution";
import { type SealedBlock, type StateChange, type ThreadsTable, unwrap } from "@sealwright/types";
import type { NetworkEngine } from "./networkEngine.js";

export interface ThreadGenesisBlock {
  readonly block: SealedBlock;
  /** The whole state at height 0. */
  readonly entries: readonly StateChange[];
}

/** Every thread's genesis block follows from the document: its state root is computed, never taken on trust. */
export function genesisOfThreads(
  genesis: Genesis,
  table: ThreadsTable,
  engine: NetworkEngine,
  executor: Executor,
): ThreadGenesisBlock[] {
  return table.map(({ threadId }) => {
    const entries = engine.genesisEntries(threadId, table);
    const state = unwrap(executor.load(threadId, entries));
    return { block: genesisBlock(genesis, threadId, state.root), entries };
  });
}
