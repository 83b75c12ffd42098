import {
  assert,
  assertNever,
  type Clock,
  type KeeperId,
  type Logger,
  type Random,
  type Timer,
  type UnixMs,
} from "@sealwright/types";
import type { Listeners } from "../listeners.js";
import type { PeerScores } from "../peerScores.js";
import type { DisconnectReason, PeerStatus, SendOutcome, SendPriority } from "../transport.js";
import { Backoff } from "./backoff.js";
import { dial, type TransportPeer } from "./dial.js";
import type { FramedSocket } from "./framedSocket.js";
import type { Identity } from "./identity.js";
import { PeerConnection } from "./peerConnection.js";
import type { TlsTransportLimits } from "./tlsLimits.js";

export interface PeerLinkOptions {
  readonly peer: TransportPeer;
  readonly self: KeeperId;
  readonly limits: TlsTransportLimits;
}

export interface PeerLinkDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly scores: PeerScores;
  readonly listeners: Listeners;
}

type LinkState =
  /** Not started yet, or waiting for the peer to dial. */
  | { readonly phase: "idle" }
  | { readonly phase: "waiting"; readonly timer: Timer }
  | { readonly phase: "dialling"; readonly attempt: { cancel(): void } }
  | { readonly phase: "up"; readonly connection: PeerConnection; readonly sinceMonotonicMs: number }
  | { readonly phase: "closed" };

/**
 * All about one peer: at most one live connection, and the way to the next one. Of two keepers the one with the smaller
 * id dials and the other listens, so they can never end up with two connections or none.
 */
export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #deps: PeerLinkDependencies;
  readonly #backoff: Backoff;
  #identity: Identity | undefined;
  #state: LinkState = { phase: "idle" };
  #sinceMs: UnixMs;
  #lastFailure: DisconnectReason | null = null;
  /** False while a fault drill keeps the two apart. */
  #isReachable = true;
  /** Of connections that are over. */
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(options: PeerLinkOptions, dependencies: PeerLinkDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    const { redialFirstMs, redialMaxMs } = options.limits;
    this.#backoff = new Backoff({ firstMs: redialFirstMs, maxMs: redialMaxMs }, dependencies.random);
    this.#sinceMs = dependencies.clock.nowMs();
  }

  /** Whether this side dials. */
  get dials(): boolean {
    return this.#options.self < this.#options.peer.id;
  }

  /** From now on the peer is dialled, if that is for this side to do. */
  start(identity: Identity): void {
    this.#identity = identity;
    if (this.dials) this.#dial();
  }

  /** A newer connection of the same, proven peer replaces the older: it would not dial if it still had that one. */
  accept(framed: FramedSocket): void {
    if (this.#state.phase === "up") this.#state.connection.end("replaced");
    if (this.#state.phase === "closed" || !this.#isReachable) framed.drop();
    else this.#goUp(framed);
  }

  send(frame: Uint8Array, priority: SendPriority): SendOutcome {
    if (this.#state.phase !== "up") return "notConnected";
    return this.#state.connection.send(frame, priority) ? "sent" : "queueFull";
  }

  beat(canJudge: boolean): void {
    if (this.#state.phase === "up") this.#state.connection.beat(canJudge);
  }

  /** Drops the peer, which `scores` has just banned. */
  ban(): void {
    this.#sinceMs = this.#deps.clock.nowMs();
    this.#cut("banned");
  }

  /** An unreachable peer is dropped, and met again only when it is reachable. */
  setReachable(isReachable: boolean): void {
    this.#isReachable = isReachable;
    if (!isReachable) this.#cut("partitioned");
  }

  #cut(reason: "banned" | "partitioned"): void {
    switch (this.#state.phase) {
      case "up":
        return this.#state.connection.end(reason);
      case "dialling":
        this.#state.attempt.cancel();
        return this.#rest(reason);
      // A timer that fires meanwhile waits on.
      case "waiting":
      case "idle":
      case "closed":
        return;
      default:
        return assertNever(this.#state);
    }
  }

  async close(): Promise<void> {
    const state = this.#state;
    this.#state = { phase: "closed" };
    switch (state.phase) {
      case "up":
        return state.connection.close();
      case "dialling":
        return state.attempt.cancel();
      case "waiting":
        return state.timer.cancel();
      case "idle":
      case "closed":
        return;
      default:
        return assertNever(state);
    }
  }

  status(): PeerStatus {
    const { peer } = this.#options;
    const connection = this.#state.phase === "up" ? this.#state.connection : undefined;
    const isBanned = this.#deps.scores.isBanned(peer.id);
    return {
      id: peer.id,
      state: isBanned ? "banned" : connection === undefined ? "disconnected" : "connected",
      address: `${peer.host}:${peer.port}`,
      score: this.#deps.scores.score(peer.id),
      bytesIn: this.#bytesIn + (connection?.bytesIn ?? 0),
      bytesOut: this.#bytesOut + (connection?.bytesOut ?? 0),
      queuedBytes: connection?.queuedBytes ?? 0,
      sinceMs: this.#sinceMs,
      roundTripMs: connection?.roundTripMs ?? null,
      clockOffsetMs: connection?.clockOffsetMs ?? null,
      lastFailure: this.#lastFailure,
    };
  }

  #dial(): void {
    const { peer, limits } = this.#options;
    const identity = this.#identity;
    assert(identity !== undefined, "a link dials only after its start");
    if (!this.#isReachable || this.#deps.scores.isBanned(peer.id)) return this.#waitToDial();
    const attempt = dial({ peer, identity, timeoutMs: limits.handshakeTimeoutMs }, this.#deps.clock, (outcome) => {
      if (outcome.ok) this.#goUp(outcome.value);
      else this.#rest(outcome.error);
    });
    this.#state = { phase: "dialling", attempt };
  }

  #goUp(framed: FramedSocket): void {
    const peer = this.#options.peer.id;
    const connection: PeerConnection = new PeerConnection(framed, this.#options.limits, {
      clock: this.#deps.clock,
      message: (frame) => this.#deps.listeners.message(peer, frame),
      ended: (reason) => this.#goDown(connection, reason),
    });
    this.#cancelTimer();
    this.#state = { phase: "up", connection, sinceMonotonicMs: this.#deps.clock.monotonicMs() };
    this.#sinceMs = this.#deps.clock.nowMs();
    this.#deps.logger.log("info", "network.connected", { peer });
    this.#deps.listeners.connected(peer);
  }

  #goDown(connection: PeerConnection, reason: DisconnectReason): void {
    this.#bytesIn += connection.bytesIn;
    this.#bytesOut += connection.bytesOut;
    this.#sinceMs = this.#deps.clock.nowMs();
    const peer = this.#options.peer.id;
    if (this.#state.phase === "up") {
      // Only a connection that lasted shows that dialling again at once is worth it.
      const livedMs = this.#deps.clock.monotonicMs() - this.#state.sinceMonotonicMs;
      if (livedMs > this.#options.limits.redialMaxMs) this.#backoff.reset();
      this.#rest(reason);
    } else this.#lastFailure = reason;
    this.#deps.logger.log(reason === "closing" ? "debug" : "info", "network.disconnected", { peer, reason });
    this.#deps.listeners.disconnected(peer, reason);
  }

  /** No connection, for `reason`; the dialling side tries again later. */
  #rest(reason: DisconnectReason): void {
    if (this.#state.phase !== "up") this.#logFailedDial(reason);
    this.#lastFailure = reason;
    this.#state = { phase: "idle" };
    if (this.dials) this.#waitToDial();
  }

  /** An operator has to look at a wrong key or a refusal; an absent peer is everyday life. */
  #logFailedDial(reason: DisconnectReason): void {
    const level = reason === "wrongKey" || typeof reason === "object" ? "warn" : "debug";
    this.#deps.logger.log(level, "network.dialFailed", { peer: this.#options.peer.id, reason });
  }

  #waitToDial(): void {
    const delayMs = Math.max(this.#backoff.nextMs(), this.#deps.scores.banLeftMs(this.#options.peer.id));
    this.#state = { phase: "waiting", timer: this.#deps.clock.setTimer(delayMs, () => this.#dial()) };
  }

  #cancelTimer(): void {
    if (this.#state.phase === "waiting") this.#state.timer.cancel();
  }
}
