import type { LatencySample } from "../faults/recovery.js";
import { type LoadCounts } from "./loadPlan.js";
import { type Quantiles, quantilesOf } from "./quantiles.js";

/** How far the client knows a message to be; in order. */
const RANK = {
  scheduled: 0,
  accepted: 1,
  queued: 2,
  included: 3,
  prefinal: 4,
  rejected: 5,
  expired: 6,
  final: 7,
} as const;
type Stage = keyof typeof RANK;

/** One message as the client sees it. */
export interface BookedMessage {
  readonly hash: string;
  /** Monotonic. */
  readonly scheduledMs: number;
  /** Kept until its last word: a node that took it and goes away leaves it to be offered to another. */
  bytes: Uint8Array | null;
  /** The node that it was sent to last. */
  node: number;
  rank: number;
  wasIncluded: boolean;
  /** When its own node told "final"; NaN before. */
  finalMs: number;
  /** When any node did. */
  heardFinalMs: number;
}

/** Every message of a load and what became of it; nothing is ever taken out of the sample. */
export class MessageBook {
  readonly #messages: BookedMessage[] = [];
  readonly #byHash = new Map<string, BookedMessage>();
  readonly #rejections = new Map<string, number>();
  #recent: number[] = [];
  #settled = 0;
  #final = 0;
  #heard = 0;
  #rejected = 0;

  /** @param onOver called with each message's first last word */
  constructor(private readonly onOver: (hash: string, wasExecuted: boolean) => void = () => undefined) {}

  get sent(): number {
    return this.#messages.length;
  }

  get final(): number {
    return this.#final;
  }

  get rejected(): number {
    return this.#rejected;
  }

  /** Every message has its last word, from its own node where that lives. */
  get isSettled(): boolean {
    return this.#settled === this.#messages.length;
  }

  /** Every message has its last word, from whatever node. */
  get isHeard(): boolean {
    return this.#heard === this.#messages.length;
  }

  add(hash: string, bytes: Uint8Array, scheduledMs: number, node: number): BookedMessage {
    const message = {
      hash,
      bytes,
      scheduledMs,
      node,
      rank: RANK.scheduled,
      wasIncluded: false,
      finalMs: NaN,
      heardFinalMs: NaN,
    };
    this.#messages.push(message);
    this.#byHash.set(hash, message);
    return message;
  }

  /** A node told a message's status. */
  note(hash: string, status: Stage, node: number, atMs: number, rejection?: string): void {
    const message = this.#byHash.get(hash);
    if (message === undefined) return;
    if (status === "included" || status === "prefinal" || status === "final") message.wasIncluded = true;
    if (status === "final") return this.#noteFinal(message, node, atMs);
    const rank = RANK[status];
    if (rank <= message.rank) return;
    const wasOver = isOver(message.rank);
    message.rank = rank;
    if (!isOver(rank) || wasOver) return;
    message.bytes = null;
    this.#settled++;
    this.#heard++;
    this.onOver(hash, false);
    if (status !== "rejected") return;
    this.#rejected++;
    const code = rejection ?? "unknown";
    this.#rejections.set(code, (this.#rejections.get(code) ?? 0) + 1);
  }

  /** Those without a last word. */
  open(): BookedMessage[] {
    return this.#messages.filter((message) => !isOver(message.rank));
  }

  takeRecent(): Quantiles {
    const recent = this.#recent;
    this.#recent = [];
    return quantilesOf(recent);
  }

  counts(): LoadCounts {
    const of = (holds: (message: BookedMessage) => boolean): number => this.#messages.filter(holds).length;
    return {
      sent: this.#messages.length,
      included: of((message) => message.wasIncluded),
      final: this.#final,
      rejected: this.#rejected,
      expired: of(({ rank }) => rank === RANK.expired),
      lost: of(({ rank, wasIncluded }) => wasIncluded && !isOver(rank)),
      unsettled: of(({ rank, wasIncluded }) => !wasIncluded && !isOver(rank)),
    };
  }

  rejections(): Record<string, number> {
    return Object.fromEntries(this.#rejections);
  }

  /** Of the messages scheduled in [fromMs, toMs): their number, and the latencies of those that became final. */
  latencies(fromMs: number, toMs: number): { readonly scheduled: number; readonly latencies: number[] } {
    const inWindow = this.#messages.filter(({ scheduledMs }) => scheduledMs >= fromMs && scheduledMs < toMs);
    const final = inWindow.filter(({ rank }) => rank === RANK.final);
    return { scheduled: inWindow.length, latencies: final.map((message) => finalTime(message) - message.scheduledMs) };
  }

  /** The median latency of each burst, in order: what was scheduled together, and how long half of it took at most. */
  burstLatencies(): readonly LatencySample[] {
    const bursts: LatencySample[] = [];
    for (let from = 0; from < this.#messages.length;) {
      const { scheduledMs } = this.#messages[from]!;
      let end = from;
      while (this.#messages[end]?.scheduledMs === scheduledMs) end++;
      const latencies = this.#messages
        .slice(from, end)
        .map((message) => (message.rank === RANK.final ? finalTime(message) - scheduledMs : Infinity))
        .sort((a, b) => a - b);
      bursts.push({ atMs: scheduledMs, latencyMs: latencies[Math.floor((latencies.length - 1) / 2)]! });
      from = end;
    }
    return bursts;
  }

  finalBetween(fromMs: number, toMs: number): number {
    return this.#messages.filter((message) => {
      const atMs = finalTime(message);
      return message.rank === RANK.final && atMs >= fromMs && atMs < toMs;
    }).length;
  }

  #noteFinal(message: BookedMessage, node: number, atMs: number): void {
    if (!isOver(message.rank)) {
      message.rank = RANK.final;
      message.heardFinalMs = atMs;
      message.bytes = null;
      this.#final++;
      this.#heard++;
      this.onOver(message.hash, true);
    }
    if (message.rank !== RANK.final || node !== message.node || !Number.isNaN(message.finalMs)) return;
    message.finalMs = atMs;
    this.#settled++;
    this.#recent.push(atMs - message.scheduledMs);
  }
}

function isOver(rank: number): boolean {
  return rank >= RANK.rejected;
}

/** Some node took it. */
export function isTaken(rank: number): boolean {
  return rank > RANK.scheduled;
}

/** A node took it, and no block holds it as far as anybody told. */
export function isOnlyTaken(rank: number): boolean {
  return rank === RANK.accepted || rank === RANK.queued;
}

/** What the client of its own node saw; when that node was down, what it could have seen elsewhere. */
function finalTime({ finalMs, heardFinalMs }: BookedMessage): number {
  return Number.isNaN(finalMs) ? heardFinalMs : finalMs;
}
