import type { BlockRef, BlockStage, EventLog, NodeEvent } from "@sealwright/api";
import type { BlockStateRepository, BlockStatus, BlockTimeline } from "@sealwright/store";
import type { BlockId, Clock, SealedBlock } from "@sealwright/types";
import type { BlockTrace } from "../life/blockTrace.js";
import type { MessageDesk } from "../messages/messageDesk.js";

type BlockEventType = "block.sealed" | "block.certified" | "block.prefinal" | "block.final" | "block.abandoned";
type TimeName = keyof BlockTimeline;

export interface BlockDiaryDependencies {
  readonly blockStates: BlockStateRepository;
  readonly events: EventLog<NodeEvent>;
  readonly desk: () => MessageDesk;
  readonly clock: Clock;
}

export function refOf(block: SealedBlock): BlockRef {
  const { threadId, height, term } = block.header;
  return { threadId, height, term, blockId: block.id };
}

/** Writes down what happens to each block, for people and for the API's events. Nothing of the protocol depends on it. */
export class BlockDiary {
  readonly #deps: BlockDiaryDependencies;

  /** @param trace keeps the steps that the store does not, for a while */
  constructor(
    dependencies: BlockDiaryDependencies,
    private readonly trace: BlockTrace,
  ) {
    this.#deps = dependencies;
  }

  /** @returns false when this was noted before */
  note(block: SealedBlock, status: BlockStatus, time: TimeName): boolean {
    const { threadId, height, term, parentId, producer } = block.header;
    this.trace.note(block, STAGE_OF[time]);
    const known = this.#deps.blockStates.peek(block.id);
    // A candidate's coming is noted in memory alone; once the block is good, it is kept with the rest.
    const receivedMs = this.trace.get(block.id)?.times.get("received");
    const timeline = { ...(receivedMs !== undefined && { receivedMs }), [time]: this.#deps.clock.nowMs() };
    if (known !== null) return this.noteKnown(block.id, status, time);
    this.#quietly(
      this.#deps.blockStates.register(
        { id: block.id, threadId, height, term, parentId, producer },
        { status, timeline },
      ),
    );
    return true;
  }

  /** As `note`, for a block whose body is not at hand; unknown ones are passed over. */
  noteKnown(blockId: BlockId, status: BlockStatus, time: TimeName | null): boolean {
    if (time !== null) this.trace.noteKnown(blockId, STAGE_OF[time]);
    else if (status === "invalid" || status === "abandoned") this.trace.noteKnown(blockId, status);
    const known = this.#deps.blockStates.peek(blockId);
    if (known === null || (time !== null && known.timeline[time] !== undefined)) return false;
    const next = isLater(known.status, status) ? { status } : {};
    const timeline = time === null ? {} : { timeline: { [time]: this.#deps.clock.nowMs() } };
    this.#quietly(this.#deps.blockStates.update(blockId, { ...next, ...timeline }));
    return true;
  }

  /** The first block of a term stands on it: when an earlier term left it aside, it is what it was before that. */
  noteFollowed(blockId: BlockId): void {
    const known = this.#deps.blockStates.peek(blockId);
    if (known?.status !== "abandoned") return;
    this.trace.revived(blockId);
    this.#quietly(this.#deps.blockStates.update(blockId, { status: lastStatusIn(known.timeline) }));
  }

  /**
   * A quorum vouches for the block. The desk hears of it whatever stands here: after a restart it knows less than the
   * diary, and what it knows it does not tell again.
   */
  noteVouched(block: SealedBlock, stage: "certified" | "prefinal"): void {
    const isAbandoned = this.#deps.blockStates.peek(block.id)?.status === "abandoned";
    const isNew = this.note(block, stage, stage === "certified" ? "certifiedMs" : "prefinalMs");
    // Messages of an abandoned block wait for another one, unless a later term revives it.
    if (!isAbandoned)
      this.#deps.desk().noteProgress(block, refOf(block), stage === "certified" ? "included" : "prefinal");
    if (isNew) this.tell(`block.${stage}`, block);
  }

  tell(type: BlockEventType, block: SealedBlock): void {
    const { clock, desk, events } = this.#deps;
    events.append({
      type,
      atMs: clock.nowMs(),
      block: refOf(block),
      producer: block.header.producer,
      messages: desk().hashesOf(block),
    });
  }

  /** A diary that cannot be written is no reason to stop; the store itself says when it fails, to whoever needs it. */
  #quietly(written: Promise<unknown>): void {
    written.catch(() => undefined);
  }
}

/** The times that the store keeps, as steps; what it calls sealed is told when the block leaves its producer. */
export const STAGE_OF = {
  receivedMs: "received",
  sealedMs: "sent",
  appliedMs: "applied",
  attestedMs: "attested",
  certifiedMs: "certified",
  prefinalMs: "prefinal",
  finalMs: "final",
} as const satisfies Record<TimeName, BlockStage>;

const LIFE: readonly BlockStatus[] = ["candidate", "applied", "attested", "certified", "prefinal", "final"];

function lastStatusIn({ appliedMs, attestedMs, certifiedMs, prefinalMs }: BlockTimeline): BlockStatus {
  if (prefinalMs !== undefined) return "prefinal";
  if (certifiedMs !== undefined) return "certified";
  if (attestedMs !== undefined) return "attested";
  return appliedMs === undefined ? "candidate" : "applied";
}

/** What is abandoned stays so, whatever votes arrive for it, until it is followed again. */
function isLater(from: BlockStatus, to: BlockStatus): boolean {
  if (from === "final" || from === "invalid") return false;
  if (from === "abandoned") return to === "final" || to === "invalid";
  return to === "invalid" || to === "abandoned" || LIFE.indexOf(to) > LIFE.indexOf(from);
}
