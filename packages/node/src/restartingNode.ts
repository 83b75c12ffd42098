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

/** A node whose runs follow each other, in one process, until it ends for good. */
export class RestartingNode implements AsyncDisposable {
  readonly apiUrl: string;
  readonly keeperId: KeeperId;
  readonly networkId: NetworkId;
  /** Resolves once, with how the node ended. */
  readonly done: Promise<NodeExit>;
  #run: NodeRun;
  #isStopping = false;

  /** @param open opens the next run, with the API at the port of the first one: a free one was taken for it once */
  constructor(first: NodeRun, open: (apiPort: number) => Promise<Result<NodeRun, StartNodeError>>) {
    this.#run = first;
    this.apiUrl = first.apiUrl;
    this.keeperId = first.keeperId;
    this.networkId = first.networkId;
    this.done = this.#follow(open);
  }

  /** Finishes what is under way, closes everything; safe to call again. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#run.stop();
    await this.done;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #follow(open: (apiPort: number) => Promise<Result<NodeRun, StartNodeError>>): Promise<NodeExit> {
    const apiPort = portOf(this.apiUrl);
    for (;;) {
      const end = await this.#run.done;
      if (end.reason !== "restart") return end;
      if (this.#isStopping) return { reason: "stopped" };
      const next = await open(apiPort);
      if (!next.ok) return { reason: "failed", error: new Error(next.error.message) };
      this.#run = next.value;
      if (this.#isStopping) await this.#run.stop();
    }
  }
}

/** Of a URL that names its port, if only by leaving out that of its protocol. */
function portOf(url: string): number {
  const { port } = new URL(url);
  return port === "" ? 80 : Number(port);
}
