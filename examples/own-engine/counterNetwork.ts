import { executorSource, genesisEntries } from "@sealwright/execution";
import type { BringEngine } from "@sealwright/node";
import { counterExecutor, decodeCounter, encodeCounter } from "./counterEngine.js";

/** How `genesis.json` names the engine. */
export const COUNTER_NETWORK = "custom:counter";

/**
 * Gives the engine to `startNode`. The accounts of the genesis document are counters, and their balances where they start.
 * @param here the compiled module that stands beside `counterEngine.js`: workers cannot run TypeScript
 */
export function bringCounter(here: string): BringEngine {
  return ({ accounts }, networkId) => ({
    createReader: () => counterExecutor({ networkId }),
    source: executorSource(here, {
      module: "./counterEngine.js",
      exportName: "counterExecutor",
      admittedAtOnce: 256,
      options: { networkId },
    }),
    genesisEntries: (threadId, table) => {
      const counters = accounts.map(({ id, balance }) => ({ id, value: encodeCounter(balance), balance: 0n }));
      return genesisEntries(threadId, table, counters);
    },
    summarize: (value) => ({ balance: decodeCounter(value), nonce: null }),
  });
}
