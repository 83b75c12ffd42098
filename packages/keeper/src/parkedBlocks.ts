import { type BlockId, height, type KeeperId, type SealedBlock } from "@sealwright/types";
import type { KeeperDraft } from "./keeperDraft.js";
import type { BlockOrigin } from "./keeperEvent.js";
import type { WantedTip } from "./requestMissing.js";
import { type KeeperState, PARKED_BLOCKS_MAX, PARKED_BYTES_MAX, type ParkedBlock } from "./keeperState.js";

/**
 * Keeps a block until its parent is here and checked. When peers' blocks outgrow their bounds, the peer that takes most
 * room gives way with its highest one, so nobody can crowd out the others.
 */
export function park(draft: KeeperDraft, block: ParkedBlock): void {
  const parentId = block.block.header.parentId;
  const siblings = draft.state.parked.get(parentId) ?? [];
  if (siblings.some((other) => other.block.id === block.block.id)) return;
  draft.set({ parked: new Map(draft.state.parked).set(parentId, [...siblings, block]) });
  for (let surplus = findSurplus(draft.state); surplus !== null; surplus = findSurplus(draft.state))
    drop(draft, surplus);
}

/** Takes out the blocks that waited for `parentId`, in the order in which they came. */
export function unpark(draft: KeeperDraft, parentId: BlockId): readonly ParkedBlock[] {
  const waiting = draft.state.parked.get(parentId);
  if (waiting === undefined) return [];
  const rest = new Map(draft.state.parked);
  rest.delete(parentId);
  draft.set({ parked: rest });
  return waiting;
}

/** Drops the blocks that waited for `parentId`, and those that waited for them. */
export function unparkBranch(draft: KeeperDraft, parentId: BlockId): void {
  const open = [parentId];
  for (let next = open.pop(); next !== undefined; next = open.pop())
    open.push(...unpark(draft, next).map(({ block }) => block.id));
}

/** Blocks at or below the last final one will never be taken. */
export function dropStaleParked(draft: KeeperDraft): void {
  const { parked, final } = draft.state;
  const isStale = (waiting: ParkedBlock): boolean => waiting.block.header.height <= final.height;
  if (![...parked.values()].some((waiting) => waiting.some(isStale))) return;
  const fresh = [...parked].map(([id, waiting]) => [id, waiting.filter((one) => !isStale(one))] as const);
  draft.set({ parked: new Map(fresh.filter(([, waiting]) => waiting.length > 0)) });
}

/** Parked blocks whose parent is neither held nor parked itself: what has to be asked for. */
export function parkedRoots(state: KeeperState): ParkedBlock[] {
  const here = new Set<BlockId>([state.final.id, ...state.blocks.keys()]);
  for (const { block } of allParked(state)) here.add(block.id);
  return allParked(state).filter(({ block }) => !here.has(block.header.parentId));
}

/** Whether a certificate names the block or a parked descendant of it. */
export function isNamedByCertificate(state: KeeperState, id: BlockId): boolean {
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (state.certificates.has(next)) return true;
    open.push(...(state.parked.get(next) ?? []).map(({ block }) => block.id));
  }
  return false;
}

/** Parked, and the chain of parked blocks below it stands on a block that is held. */
export function isParkedOnHeld(state: KeeperState, id: BlockId): boolean {
  const byId = new Map(allParked(state).map(({ block }) => [block.id, block]));
  let at = byId.get(id);
  if (at === undefined) return false;
  for (let parent = byId.get(at.header.parentId); parent !== undefined; parent = byId.get(at.header.parentId)) {
    at = parent;
  }
  return at.header.parentId === state.final.id || state.blocks.has(at.header.parentId);
}

function allParked(state: KeeperState): ParkedBlock[] {
  return [...state.parked.values()].flat();
}

/** What stands on the own disk is not bounded here: it was bounded when it was taken. */
function findSurplus(state: KeeperState): ParkedBlock | null {
  const shares = new Map<KeeperId, { count: number; bytes: number; highest: ParkedBlock }>();
  let [count, bytes] = [0, 0];
  for (const parked of allParked(state)) {
    if (parked.origin.type !== "peer") continue;
    const size = parked.block.bytes.length;
    [count, bytes] = [count + 1, bytes + size];
    const share = shares.get(parked.origin.peer) ?? { count: 0, bytes: 0, highest: parked };
    const highest = parked.block.header.height >= share.highest.block.header.height ? parked : share.highest;
    shares.set(parked.origin.peer, { count: share.count + 1, bytes: share.bytes + size, highest });
  }
  if (count <= PARKED_BLOCKS_MAX && bytes <= PARKED_BYTES_MAX) return null;
  const measure = count > PARKED_BLOCKS_MAX ? "count" : "bytes";
  return [...shares.values()].reduce((most, share) => (share[measure] > most[measure] ? share : most)).highest;
}

function drop(draft: KeeperDraft, surplus: ParkedBlock): void {
  const parentId = surplus.block.header.parentId;
  const rest = (draft.state.parked.get(parentId) ?? []).filter((one) => one !== surplus);
  const parked = new Map(draft.state.parked);
  if (rest.length === 0) parked.delete(parentId);
  else parked.set(parentId, rest);
  draft.set({ parked });
}

/** What is missing where a block cannot be placed. */
export function parentOf({ header }: SealedBlock): WantedTip {
  return { id: header.parentId, height: height(header.height - 1n) };
}

export function peerOf(origin: BlockOrigin): KeeperId | null {
  return origin.type === "peer" ? origin.peer : null;
}
