import { assert, type BlockId, type ThreadId } from "@sealwright/types";
import {
  type BlockPlace,
  type BlockState,
  type BlockStatePatch,
  decodeBlockState,
  encodeBlockState,
  isSettled,
  patchBlockState,
} from "./blockState.js";
import type { CommitRider } from "./commitRider.js";
import { keyParts, keys, prefixes } from "./keys.js";
import { type KeyValueOp, type KeyValueStore, prefixRange } from "./keyValueStore.js";
import { unwrapValue, wrapValue } from "./value.js";

/** Blocks whose fate is decided that are kept at hand. */
export const SETTLED_RECORDS_MAX = 4_096;
/** Blocks whose fate is open are kept at hand; beyond this many, the least recently used ones wait on disk. */
export const UNSETTLED_RECORDS_MAX = 16_384;
/** Children of one block that are listed. */
export const CHILDREN_MAX = 1_024;

/** Hears every change after it happened; must not throw. `previous` is null for a new record. */
export type BlockStateListener = (state: BlockState, previous: BlockState | null) => void;

/**
 * What this node knows of each block. Facts and times are written once and status follows the life of a block; breaking
 * that asserts. Changes show at once and reach the disk with the next finality commit, not before: nothing that guards
 * safety is kept here.
 */
export interface BlockStateRepository {
  /** Makes the record known as a candidate; with the same place again it returns what is there. */
  register(place: BlockPlace, patch?: BlockStatePatch): Promise<BlockState>;
  /** Takes effect before the call returns. */
  update(id: BlockId, patch: BlockStatePatch): Promise<BlockState>;
  get(id: BlockId): Promise<BlockState | null>;
  /** The record if it is in memory, as every block of open fate normally is. */
  peek(id: BlockId): BlockState | null;
  /** Known children, ascending by id; of one thread, or of all (a spawning block has children in two). */
  children(parentId: BlockId, threadId?: ThreadId): Promise<BlockId[]>;
  /** @returns what stops the notifications */
  onChange(listener: BlockStateListener): () => void;
}

/** How many records are kept at hand; the rest waits on disk. */
export interface BlockStateLimits {
  readonly settledMax?: number;
  readonly unsettledMax?: number;
}

/** The one implementation, over any `KeyValueStore`. */
export class KeyValueBlockStateRepository implements BlockStateRepository, CommitRider {
  readonly #store: KeyValueStore;
  readonly #settledMax: number;
  readonly #unsettledMax: number;
  /** Both in the order of last use, the oldest first. */
  readonly #settled = new Map<BlockId, BlockState>();
  readonly #unsettled = new Map<BlockId, BlockState>();
  /** Changed since they were last handed to the disk. */
  readonly #unsaved = new Set<BlockId>();
  /** On their way to the disk: readable, whatever the caches drop meanwhile. */
  readonly #saving = new Map<BlockId, BlockState>();
  /** Children of the records at hand or on their way; the disk knows the others. */
  readonly #children = new Map<BlockId, Set<BlockId>>();
  readonly #listeners = new Set<BlockStateListener>();

  constructor(limits: BlockStateLimits, dependencies: { readonly store: KeyValueStore }) {
    this.#settledMax = limits.settledMax ?? SETTLED_RECORDS_MAX;
    this.#unsettledMax = limits.unsettledMax ?? UNSETTLED_RECORDS_MAX;
    assert(this.#settledMax >= 1 && this.#unsettledMax >= 1, "a cache holds at least one record");
    this.#store = dependencies.store;
  }

  register(place: BlockPlace, patch: BlockStatePatch = {}): Promise<BlockState> {
    return this.#change(place.id, (known) => {
      if (known !== null) assertSamePlace(known, place);
      return patchBlockState(known ?? newState(place), patch);
    });
  }

  update(id: BlockId, patch: BlockStatePatch): Promise<BlockState> {
    return this.#change(id, (known) => {
      assert(known !== null, `block ${id} is updated before it is registered`);
      return patchBlockState(known, patch);
    });
  }

  get(id: BlockId): Promise<BlockState | null> {
    return settle(() => this.#touch(id) ?? this.#load(id));
  }

  peek(id: BlockId): BlockState | null {
    return this.#unsettled.get(id) ?? this.#settled.get(id) ?? this.#saving.get(id) ?? null;
  }

  async children(parentId: BlockId, threadId?: ThreadId): Promise<BlockId[]> {
    const prefix = threadId === undefined ? prefixes.children(parentId) : prefixes.childrenIn(parentId, threadId);
    const ids = new Set<BlockId>();
    for await (const { key } of this.#store.entries(prefixRange(prefix, CHILDREN_MAX))) ids.add(keyParts.child(key));
    for (const id of this.#children.get(parentId) ?? []) {
      if (threadId === undefined || this.peek(id)?.threadId === threadId) ids.add(id);
    }
    return [...ids].sort();
  }

  onChange(listener: BlockStateListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  takeUnsaved(): { readonly ops: readonly KeyValueOp[]; readonly done: () => void } {
    const taken: BlockState[] = [];
    for (const id of this.#unsaved) {
      const state = this.peek(id);
      assert(state !== null, `unsaved block state ${id} was dropped`);
      taken.push(state);
    }
    this.#unsaved.clear();
    return this.#startSaving(taken);
  }

  async forget(ids: readonly BlockId[]): Promise<readonly KeyValueOp[]> {
    const ops: KeyValueOp[] = [];
    for (const id of ids) {
      const state = await this.get(id);
      if (state === null) continue;
      ops.push({ type: "delete", key: keys.blockState(id) });
      ops.push({ type: "delete", key: keys.child(state.parentId, state.threadId, id) });
      this.#unsaved.delete(id);
      this.#saving.delete(id);
      this.#drop(id, state.parentId);
    }
    return ops;
  }

  #change(id: BlockId, next: (known: BlockState | null) => BlockState): Promise<BlockState> {
    return settle(() => {
      if (this.#touch(id) === null) this.#load(id);
      return this.#apply(id, next);
    });
  }

  #apply(id: BlockId, next: (known: BlockState | null) => BlockState): BlockState {
    const previous = this.peek(id);
    const state = next(previous);
    if (state === previous) return state;
    this.#remember(state);
    this.#unsaved.add(id);
    this.#evict(id);
    for (const listener of this.#listeners) listener(state, previous);
    return state;
  }

  #remember(state: BlockState): void {
    this.#settled.delete(state.id);
    this.#unsettled.delete(state.id);
    (isSettled(state.status) ? this.#settled : this.#unsettled).set(state.id, state);
    const siblings = this.#children.get(state.parentId) ?? new Set();
    this.#children.set(state.parentId, siblings.add(state.id));
  }

  #touch(id: BlockId): BlockState | null {
    const state = this.peek(id);
    if (state !== null) this.#remember(state);
    return state;
  }

  #load(id: BlockId): BlockState | null {
    const key = keys.blockState(id);
    const value = this.#store.getSync(key);
    if (value === null) return null;
    const state = unwrapValue(key, value, decodeBlockState);
    this.#remember(state);
    this.#evict(id);
    return state;
  }

  #evict(except: BlockId): void {
    const surplus = [
      ...oldest(this.#settled, this.#settledMax, except),
      ...oldest(this.#unsettled, this.#unsettledMax, except),
    ];
    const unsaved = surplus.filter((state) => this.#unsaved.has(state.id));
    if (unsaved.length > 0) this.#spill(unsaved);
    for (const state of surplus) this.#drop(state.id, state.parentId);
  }

  /** Writes records that memory has no room for. When that fails the store has failed, and every commit says so. */
  #spill(states: readonly BlockState[]): void {
    for (const state of states) this.#unsaved.delete(state.id);
    const { ops, done } = this.#startSaving(states);
    void this.#store.commit(ops, { durable: false }).then(done, () => undefined);
  }

  #startSaving(states: readonly BlockState[]): { readonly ops: readonly KeyValueOp[]; readonly done: () => void } {
    for (const state of states) this.#saving.set(state.id, state);
    const done = (): void => {
      for (const state of states) {
        if (this.#saving.get(state.id) !== state) continue;
        this.#saving.delete(state.id);
        if (this.peek(state.id) === null) this.#dropChild(state.id, state.parentId);
      }
    };
    return { ops: states.flatMap(saveOps), done };
  }

  #drop(id: BlockId, parentId: BlockId): void {
    this.#settled.delete(id);
    this.#unsettled.delete(id);
    if (!this.#saving.has(id)) this.#dropChild(id, parentId);
  }

  #dropChild(id: BlockId, parentId: BlockId): void {
    const siblings = this.#children.get(parentId);
    siblings?.delete(id);
    if (siblings?.size === 0) this.#children.delete(parentId);
  }
}

/** A throw becomes a rejection. */
function settle<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}

function newState(place: BlockPlace): BlockState {
  const { id, threadId, height, term, parentId, producer } = place;
  return { id, threadId, height, term, parentId, producer, status: "candidate", timeline: {} };
}

function assertSamePlace(known: BlockState, place: BlockPlace): void {
  for (const name of ["threadId", "height", "term", "parentId", "producer"] as const) {
    assert(known[name] === place[name], `${name} of block ${known.id} is written once`);
  }
}

function saveOps(state: BlockState): KeyValueOp[] {
  const record = keys.blockState(state.id);
  const child = keys.child(state.parentId, state.threadId, state.id);
  return [
    { type: "put", key: record, value: wrapValue(record, encodeBlockState(state)) },
    { type: "put", key: child, value: wrapValue(child, new Uint8Array(0)) },
  ];
}

/** The least recently used records over the limit. */
function oldest(records: ReadonlyMap<BlockId, BlockState>, max: number, except: BlockId): BlockState[] {
  const surplus: BlockState[] = [];
  for (const state of records.values()) {
    if (records.size - surplus.length <= max) break;
    if (state.id !== except) surplus.push(state);
  }
  return surplus;
}
