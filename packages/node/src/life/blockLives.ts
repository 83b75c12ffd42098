import type { BlockDelay, BlockLife, BlockStage, BlockStatus, HeightLives, TimelineEntry } from "@sealwright/api";
import type { BlockState, NodeStore } from "@sealwright/store";
import type { BlockHeader, BlockId, Height, ThreadId, UnixMs } from "@sealwright/types";
import { STAGE_OF } from "../thread/blockDiary.js";
import { type BlockTrace, type TracedBlock, votesOf } from "./blockTrace.js";
import { delayOf } from "./delayOf.js";

/** What the newest block of a thread looks like to this keeper. */
export interface ThreadTip {
  readonly height: Height;
  /** When it was made. */
  readonly timeMs: UnixMs;
}

export interface BlockLivesDependencies {
  readonly trace: BlockTrace;
  readonly store: NodeStore;
  readonly tickMs: number;
  readonly nowMs: UnixMs;
  readonly tip: ThreadTip;
  /** The block at a height on the chain that this keeper follows. */
  readonly idAt: (height: Height) => Promise<BlockId | null>;
  readonly statusOf: (block: NamedHeader, state: BlockState | null) => Promise<BlockStatus>;
}

export interface NamedHeader {
  readonly id: BlockId;
  readonly header: Pick<BlockHeader, "threadId" | "height" | "term" | "parentId" | "producer" | "timeMs">;
}

/** The lives of all blocks at one height that this keeper knows of, or why there is none. */
export async function blockLives(
  threadId: ThreadId,
  height: Height,
  deps: BlockLivesDependencies,
): Promise<HeightLives> {
  const onChain = await deps.idAt(height);
  const traced = deps.trace.at(height);
  const others = traced.filter(({ block }) => block.blockId !== onChain);
  const first = onChain === null ? null : (deps.trace.get(onChain) ?? (await fromStore(onChain, deps)));
  const known = first === null ? others : [first, ...others];
  const blocks = await Promise.all(known.map((block) => lifeOf(block, deps)));
  return { threadId, height, blocks, missing: blocks.length > 0 ? null : missing(height, deps) };
}

async function lifeOf(traced: TracedBlock, deps: BlockLivesDependencies): Promise<BlockLife> {
  const { block, parentId, producer, timeMs } = traced;
  const state = await deps.store.blockStates.get(block.blockId);
  const header = { ...block, parentId, producer, timeMs };
  const status = await deps.statusOf({ id: block.blockId, header }, state);
  const times = new Map([...storedTimes(state), ...traced.times]);
  return {
    block,
    parentId,
    producer,
    status,
    timeline: inOrder(times),
    votes: votesOf(traced),
    carriedBy: traced.carriedBy ?? state?.timeline.carriedBy ?? null,
    delay: await delayFrom({ ...traced, times }, status, deps),
  };
}

async function delayFrom(
  traced: TracedBlock,
  status: BlockStatus,
  { trace, tickMs }: BlockLivesDependencies,
): Promise<BlockDelay | null> {
  if (status === "abandoned" || status === "invalid") return { reason: status, lateMs: 0 };
  if (traced.times.size === 0) return { reason: "noRecord", lateMs: 0 };
  return delayOf(traced, trace.get(traced.parentId), tickMs);
}

/** After a restart the trace is empty: what the store has of it. */
async function fromStore(id: BlockId, { store }: BlockLivesDependencies): Promise<TracedBlock | null> {
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
    carriedBy: null,
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

function inOrder(times: ReadonlyMap<BlockStage, UnixMs>): TimelineEntry[] {
  return [...times].map(([stage, atMs]) => ({ stage, atMs })).sort((a, b) => a.atMs - b.atMs);
}

function missing(height: Height, { tip, tickMs, nowMs }: BlockLivesDependencies): BlockDelay {
  if (height <= tip.height) return { reason: "noRecord", lateMs: 0 };
  const lateMs = Math.round(nowMs - tip.timeMs - 2 * tickMs);
  return lateMs > 0 ? { reason: "producerSilent", lateMs } : { reason: "notYet", lateMs: 0 };
}
