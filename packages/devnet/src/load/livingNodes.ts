import type { SealwrightClient } from "@sealwright/api/client";
import { sleepMs } from "../wakefulClock.js";

const ASK_EVERY_MS = 500;
const ANSWER_MS_MAX = 2_000;

/**
 * Which nodes a client can use: those that answer and reach enough others to have anything included. A client that
 * knows several nodes asks this of them, and takes another one meanwhile.
 */
export class LivingNodes {
  readonly #gone = new Set<number>();
  readonly #over = new AbortController();

  /** @param onGone called each time that a node is found to be still gone, and when it just went */
  constructor(
    private readonly clients: readonly SealwrightClient[],
    private readonly onGone: (node: number) => void,
  ) {}

  start(): void {
    for (const [node, client] of this.clients.entries()) void this.#watch(node, client);
  }

  stop(): void {
    this.#over.abort();
  }

  isAlive(node: number): boolean {
    return !this.#gone.has(node);
  }

  noteSilent(node: number): void {
    this.#gone.add(node);
  }

  /** This node if it lives, else the next that does; this one again when none does. */
  orNext(node: number): number {
    const count = this.clients.length;
    for (let i = 0; i < count; i++) if (this.isAlive((node + i) % count)) return (node + i) % count;
    return node;
  }

  async #watch(node: number, client: SealwrightClient): Promise<void> {
    const { signal } = this.#over;
    for (; !signal.aborted; await sleepMs(ASK_EVERY_MS, signal)) {
      if (await isUsable(client)) this.#gone.delete(node);
      else if (!signal.aborted) {
        this.#gone.add(node);
        this.onGone(node);
      }
    }
  }
}

/** A thread that stands still is the network's trouble, and changing nodes would not help. */
async function isUsable(client: SealwrightClient): Promise<boolean> {
  try {
    const { checks } = await client.readiness({ signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    return checks.every(({ name, ok }) => ok || name !== "peersConnected");
  } catch {
    return false;
  }
}
