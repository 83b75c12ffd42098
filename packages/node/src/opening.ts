/** Nobody wants any more what is being opened: whoever opened it takes back what is open so far. */
export class OpeningAborted extends Error {
  override readonly name = "OpeningAborted";
}

/** What was opened so far, to be closed in reverse when a later part cannot start or nobody waits for it any more. */
export class Opening {
  readonly #closers: (() => Promise<void>)[] = [];

  /** @param signal aborted when nobody wants it open any more; who opens looks at it between its steps */
  constructor(private readonly signal?: AbortSignal) {}

  opened(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  /** @throws OpeningAborted */
  throwIfAborted(): void {
    if (this.signal?.aborted === true)
      throw new OpeningAborted("nobody waits for it to open any more", { cause: this.signal.reason });
  }

  /**
   * Waits for a long step. When the signal comes it is broken off, and waited for all the same: nothing of it shall be
   * under way when what it uses is closed.
   * @param breakOff makes `step` end soon: a closer, which `undo` calls again and hears the failure of
   * @throws OpeningAborted
   */
  async breakable<T>(step: () => Promise<T>, breakOff: () => Promise<void>): Promise<T> {
    this.throwIfAborted();
    const onAbort = (): void => void breakOff().catch(() => undefined);
    this.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await step();
    } catch (error) {
      this.throwIfAborted();
      throw error;
    } finally {
      this.signal?.removeEventListener("abort", onAbort);
    }
  }

  /**
   * Closes all of it, also what comes after something that cannot be closed.
   * @throws what the first such closer threw
   */
  async undo(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
