import type { ImportCursor } from "@sealwright/types";
import { compareCursors, FIRST_CURSOR } from "../state/importCursors.js";

/** A message in a final block of one thread, on its way to another one. */
export interface Leaving {
  readonly at: ImportCursor;
  readonly hash: string;
  readonly value: bigint;
}

export interface Taken {
  readonly messages: readonly Leaving[];
  /** What is wrong with the import; null: nothing. */
  readonly flaw: string | null;
}

/** What goes from one thread to one other: sent in order, taken in order, each once. */
export class Lane {
  #cursor = FIRST_CURSOR;
  #waiting: Leaving[] = [];

  get waiting(): readonly Leaving[] {
    return this.#waiting;
  }

  send(message: Leaving): void {
    this.#waiting.push(message);
  }

  /** An import of all from one place to before another one. Whatever is wrong with it, the next one goes on behind it. */
  take(from: ImportCursor, to: ImportCursor): Taken {
    const count = this.#waiting.findIndex(({ at }) => compareCursors(at, to) >= 0);
    const messages = this.#waiting.splice(0, count < 0 ? this.#waiting.length : count);
    const flaw = flawOf({ cursor: this.#cursor, from, to, last: messages.at(-1)?.at ?? null });
    this.#cursor = to;
    return { messages, flaw };
  }
}

interface Import {
  readonly cursor: ImportCursor;
  readonly from: ImportCursor;
  readonly to: ImportCursor;
  /** The last message that was sent before `to`. */
  readonly last: ImportCursor | null;
}

function flawOf({ cursor, from, to, last }: Import): string | null {
  if (compareCursors(from, cursor) !== 0)
    return `goes on at ${show(from)}, and the import before ended at ${show(cursor)}`;
  if (compareCursors(to, from) < 0) return `goes back from ${show(from)} to ${show(to)}`;
  const isPastMessage = to.position === 0 || compareCursors(to, from) === 0 || isNext(last, to);
  return isPastMessage ? null : `goes to ${show(to)}, and no message was sent before that place`;
}

function isNext(last: ImportCursor | null, to: ImportCursor): boolean {
  return last !== null && last.height === to.height && last.position + 1 === to.position;
}

function show({ height, position }: ImportCursor): string {
  return `${height}/${position}`;
}
