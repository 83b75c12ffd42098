import { setImmediate as turn } from "node:timers/promises";
import { ApiClientError, type MessageStatusEventJson, SealwrightClient } from "@sealwright/api/client";
import { fromHex, type NetworkId, sha256Hex, unixMs } from "@sealwright/types";
import { inParallel } from "../inParallel.js";
import { sleepMs, wakefulClock } from "../wakefulClock.js";
import type { LoadPlan, LoadProgress, LoadResult } from "./loadPlan.js";
import { dueBy } from "./loadSchedule.js";
import { LivingNodes } from "./livingNodes.js";
import { type BookedMessage, isOnlyTaken, isTaken, MessageBook } from "./messageBook.js";
import type { LoadMessage, MessageSource } from "./loadMessage.js";
import { createMessageSource } from "./messageSource.js";
import { quantilesOf } from "./quantiles.js";

/**
 * A message expires this long after its time, counted from where the signing began: that lasts PRESIGN_MS_MAX at most, and
 * the network allows 60 s.
 */
const EXPIRY_MS = 45_000;
/** Signed before the start; the rest is signed on the way. */
const PRESIGNED_MAX = 200_000;
/** What a signature costs depends on the work and the machine, so it is the time that is limited. */
const PRESIGN_MS_MAX = 10_000;
const SIGNED_AT_ONCE = 100;
const START_DELAY_MS = 50;
/** A message that no node takes is offered again for this long. */
const RETRY_MS_MAX = 8_000;
const RETRY_MS = 100;
const BATCH_MAX = 1_000;
const CONNECTIONS_PER_NODE = 32;
/** After every message is final somewhere, how long its own node may take to say so. */
const OWN_NODE_MS_MAX = 1_000;
const ASKED_MAX = 5_000;
/** A node that takes longer to answer stands still or is gone; whether it took anything is unknown. */
const SUBMIT_MS_MAX = 3_000;
const STATUS_MS_MAX = 2_000;
const LOOK_UP_EVERY_MS = 500;
const LOOK_UPS_AT_ONCE = 16;

export interface LoadRunnerDependencies {
  readonly onStarted: () => void;
  readonly stop: AbortSignal;
}

/** Sends a load and follows every message to its last word. */
export class LoadRunner {
  readonly #book = new MessageBook((hash, wasExecuted) => this.#noteOver(hash, wasExecuted));
  readonly #clients: readonly SealwrightClient[];
  readonly #living: LivingNodes;
  readonly #source: MessageSource;
  readonly #ready: LoadMessage[] = [];
  /** Under way, of those whose fate decides on later ones. */
  readonly #inTurn = new Map<string, LoadMessage>();
  readonly #lateness: number[] = [];
  readonly #sending = new Set<Promise<void>>();
  readonly #over = new AbortController();
  #signed = 0;
  #signingWallMs = 0;

  constructor(
    private readonly plan: LoadPlan,
    private readonly deps: LoadRunnerDependencies,
  ) {
    this.#clients = plan.apiUrls.map(
      (baseUrl) => new SealwrightClient({ baseUrl, connectionsMax: CONNECTIONS_PER_NODE }, { clock: wakefulClock }),
    );
    this.#living = new LivingNodes(this.#clients, (node) => this.#offerElsewhere(node));
    this.#source = createMessageSource(plan.networkId as NetworkId, plan.work);
  }

  progress(): LoadProgress {
    const { sent, final, rejected } = this.#book;
    return { sent, final, rejected, recentMs: this.#book.takeRecent() };
  }

  async run(): Promise<LoadResult> {
    const { ratePerS, warmUpMs, windowMs } = this.plan;
    const total = windowMs === null ? Infinity : dueBy(warmUpMs + windowMs, this.plan);
    const presigned = Math.min(total, PRESIGNED_MAX, windowMs === null ? ratePerS * 2 : Infinity);
    await this.#listen();
    await this.#presign(presigned);
    this.#living.start();
    void this.#lookUpLost();
    this.deps.onStarted();
    const startMs = wakefulClock.monotonicMs() + START_DELAY_MS;
    const endMs = await this.#sendAll(startMs, total);
    await this.#settle();
    this.#living.stop();
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

  async #presign(count: number): Promise<void> {
    this.#signingWallMs = wakefulClock.nowMs();
    const deadlineMs = wakefulClock.monotonicMs() + PRESIGN_MS_MAX;
    while (this.#signed < count && !this.deps.stop.aborted && wakefulClock.monotonicMs() < deadlineMs) {
      this.#sign(Math.min(SIGNED_AT_ONCE, count - this.#signed));
      await turn();
    }
  }

  #sign(count: number): void {
    for (let i = 0; i < count; i++) {
      const dueMs = this.#signingWallMs + (this.#signed++ * 1_000) / this.plan.ratePerS;
      // A load that is behind signs what was due long ago.
      const expiresAtMs = Math.max(dueMs, wakefulClock.nowMs()) + EXPIRY_MS;
      this.#ready.push(this.#source.next(unixMs(Math.round(expiresAtMs))));
    }
  }

  /** @returns when the schedule ended, monotonic */
  async #sendAll(startMs: number, total: number): Promise<number> {
    const { burstMs } = this.plan;
    const everyMs = burstMs / this.#clients.length;
    let sent = 0;
    let burst = 0;
    for (; sent < total && !this.deps.stop.aborted; burst++) {
      const scheduledMs = startMs + burst * everyMs;
      const waitMs = scheduledMs - wakefulClock.monotonicMs();
      if (waitMs > 0) await sleepMs(waitMs, this.deps.stop);
      // Behind its schedule it lets requests leave all the same, and hears that it is to stop.
      else await turn();
      if (this.deps.stop.aborted) break;
      const due = Math.min(total, dueBy((burst + 1) * everyMs, this.plan)) - sent;
      if (due <= 0) continue;
      this.#lateness.push(Math.max(0, wakefulClock.monotonicMs() - scheduledMs));
      this.#sendBurst(due, scheduledMs, burst % this.#clients.length);
      sent += due;
    }
    return startMs + burst * everyMs;
  }

  #sendBurst(count: number, scheduledMs: number, wished: number): void {
    const node = this.#living.orNext(wished);
    if (this.#ready.length < count) this.#sign(count - this.#ready.length);
    const messages = this.#ready
      .splice(0, count)
      .map((ahead) => this.#enter(ahead, scheduledMs, node))
      .filter(({ bytes }) => bytes !== null);
    for (let i = 0; i < messages.length; i += BATCH_MAX) this.#track(this.#offer(messages.slice(i, i + BATCH_MAX)));
  }

  /** Its time has come. A message that nobody can send counts like one that no node takes. */
  #enter(ahead: LoadMessage, scheduledMs: number, node: number): BookedMessage {
    const due = this.#source.due(ahead);
    const { bytes } = due ?? ahead;
    const hash = sha256Hex(bytes);
    if (due !== null && due.turn !== null) this.#inTurn.set(hash, due);
    const message = this.#book.add(hash, bytes, scheduledMs, node);
    if (due === null) this.#refused(message, "noSender");
    return message;
  }

  #noteOver(hash: string, wasExecuted: boolean): void {
    const message = this.#inTurn.get(hash);
    if (message === undefined) return;
    this.#inTurn.delete(hash);
    this.#source.ended(message, wasExecuted);
  }

  /** Reads accounts that lost count of their messages, as long as the run lasts. */
  async #lookUpLost(): Promise<void> {
    const { signal } = this.#over;
    for (let round = 0; !signal.aborted; round++, await sleepMs(LOOK_UP_EVERY_MS, signal)) {
      const client = this.#clients[this.#living.orNext(round % this.#clients.length)]!;
      await inParallel(this.#source.lost(wakefulClock.nowMs()), LOOK_UPS_AT_ONCE, async (id) => {
        const options = { signal: AbortSignal.timeout(STATUS_MS_MAX) };
        const account = await client.account(id, "final", options).catch(() => null);
        if (account !== null) this.#source.found(id, account.value === null ? null : fromHex(account.value));
      });
    }
  }

  #track(work: Promise<void>): void {
    this.#sending.add(work);
    void work.finally(() => this.#sending.delete(work));
  }

  /** What a node took that is gone or cut off now, and that is in no block yet, is offered to another one. */
  #offerElsewhere(gone: number): void {
    const messages = this.#book.open().filter(({ node, rank }) => node === gone && isOnlyTaken(rank));
    const node = this.#living.orNext(gone);
    if (node === gone) return;
    for (const message of messages) message.node = node;
    for (let i = 0; i < messages.length; i += BATCH_MAX) this.#track(this.#offer(messages.slice(i, i + BATCH_MAX)));
  }

  /** Offers messages to their node until each is taken or refused; a node that does not answer passes them on. */
  async #offer(messages: readonly BookedMessage[]): Promise<void> {
    const startMs = wakefulClock.monotonicMs();
    let left = messages;
    while (left.length > 0) {
      const { node, scheduledMs } = left[0]!;
      const { again, waitMs } = await this.#offerOnce(left, node);
      left = again;
      if (left.length === 0 || wakefulClock.monotonicMs() - Math.max(scheduledMs, startMs) > RETRY_MS_MAX) break;
      await sleepMs(waitMs);
    }
    for (const message of left) this.#refused(message, "notTaken");
  }

  async #offerOnce(
    messages: readonly BookedMessage[],
    node: number,
  ): Promise<{ readonly again: readonly BookedMessage[]; readonly waitMs: number }> {
    const offered = messages.filter(({ bytes }) => bytes !== null);
    if (offered.length === 0) return { again: [], waitMs: 0 };
    try {
      const outcomes = await this.#clients[node]!.submitBatch(
        offered.map(({ bytes }) => bytes!),
        { signal: AbortSignal.timeout(SUBMIT_MS_MAX) },
      );
      const again: BookedMessage[] = [];
      for (const [i, outcome] of outcomes.entries()) {
        const message = offered[i]!;
        if (!("error" in outcome)) {
          this.#book.note(
            message.hash,
            outcome.status === "queued" ? "accepted" : outcome.status,
            node,
            wakefulClock.monotonicMs(),
          );
        } else if (outcome.error.retryable) again.push(message);
        else this.#refused(message, outcome.error.code);
      }
      return { again, waitMs: RETRY_MS };
    } catch (error) {
      if (!(error instanceof ApiClientError)) throw error;
      const isSilent = error.code === "unreachable" || error.code === "aborted";
      if (!error.retryable && !isSilent) {
        for (const message of offered) this.#refused(message, error.code);
        return { again: [], waitMs: 0 };
      }
      // Whether the node took them is unknown; offering the same message twice does no harm.
      if (isSilent) this.#living.noteSilent(node);
      const next = isSilent ? this.#living.orNext(node) : node;
      for (const message of offered) message.node = next;
      return { again: offered, waitMs: error.retryAfterMs ?? RETRY_MS };
    }
  }

  /** A node's refusal is the last word only on a message that no other node has taken. */
  #refused({ hash, node, rank }: BookedMessage, code: string): void {
    if (!isTaken(rank)) this.#book.note(hash, "rejected", node, 0, code);
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
        if (!this.#living.isAlive(node)) continue;
        const message = await client.status(hash, { signal: AbortSignal.timeout(STATUS_MS_MAX) }).catch(() => null);
        if (message === null) continue;
        this.#book.note(hash, message.status, node, wakefulClock.monotonicMs(), message.rejection?.code);
        if (message.done) break;
      }
    }
  }

  #result(windowStartMs: number, endMs: number): LoadResult {
    const windowMs = Math.max(1, endMs - windowStartMs);
    const toWallMs = wakefulClock.nowMs() - wakefulClock.monotonicMs();
    const { scheduled, latencies } = this.#book.latencies(windowStartMs, endMs);
    return {
      messages: this.#book.counts(),
      finalityMs: quantilesOf(latencies),
      throughputPerS: Math.round((this.#book.finalBetween(windowStartMs, endMs) * 1_000) / windowMs),
      windowMs: Math.round(windowMs),
      latencies: this.#book.burstLatencies().map(({ atMs, latencyMs }) => ({ atMs: atMs + toWallMs, latencyMs })),
      finalShare: scheduled === 0 ? 1 : latencies.length / scheduled,
      rejections: this.#book.rejections(),
      sendDelayMs: quantilesOf(this.#lateness),
    };
  }
}
