import type { NodeExit } from "./nodeError.js";

/** The one place where a node ends: by request, or because something that guards safety failed. */
export class NodeEnd {
  #end: (exit: NodeExit) => void = () => undefined;
  readonly #ended = new Promise<NodeExit>((resolve) => (this.#end = resolve));
  #done: Promise<NodeExit> = this.#ended;

  fail(error: unknown): void {
    this.#end({ reason: "failed", error });
  }

  whenEnded(close: () => Promise<void>): Promise<NodeExit> {
    this.#done = this.#ended.then(async (exit) => {
      await close();
      return exit;
    });
    return this.#done;
  }

  async stop(): Promise<void> {
    this.#end({ reason: "stopped" });
    await this.#done;
  }
}
