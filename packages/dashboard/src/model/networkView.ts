import type { BlockEventJson, EventJson } from "@sealwright/api";

/** How far a block got, in order; `abandoned` ends a block that a later term went past. */
export const STAGES = ["sealed", "certified", "prefinal", "final", "abandoned"] as const;
export type Stage = (typeof STAGES)[number];

export interface LaneBlock {
  readonly id: string;
  readonly height: number;
  readonly term: string;
  readonly producer: string;
  readonly messages: number;
  stage: Stage;
  /** When this node first heard of it, by the node's clock. */
  readonly seenAtMs: number;
  /** Null until it is final. */
  finalAfterMs: number | null;
}

export interface Lane {
  readonly threadId: string;
  readonly index: number;
  producer: string;
  term: string;
  finalHeight: number;
  /** Oldest first, at most `LANE_BLOCKS_MAX`. */
  readonly blocks: LaneBlock[];
}

/** More than a minute of blocks at full speed: what scrolled out of sight is forgotten. */
export const LANE_BLOCKS_MAX = 1_024;
/** Figures look back over this span. */
export const WINDOW_MS = 10_000;
const SAMPLES_MAX = 4_096;

interface Sample {
  readonly atMs: number;
  readonly finalAfterMs: number | null;
  readonly messages: number;
}

export interface Figures {
  readonly messagesPerS: number;
  readonly blocksPerS: number;
  /** From the first word of a block to its finality, median of the window; null while nothing became final in it. */
  readonly finalityMs: number | null;
}

/** What one node tells of its network, folded into what the page shows. Bounded, whatever comes. */
export class NetworkView {
  readonly lanes = new Map<string, Lane>();
  readonly disconnected = new Set<string>();
  #samples: Sample[] = [];

  /** A thread as the API lists it; the page asks once, and again after a gap. */
  setThread(thread: { threadId: string; index: number; term: string; producer: string; finalHeight: number }): void {
    const lane = this.lanes.get(thread.threadId);
    if (lane === undefined) {
      this.lanes.set(thread.threadId, { ...thread, blocks: [] });
      return;
    }
    lane.term = thread.term;
    lane.producer = thread.producer;
    lane.finalHeight = Math.max(lane.finalHeight, thread.finalHeight);
  }

  take(event: EventJson): void {
    switch (event.type) {
      case "block.sealed":
      case "block.certified":
      case "block.prefinal":
      case "block.final":
      case "block.abandoned":
        return this.#takeBlock(event);
      case "thread.term": {
        const lane = this.lanes.get(event.threadId);
        if (lane === undefined) return;
        lane.term = event.term;
        lane.producer = event.producer;
        return;
      }
      case "keeper.connected":
        this.disconnected.delete(event.keeperId);
        return;
      case "keeper.disconnected":
        this.disconnected.add(event.keeperId);
        return;
      case "block.late":
      case "block.nacked":
      case "message.status":
      case "keeper.evidence":
        return;
    }
  }

  /** @param nowMs by the node's clock: rates fall also when nothing comes any more */
  figures(nowMs: number): Figures {
    const fromMs = nowMs - WINDOW_MS;
    this.#samples = this.#samples.filter(({ atMs }) => atMs > fromMs);
    const waits = this.#samples.flatMap(({ finalAfterMs }) => (finalAfterMs === null ? [] : [finalAfterMs]));
    waits.sort((a, b) => a - b);
    const seconds = WINDOW_MS / 1_000;
    return {
      messagesPerS: this.#samples.reduce((sum, { messages }) => sum + messages, 0) / seconds,
      blocksPerS: this.#samples.length / seconds,
      finalityMs: waits[Math.floor(waits.length / 2)] ?? null,
    };
  }

  #takeBlock(event: BlockEventJson): void {
    const lane = this.lanes.get(event.block.threadId);
    if (lane === undefined) return;
    const stage = event.type.slice("block.".length) as Stage;
    const block = lane.blocks.find(({ id }) => id === event.block.blockId) ?? this.#add(lane, event);
    if (block.stage === "final") return;
    // Only finality revives what was abandoned; everything else moves forward.
    if (stage !== "final" && STAGES.indexOf(stage) < STAGES.indexOf(block.stage)) return;
    block.stage = stage;
    if (stage !== "final") return;
    lane.finalHeight = Math.max(lane.finalHeight, block.height);
    // A block that is final when it is first heard of says nothing about how long that took.
    block.finalAfterMs = event.atMs > block.seenAtMs ? event.atMs - block.seenAtMs : null;
    this.#samples.push({ atMs: event.atMs, finalAfterMs: block.finalAfterMs, messages: block.messages });
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
  }

  #add(lane: Lane, event: BlockEventJson): LaneBlock {
    const block: LaneBlock = {
      id: event.block.blockId,
      height: Number(event.block.height),
      term: event.block.term,
      producer: event.producer,
      messages: event.messages.length,
      stage: "sealed",
      seenAtMs: event.atMs,
      finalAfterMs: null,
    };
    lane.blocks.push(block);
    if (lane.blocks.length > LANE_BLOCKS_MAX) lane.blocks.shift();
    return block;
  }
}
