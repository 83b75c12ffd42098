import type { ImportCursor, ThreadId } from "@sealwright/types";
import { type BlockTally, type Moment, OWN_GAP_MS } from "./blockTally.js";

/** The first final message of another thread that this one has not taken, and since when. */
interface Waiting {
  readonly at: ImportCursor;
  readonly since: Moment;
  /** Against how many producers it was held. */
  readonly complaints: number;
  readonly isComplaint: boolean;
}

/**
 * S1: watches whether one thread's current producer takes the final messages of other threads. They come in order, so
 * the first of each thread is enough to watch. Held against f + 1 producers at most, as one of them is honest.
 */
export class ImportWatch {
  readonly #complaintsMax: number;
  readonly #tally: BlockTally;
  readonly #waiting = new Map<ThreadId, Waiting>();
  #lookedAtMs: number | null = null;

  constructor(options: { readonly complaintsMax: number; readonly tally: BlockTally }) {
    this.#complaintsMax = options.complaintsMax;
    this.#tally = options.tally;
  }

  /** Another keeper produces: it could take nothing yet. */
  newProducer(atMs: number): void {
    const since = this.#tally.moment(atMs);
    for (const [source, waiting] of this.#waiting) this.#waiting.set(source, { ...waiting, since, isComplaint: false });
  }

  /** This node produces, and is no judge of itself. */
  clear(): void {
    this.#waiting.clear();
    this.#lookedAtMs = null;
  }

  /**
   * @param first by thread: where the first message stands that waits now
   * @returns whether one of them gives reason to suspect the producer, as long as this is so
   */
  look(first: ReadonlyMap<ThreadId, ImportCursor>, atMs: number): boolean {
    if (this.#lookedAtMs !== null && atMs - this.#lookedAtMs > OWN_GAP_MS) this.newProducer(atMs);
    this.#lookedAtMs = atMs;
    for (const source of this.#waiting.keys()) if (!first.has(source)) this.#waiting.delete(source);
    return [...first].map(([source, at]) => this.#isLeftOut(source, at, atMs)).includes(true);
  }

  #isLeftOut(source: ThreadId, at: ImportCursor, atMs: number): boolean {
    const known = this.#waiting.get(source);
    const isSame = known?.at.height === at.height && known.at.position === at.position;
    const waiting = isSame ? known : { at, since: this.#tally.moment(atMs), complaints: 0, isComplaint: false };
    const isNew =
      !waiting.isComplaint && waiting.complaints < this.#complaintsMax && this.#tally.isCensored(waiting.since, atMs);
    const complaints = waiting.complaints + (isNew ? 1 : 0);
    const isComplaint = waiting.isComplaint || isNew;
    this.#waiting.set(source, { ...waiting, complaints, isComplaint });
    return isComplaint;
  }
}
