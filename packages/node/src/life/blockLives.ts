import {
  BLOCK_STAGES,
  type BlockDelay,
  type BlockLife,
  type BlockStage,
  type BlockStatus,
  type BlockVote,
  type HeightLives,
  type TimelineEntry,
} from "@sealwright/api";
import type { KeeperSet } from "@sealwright/consensus";
import type { BlockState, NodeStore } from "@sealwright/store";
import type { BlockHeader, BlockId, Height, KeeperId, SealedBlock, ThreadId, UnixMs } from "@sealwright/types";
import { STAGE_OF } from "../thread/blockDiary.js";
import { type BlockTrace, type HoldReason, type TracedBlock, votesOf } from "./blockTrace.js";
import { type Carrier, carrierOf } from "./carrierOf.js";
import { type DelayMeasure, delayOf, HOLD_REASONS, type ParentTime } from "./delayOf.js";

/** What the newest block of a thread looks like to this keeper. */
export interface ThreadTip {
  readonly height: Height;
  /** When it was made. */
  readonly timeMs: UnixMs;
}

export interface BlockLivesDependencies {
  readonly self: KeeperId;
  readonly keepers: KeeperSet;
  readonly trace: BlockTrace;
  readonly store: NodeStore;
  readonly measure: DelayMeasure;
  readonly nowMs: UnixMs;
  readonly tip: ThreadTip;
  /** What the next block waits for, when this keeper itself has built it. */
  readonly hold: HoldReason | null;
  /** The block at a height on the chain that this keeper follows. */
  readonly idAt: (height: Height) => Promise<BlockId | null>;
  /** A block with its body, final or not; null when it is not here. */
  readonly bodyOf: (id: BlockId) => Promise<SealedBlock | null>;
  readonly statusOf: (block: NamedHeader, state: BlockState | null) => Promise<BlockStatus>;
}

export interface NamedHeader {
  readonly id: BlockId;
  readonly header: Pick<BlockHeader, "threadId" | "height" | "term" | "parentId" | "producer" | "timeMs">;
}

const OFF_CHAIN: Carrier = { carriedBy: null, signers: [] };

/** The lives of all blocks at one height that this keeper knows of, or why there is none. */
export async function blockLives(
  threadId: ThreadId,
  height: Height,
  deps: BlockLivesDependencies,
): Promise<HeightLives> {
  const onChain = await deps.idAt(height);
  const traced = deps.trace.at(height).map(({ block }) => block.blockId);
  const stored = await deps.store.repository.blocksAt(threadId, height);
  const ids = new Set([...(onChain === null ? [] : [onChain]), ...traced, ...stored]);
  const known = await Promise.all([...ids].map((id) => recordOf(id, deps)));
  const blocks = await Promise.all(
    known.flatMap((block) => (block === null ? [] : [lifeOf(block, block.block.blockId === onChain, deps)])),
  );
  return { threadId, height, blocks, missing: blocks.length > 0 ? null : await missing(threadId, height, deps) };
}

async function lifeOf(traced: TracedBlock, isOnChain: boolean, deps: BlockLivesDependencies): Promise<BlockLife> {
  const { block, parentId, producer, timeMs } = traced;
  const state = await deps.store.blockStates.get(block.blockId);
  const header = { ...block, parentId, producer, timeMs };
  const status = await deps.statusOf({ id: block.blockId, header }, state);
  const times = new Map([...storedTimes(state), ...traced.times]);
  const carrier = isOnChain && block.height > 0n ? await carrierOnChain(traced, deps) : OFF_CHAIN;
  return {
    block,
    parentId,
    producer,
    status,
    timeline: inOrder(times),
    votes: votesFor({ ...traced, times }, carrier, deps),
    carriedBy: carrier.carriedBy,
    delay: await delayFrom({ ...traced, times }, status, deps),
  };
}

function carrierOnChain({ block }: TracedBlock, deps: BlockLivesDependencies): Promise<Carrier> {
  const { keepers, tip, idAt, bodyOf } = deps;
  const blockAt = async (at: Height): Promise<SealedBlock | null> => {
    const id = await idAt(at);
    return id === null ? null : bodyOf(id);
  };
  return carrierOf(block, { keepers, tipHeight: tip.height, blockAt });
}

/** Attestations that came here, those that the chain names, and this keeper's own, which is here from its step on. */
function votesFor(
  traced: TracedBlock,
  { signers }: Carrier,
  { keepers, self }: BlockLivesDependencies,
): readonly BlockVote[] {
  const votes = new Map<KeeperId, UnixMs | null>(signers.map((signer) => [keepers.at(signer).id, null]));
  for (const [keeper, atMs] of traced.votes) votes.set(keeper, atMs);
  const ownMs = traced.times.get("attested");
  if (ownMs !== undefined) votes.set(self, ownMs);
  return votesOf({ votes });
}

async function delayFrom(
  traced: TracedBlock,
  status: BlockStatus,
  { trace, store, measure }: BlockLivesDependencies,
): Promise<BlockDelay | null> {
  if (traced.block.height === 0n) return { reason: "genesis", lateMs: 0 };
  if (status === "abandoned" || status === "invalid") return { reason: status, lateMs: 0 };
  const parent = trace.get(traced.parentId);
  const parentTime: ParentTime | null =
    parent === null ? await store.repository.header(traced.parentId) : { ...parent.block, timeMs: parent.timeMs };
  return delayOf(traced, parentTime, measure);
}

/** After a restart the trace is empty: then it is what the store has of the block. */
async function recordOf(id: BlockId, { trace, store }: BlockLivesDependencies): Promise<TracedBlock | null> {
  const traced = trace.get(id);
  if (traced !== null) return traced;
  const header = await store.repository.header(id);
  if (header === null) return null;
  const { threadId, height, term, parentId, producer, timeMs } = header;
  return {
    block: { threadId, height, term, blockId: id },
    parentId,
    producer,
    timeMs,
    times: new Map(),
    votes: new Map(),
    held: null,
    signerFailed: false,
  };
}

/** What the store keeps of a block's steps. */
function storedTimes(state: BlockState | null): [BlockStage, UnixMs][] {
  return Object.entries(STAGE_OF).flatMap(([field, stage]): [BlockStage, UnixMs][] => {
    const atMs = state?.timeline[field as keyof typeof STAGE_OF];
    return atMs === undefined ? [] : [[stage, atMs]];
  });
}

/** Of one millisecond in the order in which they happen: nobody shall read that a block left before it was signed. */
function inOrder(times: ReadonlyMap<BlockStage, UnixMs>): TimelineEntry[] {
  const entries = BLOCK_STAGES.flatMap((stage): TimelineEntry[] => {
    const atMs = times.get(stage);
    return atMs === undefined ? [] : [{ stage, atMs }];
  });
  return entries.sort((a, b) => a.atMs - b.atMs);
}

/** Only the next block can be late: what comes after it waits for it. */
async function missing(
  threadId: ThreadId,
  height: Height,
  { store, tip, hold, measure, nowMs }: BlockLivesDependencies,
): Promise<BlockDelay> {
  if (height <= tip.height) {
    const oldest = await store.repository.oldestFinal(threadId);
    return { reason: oldest !== null && height < oldest.height ? "pruned" : "noRecord", lateMs: 0 };
  }
  const lateMs = Math.round(nowMs - tip.timeMs - 2 * measure.tickMs);
  if (height > tip.height + 1n || lateMs <= 0) return { reason: "notYet", lateMs: 0 };
  return { reason: hold === null ? "producerSilent" : HOLD_REASONS[hold], lateMs };
}
