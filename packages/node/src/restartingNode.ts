import type { KeeperId, NetworkId, Result } from "@sealwright/types";
import type { NodeRunEnd } from "./nodeEnd.js";
import type { NodeExit, StartNodeError } from "./nodeError.js";

/** One run of a node, from its opening until all of it is closed. */
export interface NodeRun {
  readonly apiUrl: string;
  readonly keeperId: KeeperId;
  readonly networkId: NetworkId;
  readonly done: Promise<NodeRunEnd>;
  stop(): Promise<void>;
}

/**
 * Opens the next run, with its API at the given port.
 * @param signal aborted when nobody waits for it any more: then it answers `aborted`, and nothing stays open
 */
export type OpenRun = (apiPort: number, signal?: AbortSignal) => Promise<Result<NodeRun, StartNodeError>>;

/** A node whose runs follow each other, in one process, until it ends for good. */
export class RestartingNode implements AsyncDisposable {
  readonly apiUrl: string;
  readonly keeperId: KeeperId;
  readonly networkId: NetworkId;
  /** Resolves once, with how the node ended. */
  readonly done: Promise<NodeExit>;
  #run: NodeRun;
  readonly #stopping = new AbortController();

  /** @param open asked with the port of the first run's API: a free one was taken for it once */
  constructor(first: NodeRun, open: OpenRun) {
    this.#run = first;
    this.apiUrl = first.apiUrl;
    this.keeperId = first.keeperId;
    this.networkId = first.networkId;
    this.done = this.#follow(open);
  }

  /** Finishes what is under way, closes everything; safe to call again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#run.stop();
    await this.done;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #follow(open: OpenRun): Promise<NodeExit> {
    const apiPort = portOf(this.apiUrl);
    const { signal } = this.#stopping;
    for (;;) {
      const end = await this.#run.done;
      if (end.reason !== "restart") return end;
      if (signal.aborted) return { reason: "stopped" };
      const next = await open(apiPort, signal);
      if (!next.ok && next.error.code === "aborted") return { reason: "stopped" };
      if (!next.ok) return { reason: "failed", error: new Error(next.error.message) };
      this.#run = next.value;
      if (signal.aborted) await this.#run.stop();
    }
  }
}

/** Of a URL that names its port, if only by leaving out that of its protocol. */
function portOf(url: string): number {
  const { port } = new URL(url);
  return port === "" ? 80 : Number(port);
}
