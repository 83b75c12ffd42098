import { ByteWriter, height, type ImportCursor, merkleRoot, type ThreadId, writeCursor } from "@sealwright/types";

/** Before anything was imported from a thread. */
export const FIRST_CURSOR: ImportCursor = { height: height(0), position: 0 };

/** Where importing goes on, per source thread (protocol §12). Immutable. */
export class ImportCursors {
  static readonly empty = new ImportCursors(new Map());

  readonly root: Uint8Array;
  readonly #bySource: ReadonlyMap<ThreadId, ImportCursor>;

  constructor(bySource: ReadonlyMap<ThreadId, ImportCursor>) {
    this.#bySource = new Map([...bySource].sort(([a], [b]) => (a < b ? -1 : 1)));
    this.root = merkleRoot([...this.#bySource].map(([source, cursor]) => encodeItem(source, cursor)));
  }

  get(source: ThreadId): ImportCursor {
    return this.#bySource.get(source) ?? FIRST_CURSOR;
  }

  with(moved: ReadonlyMap<ThreadId, ImportCursor>): ImportCursors {
    return moved.size === 0 ? this : new ImportCursors(new Map([...this.#bySource, ...moved]));
  }
}

export const CURSOR_BYTES = 12;

export function encodeCursor(cursor: ImportCursor): Uint8Array {
  const writer = new ByteWriter(CURSOR_BYTES);
  writeCursor(writer, cursor);
  return writer.finish();
}

/** Negative, zero or positive, like every comparison. */
export function compareCursors(a: ImportCursor, b: ImportCursor): number {
  if (a.height !== b.height) return a.height < b.height ? -1 : 1;
  return a.position - b.position;
}

function encodeItem(source: ThreadId, cursor: ImportCursor): Uint8Array {
  const writer = new ByteWriter(34 + CURSOR_BYTES).hex(source);
  writeCursor(writer, cursor);
  return writer.finish();
}
