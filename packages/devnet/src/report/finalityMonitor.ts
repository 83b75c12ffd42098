import type { BlockEventJson, SealwrightClient } from "@sealwright/api";
import { threadIndexOf, type ThreadId } from "@sealwright/types";
import type { Checks } from "./checks.js";

/**
 * Watches every node's finality as it happens: no two nodes ever call different blocks of a height final (I3), no node
 * takes one back (I4), and each goes up one height at a time (I5).
 */
export class FinalityMonitor {
  /** By thread and height: the first block id that any node called final. */
  readonly #finals = new Map<string, string>();
  readonly #abandoned = new Map<number, Set<string>>();
  readonly #over = new AbortController();
  readonly #following: Promise<void>[] = [];

  constructor(private readonly checks: Checks) {}

  /** Resolves when every node's events are being read. */
  async start(clients: readonly SealwrightClient[]): Promise<void> {
    await Promise.all(
      clients.map(
        (client, node) =>
          new Promise<void>((resolve, reject) => {
            const following = this.#follow(client, node, resolve);
            this.#following.push(following);
            following.catch(reject);
          }),
      ),
    );
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await Promise.allSettled(this.#following);
  }

  /** Different blocks of a thread that some node gave up. */
  forks(thread: number): number {
    return this.#abandoned.get(thread)?.size ?? 0;
  }

  /** What a node called final at a height while we watched. */
  finalAt(threadId: string, height: bigint): string | null {
    return this.#finals.get(`${threadId}/${height}`) ?? null;
  }

  async #follow(client: SealwrightClient, node: number, onOpen: () => void): Promise<void> {
    const heights = new Map<string, bigint>();
    const { signal } = this.#over;
    for await (const item of client.events({ types: ["block.final", "block.abandoned"], signal, onOpen })) {
      // Whatever came in between is compared when the chains are read.
      if (item.type === "gap") heights.clear();
      else this.#take(item.event as BlockEventJson, node, heights);
    }
  }

  #take({ type, block }: BlockEventJson, node: number, heights: Map<string, bigint>): void {
    const thread = threadIndexOf(block.threadId as ThreadId);
    if (type === "block.abandoned") {
      const abandoned = this.#abandoned.get(thread) ?? new Set();
      this.#abandoned.set(thread, abandoned.add(block.blockId));
      return;
    }
    const at = `${block.threadId}/${block.height}`;
    const height = BigInt(block.height);
    const first = this.#finals.get(at) ?? block.blockId;
    this.#finals.set(at, first);
    const place = `thread ${thread}, height ${block.height}`;
    this.checks.check(
      "I3",
      first === block.blockId,
      () => `${place}: ${first} and ${block.blockId} (node ${node}) are both final`,
    );
    const last = heights.get(block.threadId);
    if (last !== undefined) {
      this.checks.check(
        "I5",
        height <= last + 1n,
        () => `${place} became final on node ${node} right after height ${last}`,
      );
    }
    heights.set(block.threadId, last === undefined || height > last ? height : last);
  }
}
