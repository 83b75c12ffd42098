import type { BlockId, Height, KeeperId, MessageHash, Term, ThreadId, UnixMs } from "@sealwright/types";
import type { BlockDelay } from "../backend/blockLife.js";
import type { BlockRef, MessageRefusal } from "../backend/message.js";

/** A step of a block that this node saw; `messages` are its external messages in order of execution. */
export interface BlockEvent {
  readonly type: "block.sealed" | "block.certified" | "block.prefinal" | "block.final" | "block.abandoned";
  readonly atMs: UnixMs;
  readonly block: BlockRef;
  readonly producer: KeeperId;
  readonly messages: readonly MessageHash[];
}

/** A block became final late, or was given up. */
export interface BlockDelayEvent extends BlockDelay {
  readonly type: "block.late";
  readonly atMs: UnixMs;
  readonly block: BlockRef;
  readonly producer: KeeperId;
}

/** A keeper called a block bad, with good signatures: whether it is, execution tells. */
export interface NackEvent {
  readonly type: "block.nacked";
  readonly atMs: UnixMs;
  readonly threadId: ThreadId;
  readonly height: Height;
  readonly blockId: BlockId;
  /** Who says so. */
  readonly keeperId: KeeperId;
}

/**
 * What the messages of a `MessageStatusEvent` turned to: `MessageState` without the results, which differ from message
 * to message. Whoever wants them reads the message.
 */
export type MessageTransition =
  | { readonly status: "queued"; readonly abandonedInTerm: Term | null; readonly refusal?: MessageRefusal }
  | { readonly status: "included" | "prefinal" | "final"; readonly block: BlockRef }
  | { readonly status: "rejected"; readonly block: BlockRef; readonly code: string; readonly reason: string }
  | { readonly status: "expired"; readonly expiresAtMs: UnixMs };

/**
 * Messages of one thread that reached the same state at once: one event per block and status rather than one per
 * message, because a full block holds thousands.
 */
export interface MessageStatusEvent {
  readonly type: "message.status";
  readonly atMs: UnixMs;
  readonly threadId: ThreadId;
  readonly messages: readonly MessageHash[];
  readonly state: MessageTransition;
}

/** The authority of a thread moved. */
export interface ThreadEvent {
  readonly type: "thread.term";
  readonly atMs: UnixMs;
  readonly threadId: ThreadId;
  readonly term: Term;
  readonly producer: KeeperId;
}

/** The link to a keeper came up or broke, or a proof against it is here. */
export interface KeeperEvent {
  readonly type: "keeper.connected" | "keeper.disconnected" | "keeper.evidence";
  readonly atMs: UnixMs;
  readonly keeperId: KeeperId;
}

/** What happens in a node, as it tells it; `EventJson` is its form on the wire. */
export type NodeEvent = BlockEvent | BlockDelayEvent | NackEvent | MessageStatusEvent | ThreadEvent | KeeperEvent;
/** One of `NODE_EVENT_TYPES`. */
export type NodeEventType = NodeEvent["type"];

/** All of them: what `/v1/events?types=` takes. */
export const NODE_EVENT_TYPES = [
  "block.sealed",
  "block.certified",
  "block.prefinal",
  "block.final",
  "block.abandoned",
  "block.late",
  "block.nacked",
  "message.status",
  "thread.term",
  "keeper.connected",
  "keeper.disconnected",
  "keeper.evidence",
] as const satisfies readonly NodeEventType[];
