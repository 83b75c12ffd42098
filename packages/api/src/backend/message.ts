import type { BlockId, Height, KeeperId, MessageHash, Term, ThreadId, UnixMs } from "@sealwright/types";

/** Names one block in a way that people and programs can follow. */
export interface BlockRef {
  readonly threadId: ThreadId;
  readonly height: Height;
  readonly term: Term;
  readonly blockId: BlockId;
}

/** Statuses on the way to final, in order; a wait for one is over when it or a later one is reached. */
export const MESSAGE_PROGRESS = ["queued", "included", "prefinal", "final"] as const;
/** A status on the way to final; for one that is none of them see `MessageStatus`. */
export type MessageProgress = (typeof MESSAGE_PROGRESS)[number];
/** All that can be waited for; a wait also ends with any last word. */
export const MESSAGE_STATUSES = [...MESSAGE_PROGRESS, "rejected", "expired"] as const;

/** What the network told of a message by executing it. */
export interface MessageResult {
  /** 0 = done; else the engine's closed list of refusals, see `MessageState` "rejected". */
  readonly code: number;
  readonly gasUsed: number;
}

/** `code` is the engine's or the builder's word, `reason` one sentence. */
export interface MessageRefusal {
  readonly code: string;
  readonly reason: string;
}

/**
 * Where a message stands (protocol M3). Only `final`, `rejected` and `expired` are last words; `included` and
 * `prefinal` may fall back to `queued` when a switch abandons the block.
 */
export type MessageState =
  /**
   * `abandonedInTerm` names the term whose switch abandoned the block that held the message, if one did. `refusal`: why
   * this node, which produces the thread, does not put the message into a block; another producer may.
   */
  | { readonly status: "queued"; readonly abandonedInTerm: Term | null; readonly refusal?: MessageRefusal }
  | { readonly status: "included"; readonly block: BlockRef; readonly result: MessageResult | null }
  | { readonly status: "prefinal"; readonly block: BlockRef; readonly result: MessageResult | null }
  | { readonly status: "final"; readonly block: BlockRef; readonly result: MessageResult }
  /** Executed and refused, in a final block. `code` is the engine's word for it, `reason` one sentence. */
  | { readonly status: "rejected"; readonly block: BlockRef; readonly code: string; readonly reason: string }
  | { readonly status: "expired"; readonly expiresAtMs: UnixMs };

/** Where a message stands, in one word: one of `MESSAGE_STATUSES`. */
export type MessageStatus = MessageState["status"];

/** An external message that this node has met. */
export interface MessageRecord {
  readonly hash: MessageHash;
  readonly threadId: ThreadId;
  readonly state: MessageState;
}

/** Who produces a thread now, so that a client may go there directly. */
export interface ProducerHint {
  readonly keeperId: KeeperId;
  /** Base URL of that keeper's API, null when this node does not know it. */
  readonly apiUrl: string | null;
}

/**
 * Why a node does not take a message. Nothing was changed or kept. All but `queueFull`, `accountQueueFull` and
 * `unavailable` are facts about the message itself or about the last state known here.
 */
export const SUBMIT_REFUSAL_CODES = [
  "malformedMessage",
  "messageTooLarge",
  "wrongNetwork",
  "wrongThread",
  "badSignature",
  "messageExpired",
  "expiryTooFar",
  "accountUnknown",
  "nonceUsed",
  "nonceTooHigh",
  "insufficientFunds",
  "notAdmissible",
  "computeSkipped",
  "queueFull",
  "accountQueueFull",
  "unavailable",
] as const;
/** One of `SUBMIT_REFUSAL_CODES`; `API_ERRORS` has the HTTP status of each. */
export type SubmitRefusalCode = (typeof SUBMIT_REFUSAL_CODES)[number];

/** What came of offering one message. The identical message again is accepted again, with its present state. */
export type SubmitOutcome =
  | { readonly type: "accepted"; readonly record: MessageRecord; readonly producer: ProducerHint | null }
  | {
      readonly type: "refused";
      readonly hash: MessageHash;
      readonly code: SubmitRefusalCode;
      readonly reason: string;
      /** When to try again, for `queueFull`, `accountQueueFull` and `unavailable`. */
      readonly retryAfterMs: number | null;
      /** How the contract ended that refused the message, if one ran. */
      readonly exitCode?: number;
    };

/** Whether the status will never change again. */
export const isLastWord = (status: MessageStatus): boolean =>
  status === "final" || status === "rejected" || status === "expired";

/** Whether a wait for `wanted` is over: reached, passed, or never to be reached. */
export function endsWait(status: MessageStatus, wanted: MessageStatus): boolean {
  return isLastWord(status) || hasReached(status, wanted);
}

/** Whether the message got as far as `wanted`. A rejected message was included; an expired one reached nothing. */
export function hasReached(status: MessageStatus, wanted: MessageStatus): boolean {
  if (wanted === "rejected" || wanted === "expired") return status === wanted;
  if (status === "expired") return wanted === "queued";
  if (status === "rejected") return wanted !== "final";
  return MESSAGE_PROGRESS.indexOf(status) >= MESSAGE_PROGRESS.indexOf(wanted);
}
