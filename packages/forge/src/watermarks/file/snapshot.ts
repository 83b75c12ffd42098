import { type Marks, recordsOf, type ScopeText } from "../marks.js";
import { encodeFrame, type LogEntry } from "./logFormat.js";

/** Entries encoded in one turn: some milliseconds of work. */
const SNAPSHOT_FRAME_ENTRIES = 2_000;

/**
 * The present marks as a new log, made in turns. A mark that rises between two turns may be in it or not: its record
 * waits for the next commit either way, and a record that comes twice does no harm.
 */
export class Snapshot {
  readonly indexes = new Map<ScopeText, number>();
  nextSeq = 0n;
  readonly #marks: ReadonlyMap<ScopeText, Marks>;
  readonly #entriesPerTurn: number;

  constructor(marks: ReadonlyMap<ScopeText, Marks>, entriesPerTurn = SNAPSHOT_FRAME_ENTRIES) {
    this.#marks = marks;
    this.#entriesPerTurn = entriesPerTurn;
  }

  /** All frames, for behind the header. */
  *chunks(): Generator<Uint8Array> {
    let entries: LogEntry[] = [];
    for (const [scope, marks] of this.#marks) {
      const index = this.indexes.size;
      this.indexes.set(scope, index);
      entries.push({ type: "scope", index, scope });
      for (const record of recordsOf(marks)) entries.push({ type: "record", index, record });
      if (entries.length < this.#entriesPerTurn) continue;
      yield* this.#frames(entries);
      entries = [];
    }
    yield* this.#frames(entries);
  }

  *#frames(entries: readonly LogEntry[]): Generator<Uint8Array> {
    let left = entries;
    while (left.length > 0) {
      const { bytes, taken } = encodeFrame(this.nextSeq, left);
      this.nextSeq += 1n;
      left = left.slice(taken);
      yield bytes;
    }
  }
}
