import {
  assert,
  type BlockId,
  ByteWriter,
  decode,
  type DecodeError,
  equalBytes,
  type Height,
  height,
  type KeeperId,
  type Result,
  type Term,
  term,
  type ThreadId,
  type UnixMs,
} from "@sealwright/types";
import { FACTS_BYTES_MAX } from "./finalRecord.js";

/** The order of a block's life; `invalid` and `abandoned` can follow every one of them but `final`. */
const LIFE = ["candidate", "applied", "attested", "certified", "prefinal", "final"] as const;
/** How far a block came at this node, first the way of one that becomes final. */
export const BLOCK_STATUSES = [...LIFE, "invalid", "abandoned"] as const;
/** One of `BLOCK_STATUSES`. */
export type BlockStatus = (typeof BLOCK_STATUSES)[number];

const TIMES = ["receivedMs", "sealedMs", "appliedMs", "attestedMs", "certifiedMs", "prefinalMs", "finalMs"] as const;

/** When what happened to a block here, for people. Each entry is written once. */
export type BlockTimeline = { readonly [name in (typeof TIMES)[number]]?: UnixMs };

/** What is known of a block from the moment it is known at all. */
export interface BlockPlace {
  readonly id: BlockId;
  readonly threadId: ThreadId;
  readonly height: Height;
  readonly term: Term;
  readonly parentId: BlockId;
  readonly producer: KeeperId;
}

/** All that this node knows of one block. */
export interface BlockState extends BlockPlace {
  readonly status: BlockStatus;
  /** Why it is invalid or abandoned. */
  readonly reason?: string;
  /** What consensus derived from it; meaning and encoding belong to the caller. */
  readonly facts?: Uint8Array;
  readonly timeline: BlockTimeline;
}

/** What is new of a block; what is left out stays. */
export interface BlockStatePatch {
  readonly status?: BlockStatus;
  readonly reason?: string;
  readonly facts?: Uint8Array;
  readonly timeline?: BlockTimeline;
}

export const REASON_CHARS_MAX = 500;

/** True when nothing more is expected of the block. */
export function isSettled(status: BlockStatus): boolean {
  return status === "final" || status === "invalid" || status === "abandoned";
}

/**
 * May a block go from one status to another? Forward in its life, skipping is fine; to invalid or abandoned at any
 * time before final; from abandoned back to life, because a later certificate may revive it (protocol S6); never out
 * of final (F3) or of invalid.
 */
export function mayBecome(from: BlockStatus, to: BlockStatus): boolean {
  if (from === to) return true;
  if (from === "final" || from === "invalid") return false;
  if (from === "abandoned" || to === "invalid" || to === "abandoned") return true;
  return LIFE.indexOf(to) > LIFE.indexOf(from);
}

/** @returns the record with the patch; the same object when it changes nothing. Breaking a rule is our bug: it asserts. */
export function patchBlockState(state: BlockState, patch: BlockStatePatch): BlockState {
  const status = patch.status ?? state.status;
  assert(mayBecome(state.status, status), `block ${state.id} cannot go from ${state.status} to ${status}`);
  const facts = writeOnce(state.id, "facts", state.facts, patch.facts, equalBytes);
  const timeline = mergeTimeline(state, patch.timeline ?? {});
  const reason = nextReason(state, status, patch.reason);
  const same =
    status === state.status && facts === state.facts && timeline === state.timeline && reason === state.reason;
  if (same) return state;
  const { reason: _reason, ...rest } = state;
  return { ...rest, status, timeline, ...(facts !== undefined && { facts }), ...(reason !== undefined && { reason }) };
}

/** A reason explains one status: it goes when the block leaves that status, and is not rewritten while it stays. */
function nextReason(state: BlockState, status: BlockStatus, given: string | undefined): string | undefined {
  const kept = status === state.status ? state.reason : undefined;
  return kept ?? given?.slice(0, REASON_CHARS_MAX);
}

function mergeTimeline(state: BlockState, patch: BlockTimeline): BlockTimeline {
  const before: Readonly<Record<string, unknown>> = state.timeline;
  let changed = false;
  for (const [name, value] of Object.entries(patch)) {
    writeOnce(state.id, name, before[name], value, Object.is);
    changed ||= before[name] === undefined && value !== undefined;
  }
  return changed ? { ...state.timeline, ...patch } : state.timeline;
}

function writeOnce<T>(
  id: BlockId,
  name: string,
  old: T | undefined,
  next: T | undefined,
  same: (a: T, b: T) => boolean,
): T | undefined {
  if (next === undefined) return old;
  if (old === undefined) return next;
  assert(same(old, next), `${name} of block ${id} is written once`);
  return old;
}

/** Where records had room for the block that carried the quorum, which no version ever wrote: any of them reads any other's. */
const NO_CARRIER = 0;

export function encodeBlockState(state: BlockState): Uint8Array {
  const { timeline } = state;
  const writer = new ByteWriter(256);
  writer.hex(state.id).hex(state.threadId).u64(state.height).u64(state.term).hex(state.parentId).hex(state.producer);
  writer.u8(BLOCK_STATUSES.indexOf(state.status));
  writer.option(state.reason ?? null, (w, text) => w.bytes(new TextEncoder().encode(text)));
  writer.option(state.facts ?? null, (w, facts) => w.bytes(facts));
  for (const name of TIMES) writer.option(timeline[name] ?? null, (w, at) => w.u53(at));
  return writer.u8(NO_CARRIER).finish();
}

export function decodeBlockState(bytes: Uint8Array): Result<BlockState, DecodeError> {
  return decode(bytes, (reader) => {
    const place: BlockPlace = {
      id: reader.hex(32) as BlockId,
      threadId: reader.hex(34) as ThreadId,
      height: height(reader.u64()),
      term: term(reader.u64()),
      parentId: reader.hex(32) as BlockId,
      producer: reader.hex(32) as KeeperId,
    };
    const status = BLOCK_STATUSES[reader.u8()] ?? reader.fail("unknown block status");
    const reason = reader.option((r) => new TextDecoder().decode(r.bytes(REASON_CHARS_MAX * 4)));
    const facts = reader.option((r) => r.bytes(FACTS_BYTES_MAX));
    const timeline: Record<string, UnixMs> = {};
    for (const name of TIMES) {
      const at = reader.option((r) => r.time());
      if (at !== null) timeline[name] = at;
    }
    reader.option((r) => r.hex(32));
    return { ...place, status, timeline, ...(reason !== null && { reason }), ...(facts !== null && { facts }) };
  });
}
