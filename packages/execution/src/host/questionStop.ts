/** A question's contract that still runs then has run out of gas: a build that comes waits for it. */
export const QUESTION_TIME_MAX_MS = 100;

/**
 * Memory that a worker shares with its caller, because a worker that executes hears no message: the caller ends a
 * question through it. The worker needs no clock for that.
 */
export class QuestionStop {
  readonly #view: Uint32Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(Uint32Array.BYTES_PER_ELEMENT)) {
    this.#view = new Uint32Array(memory);
  }

  /** The caller's. @param job its number; one question is under way at a time */
  stop(job: number): void {
    Atomics.store(this.#view, 0, job);
  }

  /** The worker's. */
  isOver(job: number): () => boolean {
    // Numbers of jobs grow beyond 32 bits.
    const stored = job >>> 0;
    return () => Atomics.load(this.#view, 0) === stored;
  }
}
