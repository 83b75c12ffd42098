import { assert } from "@sealwright/types";
import type { FileHandle } from "node:fs/promises";
import type { Marks, ScopeText } from "../marks.js";
import type { WrittenFile } from "./durableFile.js";
import { encodeFrame, type LogEntry } from "./logFormat.js";
import { writeLog } from "./openLog.js";
import { Snapshot } from "./snapshot.js";

/** Entries encoded in one turn: well below a millisecond of work, for somebody waits for a signature meanwhile. */
const ENTRIES_PER_TURN = 200;

export interface SuccessorParts {
  readonly path: string;
  readonly marks: ReadonlyMap<ScopeText, Marks>;
  readonly logSizeBytes: number;
}

type State =
  | { readonly phase: "writing" }
  | { readonly phase: "written"; readonly file: WrittenFile }
  | { readonly phase: "failed"; readonly cause: unknown };

/**
 * The log that is to take the place of the present one, written under another name in small pieces while that one is still
 * in use. What the present one takes meanwhile is noted, and is written behind the snapshot before they are exchanged: so
 * whichever of the two has the name holds every mark that was answered for.
 */
export class SuccessorLog {
  /** Resolves when nothing is written to it any more. Never rejects. */
  readonly ended: Promise<void>;
  readonly #snapshot: Snapshot;
  /** In the present log's indexes. */
  readonly #since: LogEntry[] = [];
  #state: State = { phase: "writing" };
  #isAbandoned = false;

  /** Begins at once: everything that `marks` has now is in it, whether it is durable in the present log or not. */
  constructor({ path, marks, logSizeBytes }: SuccessorParts) {
    this.#snapshot = new Snapshot(marks, ENTRIES_PER_TURN);
    const afterPiece = async (handle: FileHandle): Promise<void> => {
      if (this.#isAbandoned) throw new Error("not needed any more");
      // Piece by piece: one sync of the whole would hold up the present log's for as long as it takes.
      await handle.datasync();
    };
    this.ended = writeLog(path, this.#snapshot, logSizeBytes, afterPiece).then(
      (file) => void (this.#state = { phase: "written", file }),
      (cause: unknown) => void (this.#state = { phase: "failed", cause }),
    );
  }

  get state(): State {
    return this.#state;
  }

  /** The indexes of its snapshot's scopes. */
  get indexes(): ReadonlyMap<ScopeText, number> {
    return this.#snapshot.indexes;
  }

  /** These have become durable in the present log. */
  note(entries: readonly LogEntry[]): void {
    this.#since.push(...entries);
  }

  /** Ends the writing soon. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  /**
   * What must be written behind the snapshot before it may take the present log's place.
   * @param translate from the present log's indexes to this one's
   */
  framesSince(translate: (entry: LogEntry) => readonly LogEntry[]): {
    readonly bytes: Uint8Array;
    readonly nextSeq: bigint;
  } {
    assert(this.#state.phase === "written", "only a whole snapshot is continued");
    const frames: Uint8Array[] = [];
    let seq = this.#snapshot.nextSeq;
    let left: readonly LogEntry[] = this.#since.flatMap(translate);
    while (left.length > 0) {
      const { bytes, taken } = encodeFrame(seq, left);
      frames.push(bytes);
      seq += 1n;
      left = left.slice(taken);
    }
    return { bytes: Buffer.concat(frames), nextSeq: seq };
  }
}
