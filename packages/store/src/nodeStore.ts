import { err, type KeeperId, type NetworkId, ok, type Result, unwrap } from "@sealwright/types";
import type { BlockStateRepository } from "./blockStateRepository.js";
import { type BlockStateLimits, KeyValueBlockStateRepository } from "./blockStateRepository.js";
import { keys } from "./keys.js";
import type { KeyValueStore, StoreStatus } from "./keyValueStore.js";
import { KeyValueRepository } from "./kvRepository.js";
import { openLevelStore, type LevelOpenError } from "./levelStore.js";
import { memoryStore } from "./memoryStore.js";
import type { Repository } from "./repository.js";
import { decodeStamp, encodeStamp, FORMAT_VERSION, type Stamp } from "./stamp.js";
import { SnapshotStore } from "./snapshotStore.js";
import { StoreError } from "./storeError.js";
import { unwrapValue, wrapValue } from "./value.js";

/** Whose store it is. */
export interface StoreOwner {
  readonly networkId: NetworkId;
  /** Left out by a node that only follows. */
  readonly keeperId?: KeeperId;
}

/** Where a node's data lies, and whose it is. */
export interface NodeStoreOptions extends StoreOwner {
  readonly dir: string;
  readonly blockStateLimits?: BlockStateLimits;
}

/** Why a store could not be opened, in words for the operator. */
export interface NodeStoreError {
  readonly code: LevelOpenError["code"] | "otherNetwork" | "otherKeeper" | "newerVersion";
  readonly what: string;
  readonly why: string;
  readonly todo: string;
  readonly cause?: unknown;
}

/** All that one node keeps. */
export interface NodeStore extends AsyncDisposable {
  readonly status: StoreStatus;
  readonly repository: Repository;
  readonly blockStates: BlockStateRepository;
  readonly snapshots: SnapshotStore;
  close(): Promise<void>;
}

/** Opens a data directory, new or used before by the same keeper of the same network. */
export async function openNodeStore(options: NodeStoreOptions): Promise<Result<NodeStore, NodeStoreError>> {
  const opened = await openLevelStore(options.dir);
  if (!opened.ok) return opened;
  const node = await openNodeStoreOver(opened.value, options, options.dir);
  if (!node.ok) await opened.value.close();
  return node;
}

/** A node's store in memory, for tests and simulations; `memoryStore().crash()` with `openNodeStoreOver` restarts one. */
export async function memoryNodeStore(owner: StoreOwner): Promise<NodeStore> {
  return unwrap(await openNodeStoreOver(memoryStore(), owner));
}

/** The node's store over a key-value store that is open already; the stamp is checked or written first. */
export async function openNodeStoreOver(
  store: KeyValueStore,
  options: StoreOwner & { readonly blockStateLimits?: BlockStateLimits },
  where = "of this store",
): Promise<Result<NodeStore, NodeStoreError>> {
  try {
    const problem = await claim(store, options, where);
    if (problem !== null) return err(problem);
  } catch (error) {
    if (error instanceof StoreError) return err(explainClaimError(error, where));
    throw error;
  }
  const blockStates = new KeyValueBlockStateRepository(options.blockStateLimits ?? {}, { store });
  const repository = new KeyValueRepository({ store, rider: blockStates });
  return ok({
    get status() {
      return store.status;
    },
    repository,
    blockStates,
    snapshots: new SnapshotStore({ store }),
    close: () => store.close(),
    [Symbol.asyncDispose]: () => store.close(),
  });
}

/** Compares the stamp with the owner, or writes it into a new store. */
async function claim(store: KeyValueStore, owner: StoreOwner, where: string): Promise<NodeStoreError | null> {
  const key = keys.stamp();
  const value = await store.get(key);
  const keeperId = owner.keeperId ?? null;
  if (value !== null) return compareStamp(unwrapValue(key, value, decodeStamp), owner.networkId, keeperId, where);
  const stamp: Stamp = { formatVersion: FORMAT_VERSION, networkId: owner.networkId, keeperId };
  await store.commit([{ type: "put", key, value: wrapValue(key, encodeStamp(stamp)) }], { durable: true });
  return null;
}

function compareStamp(
  stamp: Stamp,
  networkId: NetworkId,
  keeperId: KeeperId | null,
  where: string,
): NodeStoreError | null {
  const what = `the data directory ${where} cannot be used`;
  if (stamp.formatVersion > FORMAT_VERSION) {
    const why = `it was written in format ${stamp.formatVersion}, and this program knows formats up to ${FORMAT_VERSION}`;
    return { code: "newerVersion", what, why, todo: "start the newer program again, or use another directory" };
  }
  if (stamp.networkId !== networkId) {
    const why = `it belongs to network ${stamp.networkId}, and this node is of network ${networkId}`;
    return { code: "otherNetwork", what, why, todo: "check genesis and data directory in the configuration" };
  }
  if (stamp.keeperId !== keeperId) {
    const why = `it belongs to ${describeKeeper(stamp.keeperId)}, and this node is ${describeKeeper(keeperId)}`;
    return { code: "otherKeeper", what, why, todo: "give every keeper a data directory of its own" };
  }
  return null;
}

function describeKeeper(keeperId: KeeperId | null): string {
  return keeperId === null ? "a node without a keeper's key" : `keeper ${keeperId}`;
}

function explainClaimError(error: StoreError, where: string): NodeStoreError {
  const code =
    error.code === "diskFull" || error.code === "noPermission" || error.code === "corrupt" ? error.code : "ioError";
  const what = `the data directory ${where} cannot be used`;
  return { code, what, why: error.message, todo: "repair what is named, then start again", cause: error };
}
