import type { BlockEventJson, SealwrightClient } from "@sealwright/api/client";
import { threadIndexOf, type ThreadId } from "@sealwright/types";
import type { LatencySample } from "../faults/recovery.js";
import type { Checks } from "./checks.js";

const ALWAYS_FOLLOWED = ["block.final", "block.abandoned"] as const;
/** Far more than are ever open at once: blocks that were abandoned and told to nobody go first. */
const SEALED_MAX = 1_000;

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

  /** By thread: when each new height was first told final. */
  readonly #finalTimes = new Map<number, number[]>();
  /** When blocks were first told sealed, of those that are not final yet. */
  readonly #sealedAtMs = new Map<string, number>();
  readonly #latencies: LatencySample[] = [];

  /** @param followsSealed to know each block's latency, at the price of one more event per block and node */
  constructor(
    private readonly checks: Checks,
    private readonly options: { readonly followsSealed: boolean } = { followsSealed: false },
  ) {}

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

  /** When each new final block of a thread was first told by any node, ascending. */
  finalTimes(thread: number): readonly number[] {
    return [...(this.#finalTimes.get(thread) ?? [])].sort((a, b) => a - b);
  }

  /** From sealed to final, of every block; nothing unless `followsSealed`. Those still open never came. */
  latencies(): readonly LatencySample[] {
    const open = [...this.#sealedAtMs.values()].map((atMs) => ({ atMs, latencyMs: Infinity }));
    return [...this.#latencies, ...open].sort((a, b) => a.atMs - b.atMs);
  }

  /** What a node called final at a height while we watched. */
  finalAt(threadId: string, height: bigint): string | null {
    return this.#finals.get(`${threadId}/${height}`) ?? null;
  }

  async #follow(client: SealwrightClient, node: number, onOpen: () => void): Promise<void> {
    const heights = new Map<string, bigint>();
    const { signal } = this.#over;
    const types = [...ALWAYS_FOLLOWED, ...(this.options.followsSealed ? (["block.sealed"] as const) : [])];
    for await (const item of client.events({ types, signal, onOpen })) {
      // Whatever came in between is compared when the chains are read.
      if (item.type === "gap") heights.clear();
      else this.#take(item.event as BlockEventJson, node, heights);
    }
  }

  #take({ type, block, atMs }: BlockEventJson, node: number, heights: Map<string, bigint>): void {
    const thread = threadIndexOf(block.threadId as ThreadId);
    if (type === "block.sealed") return this.#sealed(block, atMs);
    if (type === "block.abandoned") {
      this.#sealedAtMs.delete(block.blockId);
      const abandoned = this.#abandoned.get(thread) ?? new Set();
      this.#abandoned.set(thread, abandoned.add(block.blockId));
      return;
    }
    const at = `${block.threadId}/${block.height}`;
    const height = BigInt(block.height);
    const first = this.#finals.get(at) ?? block.blockId;
    if (!this.#finals.has(at)) this.#firstFinal(thread, block.blockId, atMs);
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

  #sealed({ threadId, height, blockId }: BlockEventJson["block"], atMs: number): void {
    if (this.#sealedAtMs.has(blockId) || this.#finals.has(`${threadId}/${height}`)) return;
    const oldest = this.#sealedAtMs.keys().next();
    if (this.#sealedAtMs.size >= SEALED_MAX && oldest.done !== true) this.#sealedAtMs.delete(oldest.value);
    this.#sealedAtMs.set(blockId, atMs);
  }

  #firstFinal(thread: number, blockId: string, atMs: number): void {
    const times = this.#finalTimes.get(thread) ?? [];
    times.push(atMs);
    this.#finalTimes.set(thread, times);
    const sealedAtMs = this.#sealedAtMs.get(blockId);
    if (sealedAtMs === undefined) return;
    this.#sealedAtMs.delete(blockId);
    this.#latencies.push({ atMs: sealedAtMs, latencyMs: Math.max(0, atMs - sealedAtMs) });
  }
}
