import type { Penalty, PeerStatus, SendOutcome, Transport, TransportListener } from "@sealwright/network";
import { type KeeperId, ok, type Result, unixMs } from "@sealwright/types";

/**
 * Links on which somebody else says what comes. It bans nobody, so that a keeper has to bear from every peer what a real
 * transport would end soon.
 */
export class HostileTransport implements Transport {
  /** How often each cause was held against a peer. */
  readonly penalties = new Map<string, number>();
  /** What promises of listeners ended with: a listener may never fail. */
  readonly rejections: unknown[] = [];
  readonly listeners = new Set<TransportListener>();
  readonly #peers: readonly KeeperId[];

  constructor(
    readonly self: KeeperId,
    peers: readonly KeeperId[],
  ) {
    this.#peers = peers;
  }

  deliver(from: KeeperId, frame: Uint8Array): void {
    for (const listener of this.listeners)
      listener.message?.(from, frame)?.catch((error: unknown) => this.rejections.push(error));
  }

  connect(peer: KeeperId): void {
    for (const listener of this.listeners) listener.connected?.(peer);
  }

  disconnect(peer: KeeperId): void {
    for (const listener of this.listeners) listener.disconnected?.(peer, "peerClosed");
  }

  start(): Promise<Result<void, never>> {
    for (const peer of this.#peers) this.connect(peer);
    return Promise.resolve(ok(undefined));
  }

  send(): SendOutcome {
    return "sent";
  }

  broadcast(): void {
    // Nobody listens.
  }

  peers(): readonly PeerStatus[] {
    return this.#peers.map((id) => ({
      ...{ id, state: "connected", address: "hostile", score: 100, bytesIn: 0, bytesOut: 0, queuedBytes: 0 },
      ...{ sinceMs: unixMs(0), roundTripMs: null, clockOffsetMs: null, lastFailure: null },
    }));
  }

  penalize(_peer: KeeperId, _penalty: Penalty, reason: string): void {
    // What stands behind the colon is different every time.
    const cause = reason.split(":")[0]!;
    this.penalties.set(cause, (this.penalties.get(cause) ?? 0) + 1);
  }

  on(listener: TransportListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
