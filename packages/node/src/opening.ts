/** What was opened so far, to be closed in reverse when a later part cannot start. */
export class Opening {
  readonly #closers: (() => Promise<void>)[] = [];

  opened(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  async undo(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}
