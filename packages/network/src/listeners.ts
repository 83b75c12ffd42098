import type { KeeperId } from "@sealwright/types";
import type { DisconnectReason, TransportListener } from "./transport.js";

/** The listeners of one transport, called in the order they were added; adding or removing during a call is safe. */
export class Listeners {
  #all: readonly TransportListener[] = [];

  add(listener: TransportListener): () => void {
    this.#all = [...this.#all, listener];
    return () => {
      this.#all = this.#all.filter((other) => other !== listener);
    };
  }

  /** @returns a promise when some listener wants the sender held back until it resolves */
  message(from: KeeperId, frame: Uint8Array): Promise<unknown> | undefined {
    let pending: Promise<void>[] | undefined;
    for (const listener of this.#all) {
      const outcome = listener.message?.(from, frame);
      if (outcome !== undefined) (pending ??= []).push(outcome);
    }
    return pending === undefined ? undefined : Promise.all(pending);
  }

  connected(peer: KeeperId): void {
    for (const listener of this.#all) listener.connected?.(peer);
  }

  disconnected(peer: KeeperId, reason: DisconnectReason): void {
    for (const listener of this.#all) listener.disconnected?.(peer, reason);
  }
}
