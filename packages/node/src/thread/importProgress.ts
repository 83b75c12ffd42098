import type { ThreadExecution } from "@sealwright/execution";
import { type BlockId, height, type ImportCursor, type SealedBlock, type ThreadId } from "@sealwright/types";
import type { ImportDesk } from "./importDesk.js";

/** Where importing from the other threads goes on, after the last final block and after the newest one. */
export class ImportProgress {
  readonly sources: readonly ThreadId[];
  readonly #own: ThreadId;
  readonly #desk: ImportDesk;
  /** After the last durable final block. */
  readonly #final = new Map<ThreadId, ImportCursor>();
  /** After the newest block whose finality is on its way to disk: it is in no open chain any more. */
  readonly #finalizing = new Map<ThreadId, ImportCursor>();

  constructor(own: ThreadId, sources: readonly ThreadId[], dependencies: { readonly desk: ImportDesk }) {
    this.#own = own;
    this.sources = sources;
    this.#desk = dependencies.desk;
  }

  /** Reads the cursors of a final state; what waits behind them is brought to hand from then on. */
  async load(execution: ThreadExecution, finalId: BlockId): Promise<void> {
    const cursors = await execution.cursors({ block: finalId }, this.sources);
    for (const [i, source] of this.sources.entries()) {
      this.#final.set(source, cursors[i]!);
      this.#desk.addImporter(source, this.#own, cursors[i]!);
    }
  }

  /** The keeper calls it final, and the disk does not know yet. */
  noteFinalizing(block: SealedBlock): void {
    for (const ref of block.body.refs) this.#finalizing.set(ref.threadId, ref.to);
  }

  noteFinal(block: SealedBlock): void {
    for (const ref of block.body.refs) {
      this.#final.set(ref.threadId, ref.to);
      this.#desk.forgetBelow(ref.threadId, this.#own, ref.to);
    }
  }

  /** Behind this nothing is needed for importing any more, whatever happens to this machine. */
  durableCursor(source: ThreadId): ImportCursor {
    return this.#final.get(source) ?? START;
  }

  /** @param open the blocks of one branch above the keeper's last final one */
  cursorAfter(source: ThreadId, open: Iterable<{ readonly block: SealedBlock }>): ImportCursor {
    let cursor = this.#finalizing.get(source) ?? this.durableCursor(source);
    for (const { block } of open) {
      for (const ref of block.body.refs) {
        if (ref.threadId === source && isBefore(cursor, ref.to)) cursor = ref.to;
      }
    }
    return cursor;
  }

  /** @param open as above @returns by thread: where the first message stands that could be imported now */
  firstWaiting(open: Iterable<{ readonly block: SealedBlock }>): ReadonlyMap<ThreadId, ImportCursor> {
    const first = new Map<ThreadId, ImportCursor>();
    for (const source of this.sources) {
      const at = this.#desk.firstImport(source, this.#own, this.cursorAfter(source, open));
      if (at !== null) first.set(source, at);
    }
    return first;
  }

  /** @param open as above */
  hasWaiting(open: Iterable<{ readonly block: SealedBlock }>): boolean {
    return this.firstWaiting(open).size > 0;
  }
}

const START: ImportCursor = { height: height(0), position: 0 };

function isBefore(a: ImportCursor, b: ImportCursor): boolean {
  return a.height < b.height || (a.height === b.height && a.position < b.position);
}
