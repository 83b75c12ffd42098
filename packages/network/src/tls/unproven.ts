import type { Socket } from "node:net";
import type { Clock, Timer } from "@sealwright/types";

export interface UnprovenLimits {
  readonly unprovenMax: number;
  readonly unprovenPerAddressMax: number;
  readonly handshakeTimeoutMs: number;
}

/** `address|port` of the other end. */
export type ConnectionKey = string;

interface Entry {
  readonly address: string;
  readonly socket: Socket;
  readonly deadline: Timer;
}

/**
 * Connections that have not proved who they are. Each has a deadline; when there are too many, in all or from one
 * address, the oldest gives way: an honest keeper needs only milliseconds, so a flood has to be faster than its handshake
 * to keep it out, where refusing the newest would let a few idle connections do that.
 */
export class Unproven {
  /** Oldest first. */
  readonly #entries = new Map<ConnectionKey, Entry>();
  readonly #perAddress = new Map<string, number>();

  constructor(
    readonly limits: UnprovenLimits,
    readonly clock: Clock,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  /** @returns false when the other end is gone already */
  admit(socket: Socket): boolean {
    const address = socket.remoteAddress;
    if (address === undefined) return false;
    if ((this.#perAddress.get(address) ?? 0) >= this.limits.unprovenPerAddressMax) this.#dropOldest(address);
    if (this.#entries.size >= this.limits.unprovenMax) this.#dropOldest();
    const key = connectionKey(socket);
    const deadline = this.clock.setTimer(this.limits.handshakeTimeoutMs, () => this.#drop(key));
    this.#entries.set(key, { address, socket, deadline });
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    socket.once("close", () => {
      if (this.#entries.get(key)?.socket === socket) this.#forget(key);
    });
    return true;
  }

  /** Proved, or over: the connection is no longer counted and has no deadline. */
  release(key: ConnectionKey): void {
    this.#forget(key);
  }

  dropAll(): void {
    for (const key of [...this.#entries.keys()]) this.#drop(key);
  }

  #dropOldest(address?: string): void {
    for (const [key, entry] of this.#entries) {
      if (address === undefined || entry.address === address) return this.#drop(key);
    }
  }

  #drop(key: ConnectionKey): void {
    this.#entries.get(key)?.socket.destroy();
    this.#forget(key);
  }

  #forget(key: ConnectionKey): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.deadline.cancel();
    this.#entries.delete(key);
    const left = (this.#perAddress.get(entry.address) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(entry.address);
    else this.#perAddress.set(entry.address, left);
  }
}

/** The same for a connection and the TLS socket over it, as long as it is open. */
export function connectionKey(socket: Socket): ConnectionKey {
  return `${socket.remoteAddress}|${socket.remotePort}`;
}
