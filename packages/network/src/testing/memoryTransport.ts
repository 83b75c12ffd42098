import { assert, type Clock, type KeeperId, ok, type Random, type Result, type UnixMs } from "@sealwright/types";
import { FRAME_OVERHEAD_BYTES, type TransportLimits } from "../limits.js";
import { Listeners } from "../listeners.js";
import type { Penalty } from "../penalty.js";
import { PeerScores } from "../peerScores.js";
import { ReceiveWindow } from "../receiveWindow.js";
import type {
  DisconnectReason,
  PeerStatus,
  SendOptions,
  SendOutcome,
  SendPriority,
  Transport,
  TransportListener,
  TransportStartError,
} from "../transport.js";
import { drawPassages, type LinkRules } from "./linkRules.js";
import type { EventQueue } from "./eventQueue.js";

/** What a transport needs of the network around it. */
export interface MemorySurroundings {
  readonly keepers: readonly KeeperId[];
  readonly limits: TransportLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventQueue;
  rules(from: KeeperId, to: KeeperId): LinkRules;
  isCut(a: KeeperId, b: KeeperId): boolean;
  /** Connects or disconnects a pair so that it fits what is now true of it. */
  reconsider(a: KeeperId, b: KeeperId, reason: DisconnectReason): void;
}

/** One direction of a connection, kept by its sender. */
interface Outgoing {
  readonly to: MemoryTransport;
  /** The receiver's; belongs to the connection. */
  readonly window: ReceiveWindow;
  /** Arrived while the window was shut, in order. */
  readonly held: (() => void)[];
  readonly queued: Record<SendPriority, number>;
  readonly lastArrivalMs: Record<SendPriority, number>;
  /** Frames of an older life of the link never arrive in a newer one. */
  life: number;
}

interface Tally {
  bytesIn: number;
  bytesOut: number;
  sinceMs: UnixMs;
  lastFailure: DisconnectReason | null;
}

type Phase = "new" | "running" | "closed";

/** A `Transport` of a `MemoryNetwork`, which makes it. */
export class MemoryTransport implements Transport {
  readonly #network: MemorySurroundings;
  readonly #listeners = new Listeners();
  readonly #scores: PeerScores;
  readonly #links = new Map<KeeperId, Outgoing>();
  readonly #tallies: ReadonlyMap<KeeperId, Tally>;
  #phase: Phase = "new";

  constructor(
    readonly self: KeeperId,
    network: MemorySurroundings,
  ) {
    this.#network = network;
    this.#scores = new PeerScores(network.limits.score, network.clock);
    const sinceMs = network.clock.nowMs();
    this.#tallies = new Map(
      this.#others().map((peer) => [peer, { bytesIn: 0, bytesOut: 0, sinceMs, lastFailure: null }]),
    );
  }

  start(): Promise<Result<void, TransportStartError>> {
    assert(this.#phase === "new", "a transport starts once");
    this.#phase = "running";
    for (const peer of this.#others()) this.#network.reconsider(this.self, peer, "peerClosed");
    return Promise.resolve(ok(undefined));
  }

  send(to: KeeperId, frame: Uint8Array, options?: SendOptions): SendOutcome {
    assert(frame.length <= this.#network.limits.frameBytesMax, `frame of ${frame.length} bytes is over the limit`);
    const link = this.#links.get(to);
    if (link === undefined) return "notConnected";
    const priority = options?.priority ?? "consensus";
    const chargedBytes = frame.length + FRAME_OVERHEAD_BYTES;
    if (link.queued[priority] + chargedBytes > this.#network.limits.queueBytesMax[priority]) return "queueFull";
    // A cut link swallows frames until both ends notice.
    if (!this.#network.isCut(this.self, to)) this.#launch(link, frame, priority, chargedBytes);
    this.#tally(to).bytesOut += frame.length;
    return "sent";
  }

  #launch(link: Outgoing, frame: Uint8Array, priority: SendPriority, chargedBytes: number): void {
    const nowMs = this.#network.clock.monotonicMs();
    const passages = drawPassages(this.#network.rules(this.self, link.to.self), this.#network.random);
    for (const { delayMs, overtaken } of passages) {
      const earliestMs = overtaken ? 0 : link.lastArrivalMs[priority];
      const arrivalMs = Math.max(nowMs + delayMs, earliestMs);
      if (!overtaken) link.lastArrivalMs[priority] = arrivalMs;
      link.queued[priority] += chargedBytes;
      const life = link.life;
      const deliver = (): void => {
        if (link.life !== life) return;
        link.queued[priority] -= chargedBytes;
        link.to.receive(this.self, frame, link.window);
      };
      this.#network.events.at(arrivalMs, () => {
        if (link.life !== life) return;
        if (link.window.isOpen && link.held.length === 0) deliver();
        else link.held.push(deliver);
      });
    }
  }

  broadcast(frame: Uint8Array, options?: SendOptions): void {
    for (const peer of this.#links.keys()) this.send(peer, frame, options);
  }

  peers(): readonly PeerStatus[] {
    return this.#others().map((id) => {
      const { bytesIn, bytesOut, sinceMs, lastFailure } = this.#tally(id);
      const link = this.#links.get(id);
      const state = this.#scores.isBanned(id) ? "banned" : link === undefined ? "disconnected" : "connected";
      const queuedBytes = link === undefined ? 0 : link.queued.consensus + link.queued.bulk;
      const score = this.#scores.score(id);
      return {
        id,
        state,
        address: `memory:${id}`,
        score,
        bytesIn,
        bytesOut,
        queuedBytes,
        sinceMs,
        roundTripMs: null,
        clockOffsetMs: null,
        lastFailure,
      };
    });
  }

  penalize(peer: KeeperId, penalty: Penalty, _reason: string): void {
    if (!this.#tallies.has(peer) || this.#scores.penalize(peer, penalty) === "kept") return;
    this.#tally(peer).sinceMs = this.#network.clock.nowMs();
    const { events, clock } = this.#network;
    events.at(clock.monotonicMs() + this.#scores.banLeftMs(peer), () =>
      this.#network.reconsider(this.self, peer, "banned"),
    );
    this.#network.reconsider(this.self, peer, "banned");
  }

  on(listener: TransportListener): () => void {
    return this.#listeners.add(listener);
  }

  close(): Promise<void> {
    this.crash();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What a killed process looks like from outside; in memory the same as closing. */
  crash(): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    for (const peer of this.#others()) this.#network.reconsider(this.self, peer, "peerClosed");
  }

  // What follows is for the network only.

  get isRunning(): boolean {
    return this.#phase === "running";
  }

  refuses(peer: KeeperId): boolean {
    return this.#scores.isBanned(peer);
  }

  isLinkedTo(peer: KeeperId): boolean {
    return this.#links.has(peer);
  }

  link(to: MemoryTransport): void {
    const held: (() => void)[] = [];
    const window: ReceiveWindow = new ReceiveWindow(this.#network.limits.receiveWindowBytes, () => {
      while (window.isOpen) {
        const deliver = held.shift();
        if (deliver === undefined) return;
        deliver();
      }
    });
    const queued = { consensus: 0, bulk: 0 };
    this.#links.set(to.self, { to, window, held, queued, lastArrivalMs: { consensus: 0, bulk: 0 }, life: 0 });
    this.#tally(to.self).sinceMs = this.#network.clock.nowMs();
  }

  announce(peer: KeeperId): void {
    if (this.#links.has(peer)) this.#listeners.connected(peer);
  }

  unlink(to: MemoryTransport, reason: DisconnectReason): void {
    const link = this.#links.get(to.self);
    if (link === undefined || link.to !== to) return;
    this.loseInFlight(to.self);
    this.#links.delete(to.self);
    const tally = this.#tally(to.self);
    tally.sinceMs = this.#network.clock.nowMs();
    tally.lastFailure = this.#phase === "closed" ? "closing" : reason;
    this.#listeners.disconnected(to.self, tally.lastFailure);
  }

  loseInFlight(to: KeeperId): void {
    const link = this.#links.get(to);
    if (link === undefined) return;
    link.life += 1;
    link.held.length = 0;
    link.queued.consensus = 0;
    link.queued.bulk = 0;
  }

  receive(from: KeeperId, frame: Uint8Array, window: ReceiveWindow): void {
    this.#tally(from).bytesIn += frame.length;
    const pending = this.#listeners.message(from, frame);
    if (pending !== undefined) window.hold(frame.length, pending);
  }

  #others(): KeeperId[] {
    return this.#network.keepers.filter((keeper) => keeper !== this.self);
  }

  #tally(peer: KeeperId): Tally {
    const tally = this.#tallies.get(peer);
    assert(tally !== undefined, `no such keeper in this network: ${peer}`);
    return tally;
  }
}
