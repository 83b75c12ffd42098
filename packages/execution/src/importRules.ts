import { type ImportCursor, threadOf } from "@sealwright/types";
import type { BlockContext, ImportError, ImportRange } from "./executor.js";
import { compareCursors } from "./state/importCursors.js";

/** Contiguous from the cursor, in order, without holes, from accounts of the source to accounts of this thread. */
export function checkRange(range: ImportRange, expected: ImportCursor, context: BlockContext): ImportError | null {
  if (compareCursors(range.from, expected) !== 0) return { code: "notContiguous", source: range.source, expected };
  const reason = range.source === context.threadId ? "a thread imports from others only" : flawOf(range, context);
  return reason === null ? null : { code: "badRange", source: range.source, reason };
}

function flawOf(range: ImportRange, context: BlockContext): string | null {
  let next = range.from;
  for (const { at, message } of range.messages) {
    if (!follows(at, next)) return `message at ${show(at)} does not follow ${show(next)}`;
    if (threadOf(context.threadsTable, message.source) !== range.source)
      return `message at ${show(at)} is of another source`;
    if (threadOf(context.threadsTable, message.destination) !== context.threadId)
      return `message at ${show(at)} goes elsewhere`;
    next = { height: at.height, position: at.position + 1 };
  }
  return follows(range.to, next) ? null : `the end ${show(range.to)} does not follow ${show(next)}`;
}

/** The next place is in the same block, or at the front of a later one. */
function follows(at: ImportCursor, next: ImportCursor): boolean {
  return compareCursors(at, next) === 0 || (at.height > next.height && at.position === 0);
}

function show(cursor: ImportCursor): string {
  return `${cursor.height}/${cursor.position}`;
}
