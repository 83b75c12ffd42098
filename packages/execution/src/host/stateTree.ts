import { assert, type BlockId } from "@sealwright/types";
import type { ThreadState } from "../executor.js";
import { ExecutionError, type StateRef } from "../threadExecution.js";

/** How a state came about: executed here, or taken over from a block's update. */
export type Origin = "executed" | "applied";

interface Held {
  readonly state: ThreadState;
  parent: Held | null;
  origin: Origin;
  blockId: BlockId | null;
  readonly build: number | null;
}

/** The states of one thread's unfinalized blocks and builds, above the last final one. */
export class StateTree {
  readonly #blocks = new Map<BlockId, Held>();
  readonly #builds = new Map<number, Held>();
  readonly #all = new Set<Held>();
  readonly #statesMax: number;
  #final: Held;
  #newest: Held;
  #nextBuild = 1;

  constructor(final: ThreadState, blockId: BlockId, statesMax: number) {
    this.#statesMax = statesMax;
    this.#final = this.#newest = this.#hold({ state: final, parent: null, origin: "executed", blockId, build: null });
  }

  get finalId(): BlockId {
    const { blockId } = this.#final;
    assert(blockId !== null, "the final state is a block's");
    return blockId;
  }

  /** The state made last: what a message that comes now will most likely meet. */
  get newest(): ThreadState {
    return this.#newest.state;
  }

  get(ref: StateRef): ThreadState {
    return this.#get(ref).state;
  }

  find(ref: StateRef): { readonly state: ThreadState; readonly origin: Origin } | null {
    return this.#find(ref) ?? null;
  }

  addBuild(parent: StateRef, state: ThreadState): number {
    const build = this.#nextBuild++;
    this.#newest = this.#hold({ state, parent: this.#get(parent), origin: "executed", blockId: null, build });
    return build;
  }

  addBlock(blockId: BlockId, parentId: BlockId, made: { readonly state: ThreadState; readonly origin: Origin }): void {
    const known = this.#blocks.get(blockId);
    if (known === undefined) {
      this.#newest = this.#hold({ ...made, parent: this.#get({ block: parentId }), blockId, build: null });
    } else if (made.origin === "executed") known.origin = "executed";
  }

  bind(build: number, blockId: BlockId): void {
    const held = this.#builds.get(build);
    // A build that was dropped meanwhile has nothing to name, and one block may come both ways.
    if (held === undefined || held.blockId !== null || this.#blocks.has(blockId)) return;
    held.blockId = blockId;
    this.#blocks.set(blockId, held);
  }

  finalize(blockId: BlockId): void {
    const final = this.#get({ block: blockId });
    for (const held of [...this.#all]) if (!descends(held, final)) this.#drop(held);
    final.parent = null;
    this.#final = final;
    if (!this.#all.has(this.#newest)) this.#newest = final;
  }

  release(refs: readonly StateRef[]): void {
    for (const ref of refs) {
      const released = this.#find(ref);
      if (released === undefined || descends(this.#final, released)) continue;
      for (const held of [...this.#all]) if (descends(held, released)) this.#drop(held);
    }
    if (!this.#all.has(this.#newest)) this.#newest = this.#final;
  }

  assertRoom(): void {
    if (this.#all.size >= this.#statesMax)
      throw new ExecutionError("tooManyStates", `${this.#all.size} states are held: finalize or release some`);
  }

  #hold(held: Held): Held {
    this.assertRoom();
    this.#all.add(held);
    if (held.blockId !== null) this.#blocks.set(held.blockId, held);
    if (held.build !== null) this.#builds.set(held.build, held);
    return held;
  }

  #drop(held: Held): void {
    this.#all.delete(held);
    if (held.blockId !== null) this.#blocks.delete(held.blockId);
    if (held.build !== null) this.#builds.delete(held.build);
  }

  #get(ref: StateRef): Held {
    const held = this.#find(ref);
    if (held === undefined) throw new ExecutionError("unknownState", `no state is held for ${JSON.stringify(ref)}`);
    return held;
  }

  #find(ref: StateRef): Held | undefined {
    return "block" in ref ? this.#blocks.get(ref.block) : this.#builds.get(ref.build);
  }
}

/** Also true of the same state. */
function descends(held: Held, ancestor: Held): boolean {
  for (let at: Held | null = held; at !== null; at = at.parent) if (at === ancestor) return true;
  return false;
}
