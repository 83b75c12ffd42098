import { ApiClientError, type MessageStatusEventJson, SealwrightClient } from "@sealwright/api";
import { type NetworkId, sha256Hex, unixMs } from "@sealwright/types";
import { sleepMs, wakefulClock } from "../wakefulClock.js";
import type { LoadPlan, LoadProgress, LoadResult } from "./loadPlan.js";
import { type BookedMessage, MessageBook } from "./messageBook.js";
import { createMessageSource, type MessageSource } from "./messageSource.js";
import { quantilesOf } from "./quantiles.js";

/** A message expires this long after its time: the network allows 60 s. */
const EXPIRY_MS = 40_000;
/** Signed before the start; the rest is signed on the way, a little ahead. */
const PRESIGNED_MAX = 200_000;
const SIGN_MS_EACH = 0.05;
const START_DELAY_MS = 200;
/** A message that no node takes is offered again for this long. */
const RETRY_MS_MAX = 8_000;
const RETRY_MS = 100;
const BATCH_MAX = 1_000;
const CONNECTIONS_PER_NODE = 32;
/** After every message is final somewhere, how long its own node may take to say so. */
const OWN_NODE_MS_MAX = 1_000;
const ASKED_MAX = 5_000;

export interface LoadRunnerDependencies {
  readonly onStarted: () => void;
  readonly stop: AbortSignal;
}

/** Sends a load and follows every message to its last word. */
export class LoadRunner {
  readonly #book = new MessageBook();
  readonly #clients: readonly SealwrightClient[];
  readonly #source: MessageSource;
  readonly #ready: Uint8Array[] = [];
  readonly #lateness: number[] = [];
  readonly #sending = new Set<Promise<void>>();
  readonly #over = new AbortController();
  #signed = 0;
  #startWallMs = 0;

  constructor(
    private readonly plan: LoadPlan,
    private readonly deps: LoadRunnerDependencies,
  ) {
    this.#clients = plan.apiUrls.map(
      (baseUrl) => new SealwrightClient({ baseUrl, connectionsMax: CONNECTIONS_PER_NODE }, { clock: wakefulClock }),
    );
    this.#source = createMessageSource(plan.networkId as NetworkId, plan.work);
  }

  progress(): LoadProgress {
    const { sent, final, rejected } = this.#book;
    return { sent, final, rejected, recentMs: this.#book.takeRecent() };
  }

  async run(): Promise<LoadResult> {
    const { ratePerS, warmUpMs, windowMs } = this.plan;
    const total = windowMs === null ? Infinity : Math.floor((ratePerS * (warmUpMs + windowMs)) / 1_000);
    const presigned = Math.min(total, PRESIGNED_MAX, windowMs === null ? ratePerS * 2 : Infinity);
    await this.#listen();
    this.#startWallMs = wakefulClock.nowMs() + presigned * SIGN_MS_EACH + START_DELAY_MS;
    this.#sign(presigned);
    this.deps.onStarted();
    const startMs = wakefulClock.monotonicMs() + START_DELAY_MS / 4;
    const endMs = await this.#sendAll(startMs, total);
    await this.#settle();
    this.#over.abort();
    for (const client of this.#clients) client.close();
    return this.#result(startMs + warmUpMs, endMs);
  }

  /** One stream per node, open before the first message leaves. */
  async #listen(): Promise<void> {
    const opened = this.#clients.map(
      (client, node) => new Promise<void>((resolve, reject) => void this.#follow(client, node, resolve).catch(reject)),
    );
    await Promise.all(opened);
  }

  async #follow(client: SealwrightClient, node: number, onOpen: () => void): Promise<void> {
    const { signal } = this.#over;
    for await (const item of client.events({ types: ["message.status"], signal, onOpen })) {
      if (item.type === "gap") continue; // What was missed is asked for at the end.
      const atMs = wakefulClock.monotonicMs();
      const event = item.event as MessageStatusEventJson;
      for (const hash of event.messages) this.#book.note(hash, event.status, node, atMs, event.rejection?.code);
    }
  }

  #sign(count: number): void {
    for (let i = 0; i < count; i++) {
      const dueMs = (this.#signed++ * 1_000) / this.plan.ratePerS;
      this.#ready.push(this.#source.next(unixMs(Math.round(this.#startWallMs + dueMs + EXPIRY_MS))));
    }
  }

  /** @returns when the schedule ended, monotonic */
  async #sendAll(startMs: number, total: number): Promise<number> {
    const { ratePerS, burstMs } = this.plan;
    const everyMs = burstMs / this.#clients.length;
    let sent = 0;
    let burst = 0;
    for (; sent < total && !this.deps.stop.aborted; burst++) {
      const scheduledMs = startMs + burst * everyMs;
      const waitMs = scheduledMs - wakefulClock.monotonicMs();
      if (waitMs > 0) await sleepMs(waitMs, this.deps.stop);
      if (this.deps.stop.aborted) break;
      const due = Math.min(total, Math.floor(((burst + 1) * everyMs * ratePerS) / 1_000)) - sent;
      if (due <= 0) continue;
      this.#lateness.push(Math.max(0, wakefulClock.monotonicMs() - scheduledMs));
      this.#sendBurst(due, scheduledMs, burst % this.#clients.length);
      sent += due;
    }
    return startMs + burst * everyMs;
  }

  #sendBurst(count: number, scheduledMs: number, node: number): void {
    if (this.#ready.length < count) this.#sign(count - this.#ready.length);
    const messages = this.#ready
      .splice(0, count)
      .map((bytes) => this.#book.add(sha256Hex(bytes), bytes, scheduledMs, node));
    for (let i = 0; i < messages.length; i += BATCH_MAX) this.#track(this.#offer(messages.slice(i, i + BATCH_MAX)));
  }

  #track(work: Promise<void>): void {
    this.#sending.add(work);
    void work.finally(() => this.#sending.delete(work));
  }

  /** Offers messages to their node until each is taken or refused; a node that does not answer passes them on. */
  async #offer(messages: readonly BookedMessage[]): Promise<void> {
    let left = messages;
    while (left.length > 0) {
      const { node, scheduledMs } = left[0]!;
      const { again, waitMs } = await this.#offerOnce(left, node);
      left = again;
      if (left.length === 0 || wakefulClock.monotonicMs() - scheduledMs > RETRY_MS_MAX) break;
      await sleepMs(waitMs);
    }
    for (const { hash, node } of left) this.#book.note(hash, "rejected", node, 0, "notTaken");
  }

  async #offerOnce(
    messages: readonly BookedMessage[],
    node: number,
  ): Promise<{ readonly again: readonly BookedMessage[]; readonly waitMs: number }> {
    const offered = messages.filter(({ bytes }) => bytes !== null);
    if (offered.length === 0) return { again: [], waitMs: 0 };
    try {
      const outcomes = await this.#clients[node]!.submitBatch(offered.map(({ bytes }) => bytes!));
      const again: BookedMessage[] = [];
      for (const [i, outcome] of outcomes.entries()) {
        const message = offered[i]!;
        if (!("error" in outcome)) {
          message.bytes = null;
          this.#book.note(
            message.hash,
            outcome.status === "queued" ? "accepted" : outcome.status,
            node,
            wakefulClock.monotonicMs(),
          );
        } else if (outcome.error.retryable) again.push(message);
        else this.#book.note(message.hash, "rejected", node, 0, outcome.error.code);
      }
      return { again, waitMs: RETRY_MS };
    } catch (error) {
      if (!(error instanceof ApiClientError)) throw error;
      if (!error.retryable) {
        for (const { hash } of offered) this.#book.note(hash, "rejected", node, 0, error.code);
        return { again: [], waitMs: 0 };
      }
      // Whether the node took them is unknown; offering the same message twice does no harm.
      const next = (node + 1) % this.#clients.length;
      for (const message of offered) message.node = error.code === "unreachable" ? next : node;
      return { again: offered, waitMs: error.retryAfterMs ?? RETRY_MS };
    }
  }

  async #settle(): Promise<void> {
    const deadlineMs = wakefulClock.monotonicMs() + this.plan.settleMs;
    let heardMs: number | null = null;
    while (wakefulClock.monotonicMs() < deadlineMs) {
      if (this.#book.isSettled && this.#sending.size === 0) return;
      if (this.#book.isHeard && this.#sending.size === 0) {
        heardMs ??= wakefulClock.monotonicMs();
        if (wakefulClock.monotonicMs() - heardMs > OWN_NODE_MS_MAX) return;
      }
      await sleepMs(20);
    }
    await this.#askAll();
  }

  /** Events may have been missed, such as while a node was down: its word counts as of now. */
  async #askAll(): Promise<void> {
    for (const { hash } of this.#book.open().slice(0, ASKED_MAX)) {
      for (const [node, client] of this.#clients.entries()) {
        const message = await client.status(hash).catch(() => null);
        if (message === null) continue;
        this.#book.note(hash, message.status, node, wakefulClock.monotonicMs(), message.rejection?.code);
        if (message.done) break;
      }
    }
  }

  #result(windowStartMs: number, endMs: number): LoadResult {
    const windowMs = Math.max(1, endMs - windowStartMs);
    const { scheduled, latencies } = this.#book.latencies(windowStartMs, endMs);
    return {
      messages: this.#book.counts(),
      finalityMs: quantilesOf(latencies),
      throughputPerS: Math.round((this.#book.finalBetween(windowStartMs, endMs) * 1_000) / windowMs),
      windowMs: Math.round(windowMs),
      finalShare: scheduled === 0 ? 1 : latencies.length / scheduled,
      rejections: this.#book.rejections(),
      sendDelayMs: quantilesOf(this.#lateness),
    };
  }
}
