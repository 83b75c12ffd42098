/** Places in the shared memory. */
const STOPPED = 0;
const MOVES = 1;
const UNDER_WAY = 2;
const PLACES = 3;

/** What a build in progress asks and tells between two messages. */
export interface BuildWatch {
  /** The message at this place of the request is executed from here on. */
  begins(index: number): void;
  ends(): void;
  /** The time of this build is used up: whatever is left waits for the next block. */
  isOver(): boolean;
}

/** For builds that nobody watches: they end when there is nothing more, or no more room. */
export const UNWATCHED: BuildWatch = { begins: () => undefined, ends: () => undefined, isOver: () => false };

/**
 * Memory that a worker shares with its caller, because a worker that executes hears no message: the caller ends a build
 * through it, and sees which message is under way. The worker needs no clock for that.
 */
export class BuildProgress {
  readonly #view: Int32Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT)) {
    this.#view = new Int32Array(memory);
  }

  /** The caller's: builds up to this number take no further message. */
  stop(build: number): void {
    Atomics.store(this.#view, STOPPED, build);
  }

  /** Moves on with every message. */
  get moves(): number {
    return Atomics.load(this.#view, MOVES);
  }

  /** Which message of its build is under way; null when none is. */
  get index(): number | null {
    const underWay = Atomics.load(this.#view, UNDER_WAY);
    return underWay === 0 ? null : underWay - 1;
  }

  /** The worker's. */
  watch(build: number): BuildWatch {
    return {
      begins: (index) => {
        Atomics.add(this.#view, MOVES, 1);
        Atomics.store(this.#view, UNDER_WAY, index + 1);
      },
      ends: () => void Atomics.store(this.#view, UNDER_WAY, 0),
      isOver: () => Atomics.load(this.#view, STOPPED) >= build,
    };
  }
}
