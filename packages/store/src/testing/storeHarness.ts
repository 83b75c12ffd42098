import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unwrap } from "@sealwright/types";
import type { KeyValueStore } from "../keyValueStore.js";
import { openLevelStore } from "../levelStore.js";
import { memoryStore } from "../memoryStore.js";

/** One store at a time, and its restarts, for the contract suites. */
export interface StoreHarness {
  /** The first call opens an empty store; each further one closes it and opens what is durable. */
  open(): Promise<KeyValueStore>;
  /** Closes the store and removes what it left. */
  close(): Promise<void>;
}

export function memoryHarness(): StoreHarness {
  let store = memoryStore();
  return {
    open: async () => {
      await store.close();
      store = store.crash();
      return store;
    },
    close: () => store.close(),
  };
}

export async function levelHarness(): Promise<StoreHarness> {
  const dir = await mkdtemp(join(tmpdir(), "sealwright-store-"));
  let store: KeyValueStore | null = null;
  return {
    open: async () => {
      await store?.close();
      store = unwrap(await openLevelStore(join(dir, "db")));
      return store;
    },
    close: async () => {
      await store?.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
