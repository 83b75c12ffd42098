import { assert, type Clock, type KeeperId, type Random } from "@sealwright/types";
import { assertTransportLimits, DEFAULT_TRANSPORT_LIMITS, type TransportLimits } from "../limits.js";
import type { DisconnectReason } from "../transport.js";
import { EventQueue } from "./eventQueue.js";
import { type LinkRules, PERFECT_LINK } from "./linkRules.js";
import { type MemorySurroundings, MemoryTransport } from "./memoryTransport.js";

export interface MemoryNetworkOptions {
  readonly keepers: readonly KeeperId[];
  /** Of every link without rules of its own; default: immediate and perfect. */
  readonly link?: Partial<LinkRules>;
  /** How long both ends of a cut link go on believing in it. Default 0: both are told at once. */
  readonly cutNoticedAfterMs?: number;
  readonly limits?: Partial<TransportLimits>;
}

export interface MemoryNetworkDependencies {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Keepers connected in memory: the same calls with the same clock and seed give the same deliveries in the same order.
 * Nothing is delivered inside a call of `send`, `start` or `heal`: all arrives from timers of the clock.
 */
export class MemoryNetwork implements MemorySurroundings {
  readonly keepers: readonly KeeperId[];
  readonly limits: TransportLimits;
  readonly clock: Clock;
  readonly random: Random;
  /** Used by the transports of this network. */
  readonly events: EventQueue;
  readonly #baseRules: LinkRules;
  readonly #cutNoticedAfterMs: number;
  readonly #live = new Map<KeeperId, MemoryTransport>();
  readonly #rules = new Map<string, LinkRules>();
  #groupOf: ReadonlyMap<KeeperId, number> | undefined;

  constructor(options: MemoryNetworkOptions, dependencies: MemoryNetworkDependencies) {
    this.keepers = [...new Set(options.keepers)].sort();
    this.limits = { ...DEFAULT_TRANSPORT_LIMITS, ...options.limits };
    assertTransportLimits(this.limits);
    this.clock = dependencies.clock;
    this.random = dependencies.random;
    this.events = new EventQueue(this.clock);
    this.#baseRules = { ...PERFECT_LINK, ...options.link };
    this.#cutNoticedAfterMs = options.cutNoticedAfterMs ?? 0;
  }

  /** A new transport for `self`, to be started by its owner. The former one, if any, crashes: its peers see it close. */
  transport(self: KeeperId): MemoryTransport {
    assert(this.keepers.includes(self), `no such keeper in this network: ${self}`);
    this.#live.get(self)?.crash();
    const transport = new MemoryTransport(self, this);
    this.#live.set(self, transport);
    return transport;
  }

  /** The current transport of `keeper`, also when it is not started or closed. */
  live(keeper: KeeperId): MemoryTransport | undefined {
    return this.#live.get(keeper);
  }

  /** Rules for frames from `from` to `to`, on top of the network's; `{}` takes them back. Frames under way keep theirs. */
  setLink(from: KeeperId, to: KeeperId, rules: Partial<LinkRules>): void {
    this.#rules.set(`${from}>${to}`, { ...this.#baseRules, ...rules });
  }

  rules(from: KeeperId, to: KeeperId): LinkRules {
    return this.#rules.get(`${from}>${to}`) ?? this.#baseRules;
  }

  /** Only keepers of one group reach each other; a keeper in no group is alone. Frames under way across the cut are lost. */
  partition(groups: readonly (readonly KeeperId[])[]): void {
    this.#groupOf = new Map(groups.flatMap((group, index) => group.map((keeper) => [keeper, index] as const)));
    this.#forEachPair((a, b) => {
      if (!this.isCut(a, b) || this.#cutNoticedAfterMs === 0) return this.reconsider(a, b, "partitioned");
      this.#live.get(a)?.loseInFlight(b);
      this.#live.get(b)?.loseInFlight(a);
      this.events.at(this.clock.monotonicMs() + this.#cutNoticedAfterMs, () => this.reconsider(a, b, "partitioned"));
    });
  }

  /** Ends the partition; keepers meet again one link latency later. */
  heal(): void {
    this.#groupOf = undefined;
    this.#forEachPair((a, b) => this.reconsider(a, b, "partitioned"));
  }

  isCut(a: KeeperId, b: KeeperId): boolean {
    if (this.#groupOf === undefined) return false;
    const group = this.#groupOf.get(a);
    return group === undefined || group !== this.#groupOf.get(b);
  }

  /** Connects or disconnects a pair so that it fits what is now true of it. Called by transports as well. */
  reconsider(a: KeeperId, b: KeeperId, reason: DisconnectReason): void {
    const [left, right] = [this.#live.get(a), this.#live.get(b)];
    if (left === undefined || right === undefined) return;
    const possible = this.#isPossible(left, right);
    if (possible) this.#meet(left, right);
    else this.#part(left, right, reason);
  }

  #isPossible(left: MemoryTransport, right: MemoryTransport): boolean {
    if (!left.isRunning || !right.isRunning) return false;
    return !this.isCut(left.self, right.self) && !left.refuses(right.self) && !right.refuses(left.self);
  }

  #meet(left: MemoryTransport, right: MemoryTransport): void {
    if (left.isLinkedTo(right.self)) return;
    const latencyMs = Math.max(
      this.rules(left.self, right.self).latencyMs,
      this.rules(right.self, left.self).latencyMs,
    );
    this.events.at(this.clock.monotonicMs() + latencyMs, () => {
      if (left.isLinkedTo(right.self) || !this.#isPossible(left, right)) return;
      // Both ends are up before either is told, so that an answer sent from `connected` is not lost.
      left.link(right);
      right.link(left);
      left.announce(right.self);
      right.announce(left.self);
    });
  }

  #part(left: MemoryTransport, right: MemoryTransport, reason: DisconnectReason): void {
    left.unlink(right, reason);
    right.unlink(left, reason);
  }

  #forEachPair(visit: (a: KeeperId, b: KeeperId) => void): void {
    for (const [index, a] of this.keepers.entries()) {
      for (const b of this.keepers.slice(index + 1)) visit(a, b);
    }
  }
}

/** @see MemoryNetwork */
export function memoryNetwork(options: MemoryNetworkOptions, dependencies: MemoryNetworkDependencies): MemoryNetwork {
  return new MemoryNetwork(options, dependencies);
}
