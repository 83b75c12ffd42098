import type {
  Penalty,
  PeerStatus,
  SendOptions,
  SendOutcome,
  Transport,
  TransportListener,
  TransportStartError,
} from "@sealwright/network";
import type { KeeperId, Result } from "@sealwright/types";

/** Between a keeper and its links: whoever stands here sees, changes, adds or drops what passes. */
export interface TransportSpy {
  /** @returns what really leaves, in order */
  sending(to: KeeperId, frame: Uint8Array): readonly Uint8Array[];
  /** @returns what arrives in its place; null: nothing */
  receiving(from: KeeperId, frame: Uint8Array): Uint8Array | null;
  /** Lets what arrived reach the keeper, now or when its process runs again. */
  arrive<T>(act: () => T): T | undefined;
  penalized(peer: KeeperId, reason: string): void;
}

/** A transport with a spy on it; everything else is the transport's own. */
export class SpiedTransport implements Transport {
  readonly #inner: Transport;
  readonly #spy: TransportSpy;
  readonly #peers: readonly KeeperId[];

  constructor(inner: Transport, spy: TransportSpy) {
    this.#inner = inner;
    this.#spy = spy;
    this.#peers = inner.peers().map(({ id }) => id);
  }

  get self(): KeeperId {
    return this.#inner.self;
  }

  start(): Promise<Result<void, TransportStartError>> {
    return this.#inner.start();
  }

  send(to: KeeperId, frame: Uint8Array, options?: SendOptions): SendOutcome {
    let outcome: SendOutcome = "notConnected";
    for (const sent of this.#spy.sending(to, frame)) outcome = this.#inner.send(to, sent, options);
    return outcome;
  }

  broadcast(frame: Uint8Array, options?: SendOptions): void {
    for (const peer of this.#peers) this.send(peer, frame, options);
  }

  peers(): readonly PeerStatus[] {
    return this.#inner.peers();
  }

  penalize(peer: KeeperId, penalty: Penalty, reason: string): void {
    this.#spy.penalized(peer, reason);
    this.#inner.penalize(peer, penalty, reason);
  }

  on(listener: TransportListener): () => void {
    const spy = this.#spy;
    return this.#inner.on({
      message: (from, frame) => {
        const received = spy.receiving(from, frame);
        if (received === null) return undefined;
        return spy.arrive(() => listener.message?.(from, received));
      },
      connected: (peer) => void spy.arrive(() => listener.connected?.(peer)),
      disconnected: (peer, reason) => void spy.arrive(() => listener.disconnected?.(peer, reason)),
    });
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
