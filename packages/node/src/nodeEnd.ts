import type { NodeExit } from "./nodeError.js";

/** `restart`: all is closed, and the node is to be opened again. */
export type NodeRunEnd = NodeExit | { readonly reason: "restart" };

/** The one place where a run of a node ends: by request, to begin anew, or because something that guards safety failed. */
export class NodeEnd {
  #end: (exit: NodeRunEnd) => void = () => undefined;
  readonly #ended = new Promise<NodeRunEnd>((resolve) => (this.#end = resolve));
  #done: Promise<NodeRunEnd> = this.#ended;

  fail(error: unknown): void {
    this.#end({ reason: "failed", error });
  }

  restart(): void {
    this.#end({ reason: "restart" });
  }

  whenEnded(close: () => Promise<void>): Promise<NodeRunEnd> {
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
