import type { BlockHeader } from "@sealwright/tezos";
import { assert, type Clock, err, type Logger, ok, type Result, type Timer } from "@sealwright/types";
import { addWeighted } from "./addWeighted.js";
import { EventHub, type EventsOptions } from "./events/eventHub.js";
import type { ForgeEvent, ForgeOutcome, NotReadyOutcome, Origin, ReadyOutcome } from "./forgeEvent.js";
import type { KeyId } from "./keyId.js";
import {
  type ScheduledTask,
  Scheduler,
  type SchedulerEffect,
  type SchedulerEvent,
  type TaskId,
} from "./queue/scheduler.js";
import {
  type ForgeRequest,
  type ForgeRequestKind,
  kindRankOf,
  planSigning,
  requestDefect,
  type RequestId,
  type SigningPlan,
  votePlaceOf,
} from "./requests/forgeRequest.js";
import { givenHeader, headerDefect } from "./requests/tezosRequest.js";
import type { BlockPreparer, PreparationFailure, PreparedBlock } from "./preparation/blockPreparer.js";
import { SignalWatch } from "./signalWatch.js";
import type { Signer } from "./signers/signer.js";
import { type ImportedMarks, importMarks } from "./watermarks/exchange/imported.js";
import type { Authorized, WatermarkStore } from "./watermarks/watermarkStore.js";

export interface ForgeWorkerOptions {
  /** Tasks that may wait for one key. */
  readonly waitingPerKeyMax?: number;
  /** Tasks that may wait altogether. */
  readonly waitingMax?: number;
  /** A signer that has not answered after this long has failed, whatever the request's deadline. */
  readonly signTimeoutMs?: number;
  /** Keys that are known to have signed before, here or elsewhere: without any mark in the store the start is refused. */
  readonly keysWithHistory?: readonly KeyId[];
  /** What is known from elsewhere (the chain, another log): marks are raised to it, in case the store is an old copy. */
  readonly knownMarks?: readonly ImportedMarks[];
  /** Start although such a key has no mark: for one who knows that its old watermarks are safely in the past. */
  readonly acceptMissingHistory?: boolean;
}

export interface ForgeWorkerDependencies {
  /** Each key belongs to exactly one of them. */
  readonly signers: readonly Signer[];
  /** Owned by the caller, who closes it after the worker. */
  readonly watermarks: WatermarkStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Needed only for Tezos blocks that are not given as headers. */
  readonly blockPreparer?: BlockPreparer;
}

export interface DuplicateKey {
  readonly code: "duplicateKey";
  readonly key: KeyId;
  readonly message: string;
}

export type StartError =
  | DuplicateKey
  | { readonly code: "historyMissing"; readonly keys: readonly KeyId[]; readonly message: string }
  | { readonly code: "watermarksUnavailable"; readonly message: string; readonly cause?: unknown };

export interface PushOptions {
  /** Takes a waiting or preparing request back; a running one is awaited no longer. */
  readonly signal?: AbortSignal;
  /** How long from now the outcome is of use. Earlier deadlines go first; a late task ends as `expired`. */
  readonly deadlineMs?: number;
  readonly origin?: Origin;
}

export type PushErrorCode =
  "forgeUnavailable" | "queueFull" | "tooManyWaiting" | "unknownKey" | "malformedRequest" | "aborted";

/** Not accepted: no event will follow. */
export interface PushError {
  readonly code: PushErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

export interface Accepted {
  readonly requestId: RequestId;
}

/** What `forge` resolves with: the outcome, or that the request was not accepted. */
export type ForgeResult = ForgeOutcome | { readonly kind: "notAccepted"; readonly error: PushError };

export interface ForgeStatus {
  readonly phase: "open" | "closing" | "closed";
  readonly keys: number;
  readonly queues: number;
  readonly waiting: number;
  readonly running: number;
  readonly accepted: number;
  /** Accepted requests by the kind of their outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
}

interface SigningBy {
  readonly signer: Signer;
  readonly lane: number;
}

interface Task {
  readonly id: RequestId;
  readonly request: ForgeRequest;
  readonly origin: Origin | null;
  /** Made when somebody is to listen to it: most tasks wait, and a controller is the largest part of one that does. */
  abort: AbortController | null;
  readonly deadlineAtMs: number;
  timer: Timer | null;
  unlisten: (() => void) | null;
  onOutcome: ((outcome: ForgeOutcome) => void) | null;
  /** Of a Tezos block, once it is there. */
  prepared: PreparedBlock | null;
  settled: boolean;
}

const WAITING_PER_KEY_MAX = 256;
const WAITING_MAX = 65_536;
const SIGN_TIMEOUT_MS = 10_000;

type Phase =
  | { readonly phase: "open" }
  | { readonly phase: "closing"; readonly done: Promise<void> }
  | { readonly phase: "closed" };

/**
 * Signs for many keys at once and never twice. One queue per key, made on demand; one active task per key; keys run
 * side by side. Every accepted request ends in exactly one outcome, told to whoever asked and to every subscriber.
 */
export class ForgeWorker implements AsyncDisposable {
  readonly #signTimeoutMs: number;
  readonly #watermarks: WatermarkStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #blockPreparer: BlockPreparer | null;
  #signerOf: ReadonlyMap<KeyId, SigningBy> = new Map();
  /** Lanes by their number: each signer keeps its own for ever, also when it goes and comes back. */
  readonly #lanes: Signer[] = [];
  readonly #scheduler: Scheduler;
  readonly #events = new EventHub();
  readonly #signals = new SignalWatch();
  readonly #tasks = new Map<TaskId, Task>();
  readonly #outcomeCounts: Record<string, number> = {};
  #acceptedCount = 0;
  #state: Phase = { phase: "open" };
  #onIdle: (() => void) | null = null;

  private constructor(options: ForgeWorkerOptions, dependencies: ForgeWorkerDependencies) {
    const {
      waitingPerKeyMax = WAITING_PER_KEY_MAX,
      waitingMax = WAITING_MAX,
      signTimeoutMs = SIGN_TIMEOUT_MS,
    } = options;
    assert(
      waitingPerKeyMax >= 1 && waitingMax >= waitingPerKeyMax && signTimeoutMs > 0,
      "limits of a forge are positive, one key's within all keys'",
    );
    this.#signTimeoutMs = signTimeoutMs;
    this.#watermarks = dependencies.watermarks;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#blockPreparer = dependencies.blockPreparer ?? null;
    const laneMax = (lane: number): number => this.#lanes[lane]?.concurrentMax ?? 1;
    const laneRefillAt = (lane: number): number => this.#lanes[lane]?.refillAt ?? laneMax(lane) - 1;
    this.#scheduler = new Scheduler({ waitingPerKeyMax, waitingMax, laneMax, laneRefillAt });
  }

  /** See `startForgeWorker`. */
  static async start(
    options: ForgeWorkerOptions,
    dependencies: ForgeWorkerDependencies,
  ): Promise<Result<ForgeWorker, StartError>> {
    const forge = new ForgeWorker(options, dependencies);
    const taken = forge.replaceSigners(dependencies.signers);
    if (!taken.ok) return taken;
    const known = await raiseKnownMarks(options, dependencies.watermarks);
    if (!known.ok) return known;
    const missing = await missingHistory(options, dependencies.watermarks);
    return missing.ok ? ok(forge) : missing;
  }

  /**
   * From now on these signers' keys are served, and no others: for reloading keys and for stopping one at once. Requests
   * that run go on; those that wait for a key that is gone fail with `unknownKey`. Queues and marks stay.
   */
  replaceSigners(signers: readonly Signer[]): Result<void, DuplicateKey> {
    const signerOf = new Map<KeyId, SigningBy>();
    for (const signer of signers) {
      const lane = this.#laneOf(signer);
      for (const key of signer.keys()) {
        if (signerOf.has(key)) return err({ code: "duplicateKey", key, message: `${key} belongs to two signers` });
        signerOf.set(key, { signer, lane });
      }
    }
    this.#signerOf = signerOf;
    return ok(undefined);
  }

  /** Accepts or refuses at once; resolved "ok" says "accepted", never "done". */
  pushRequest(request: ForgeRequest, options: PushOptions = {}): Promise<Result<Accepted, PushError>> {
    return Promise.resolve(this.#push(request, options, null));
  }

  /** Pushes and waits for that request's one outcome. Never rejects. */
  forge(request: ForgeRequest, options: PushOptions = {}): Promise<ForgeResult> {
    return new Promise((resolve) => {
      const pushed = this.#push(request, options, resolve);
      if (!pushed.ok) resolve({ kind: "notAccepted", error: pushed.error });
    });
  }

  /** Every outcome from now on, to every subscriber; or those of one origin. Ends with the worker or the signal. */
  events(options: EventsOptions = {}): AsyncIterableIterator<ForgeEvent> {
    return this.#events.subscribe(options);
  }

  /** Queued and preparing tasks end as `cancelled`; running ones go on and tell their outcome. */
  cancelAllPendingTasks(): void {
    this.#step({ type: "allCancelled" });
  }

  /** Cancels what waits, awaits what runs, then ends the event streams. Twice is once. Signers stay open. */
  shutdown(): Promise<void> {
    if (this.#state.phase === "closing") return this.#state.done;
    if (this.#state.phase === "closed") return Promise.resolve();
    const idle = new Promise<void>((resolve) => (this.#onIdle = resolve));
    const done = idle.then(() => {
      this.#state = { phase: "closed" };
      this.#events.end();
    });
    this.#state = { phase: "closing", done };
    this.cancelAllPendingTasks();
    this.#tellIdle();
    return done;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  hasKey(key: KeyId): boolean {
    return this.#signerOf.has(key);
  }

  status(): ForgeStatus {
    return {
      phase: this.#state.phase,
      keys: this.#signerOf.size,
      queues: this.#scheduler.queueCount,
      waiting: this.#scheduler.waitingCount,
      running: this.#scheduler.runningCount,
      accepted: this.#acceptedCount,
      outcomes: { ...this.#outcomeCounts },
    };
  }

  #push(request: ForgeRequest, options: PushOptions, onOutcome: Task["onOutcome"]): Result<Accepted, PushError> {
    if (this.#state.phase !== "open") return refusePush("forgeUnavailable", "the forge is shutting down", false);
    const signing = this.#signerOf.get(request.key);
    if (signing === undefined) return refusePush("unknownKey", `no signer holds ${request.key}`, false);
    const defect = requestDefect(request) ?? this.#unservable(request);
    if (defect !== null) return refusePush("malformedRequest", defect, false);
    if (options.signal?.aborted === true) return refusePush("aborted", "the signal was aborted before the push", false);
    const id = this.#acceptedCount + 1;
    const deadlineAtMs = options.deadlineMs === undefined ? Infinity : this.#clock.monotonicMs() + options.deadlineMs;
    const scheduled: ScheduledTask = {
      id,
      key: request.key,
      deadlineAtMs,
      kindRank: kindRankOf(request),
      vote: votePlaceOf(request),
      lane: signing.lane,
      needsPreparation: needsPreparation(request),
    };
    const refusal = this.#scheduler.refusal(scheduled);
    if (refusal !== null) return refusePush(refusal, "too many requests are waiting", true);
    this.#acceptedCount = id;
    const task: Task = {
      id,
      request,
      origin: options.origin ?? null,
      abort: null,
      deadlineAtMs,
      timer: null,
      unlisten: null,
      onOutcome,
      prepared: null,
      settled: false,
    };
    this.#tasks.set(id, task);
    this.#watch(task, options);
    this.#step({ type: "pushed", task: scheduled });
    return ok({ requestId: id });
  }

  #watch(task: Task, { signal, deadlineMs }: PushOptions): void {
    if (deadlineMs !== undefined)
      task.timer = this.#clock.setTimer(deadlineMs, () => this.#step({ type: "expired", id: task.id }));
    if (signal !== undefined)
      task.unlisten = this.#signals.watch(signal, () => this.#step({ type: "cancelled", id: task.id }));
  }

  #step(event: SchedulerEvent): void {
    for (const effect of this.#scheduler.step(event)) this.#perform(effect);
    this.#tellIdle();
  }

  #perform(effect: SchedulerEffect): void {
    const task = this.#tasks.get(effect.id);
    if (task === undefined) return;
    switch (effect.type) {
      case "run":
        void this.#run(task);
        return;
      case "drop":
        this.#settle(
          task,
          effect.why === "cancelled"
            ? { kind: "cancelled", running: false }
            : { kind: "expired", phase: effect.why === "shed" ? "shedForNewerVote" : "waiting" },
        );
        this.#tasks.delete(task.id);
        return;
      case "prepare":
        void this.#prepare(task);
        return;
      case "abort":
        // The outcome is told now; the key stays taken until the signer lets go of it.
        this.#settle(task, abortedOutcome(task, effect.why));
        task.abort?.abort();
    }
  }

  /** In the background: neither the key's queue nor any other request waits for it. */
  async #prepare(task: Task): Promise<void> {
    const failure = await this.#prepareBlock(task);
    if (failure !== null) this.#settle(task, { ...failure, kind: "failed", code: "preparationFailed" });
    if (task.settled) {
      this.#tasks.delete(task.id);
      this.#step({ type: "finished", id: task.id });
    } else {
      this.#step({ type: "prepared", id: task.id });
    }
  }

  async #prepareBlock(task: Task): Promise<PreparationFailure | null> {
    const { request } = task;
    assert(
      request.kind === "tezosBlock" && "prepare" in request.block && this.#blockPreparer !== null,
      "only such blocks are prepared",
    );
    try {
      const prepared = await this.#blockPreparer.prepare(request.block.prepare, request.key, {
        signal: signalOf(task),
      });
      if (!prepared.ok) return prepared.error;
      const defect = headerDefect(prepared.value.header);
      if (defect !== null) return { message: defect, retryable: false };
      task.prepared = prepared.value;
      return null;
    } catch (cause) {
      return { message: `the block preparer threw: ${String(cause)}`, retryable: false, cause };
    }
  }

  #laneOf(signer: Signer): number {
    const known = this.#lanes.indexOf(signer);
    return known >= 0 ? known : this.#lanes.push(signer) - 1;
  }

  #unservable(request: ForgeRequest): string | null {
    if (needsPreparation(request) && this.#blockPreparer === null) return "no block preparer was given at the start";
    if (
      request.kind === "tezosAttestation" &&
      request.companionKey !== undefined &&
      !this.#signerOf.has(request.companionKey)
    ) {
      return `no signer holds the companion key ${request.companionKey}`;
    }
    return null;
  }

  async #run(task: Task): Promise<void> {
    try {
      await this.#sign(task);
    } catch (cause) {
      // A bug of ours or a signer that throws: this request fails, the queue goes on.
      this.#settle(task, { kind: "failed", code: "internalError", message: String(cause), retryable: false, cause });
    }
    this.#tasks.delete(task.id);
    this.#step({ type: "finished", id: task.id });
  }

  async #sign(task: Task): Promise<void> {
    // Before the mark: a key that was taken away meanwhile must not burn one.
    if (!this.#holdsKey(task, task.request.key)) return;
    const plan = planSigning(task.request, task.prepared?.header ?? headerOf(task.request));
    const authorized = await this.#authorize(task, plan);
    if (authorized === null) return;
    if (authorized.signature !== null) return this.#ready(task, plan, authorized.signature, true);
    // Nobody waits any more: the mark stands, and the same request may come again.
    if (task.settled) return;
    const signature = await this.#signWhole(task, plan);
    if (signature === null) return;
    if (plan.claim !== null) this.#watermarks.remember(plan.claim, signature);
    this.#ready(task, plan, signature, authorized.kind === "again");
  }

  /** The mark is durable when this answers; null when the task has its outcome. */
  async #authorize(task: Task, plan: SigningPlan): Promise<Authorized | null> {
    if (plan.claim === null) return { kind: "first", signature: null };
    const guarded = await this.#watermarks.guard(plan.claim);
    if (guarded.ok) return guarded.value;
    const { error } = guarded;
    if (error.kind === "refused") {
      this.#logger.log("info", "forge.refused", { key: task.request.key, kind: task.request.kind, ...error.refusal });
      this.#settle(task, error);
    } else {
      this.#settle(task, { ...error.failure, kind: "failed" });
    }
    return null;
  }

  /** The key's signature, with the companion's share added where there is one. */
  async #signWhole(task: Task, { bytes, companion, dalDropped }: SigningPlan): Promise<Uint8Array | null> {
    if (dalDropped) this.#logger.log("warn", "forge.missingCompanionKey", { key: task.request.key });
    const signature = await this.#askSigner(task, task.request.key, bytes);
    if (signature === null || companion === null) return signature;
    const share = await this.#askSigner(task, companion.key, bytes);
    if (share === null) return null;
    const sum = await addWeighted(signature, share, companion.weight, this.#clock);
    if (sum.ok) return sum.value;
    this.#settle(task, {
      kind: "failed",
      code: "badSignature",
      message: "a signature is no point of the curve",
      retryable: false,
    });
    return null;
  }

  #holdsKey(task: Task, key: KeyId): boolean {
    if (this.#signerOf.has(key)) return true;
    this.#settle(task, {
      kind: "failed",
      code: "unknownKey",
      message: `no signer holds ${key} any more`,
      retryable: false,
    });
    return false;
  }

  async #askSigner(task: Task, key: KeyId, bytes: Uint8Array): Promise<Uint8Array | null> {
    const signing = this.#signerOf.get(key);
    if (!this.#holdsKey(task, key) || signing === undefined) return null;
    const leftMs = Math.min(this.#signTimeoutMs, task.deadlineAtMs - this.#clock.monotonicMs());
    const timer = this.#clock.setTimer(this.#signTimeoutMs, () => {
      this.#settle(task, {
        kind: "failed",
        code: "signerTimeout",
        message: `${signing.signer.name} did not answer in ${this.#signTimeoutMs} ms`,
        retryable: true,
      });
      task.abort?.abort();
    });
    try {
      const signed = await signing.signer.sign(key, bytes, {
        signal: signalOf(task),
        deadlineMs: leftMs,
        request: task.request,
      });
      if (signed.ok) return signed.value;
      this.#settle(task, { ...signed.error, kind: "failed" });
      return null;
    } catch (cause) {
      this.#settle(task, {
        kind: "failed",
        code: "signerFailed",
        message: `${signing.signer.name} threw: ${String(cause)}`,
        retryable: false,
        cause,
      });
      return null;
    } finally {
      timer.cancel();
    }
  }

  #ready(task: Task, { dalDropped }: SigningPlan, signature: Uint8Array, repeated: boolean): void {
    this.#settle(task, readyOutcome(task, signature, repeated, dalDropped));
  }

  /** The first outcome counts; a signature that comes after the deadline is dropped. */
  #settle(task: Task, outcome: OutcomeBody): void {
    if (task.settled) return;
    task.settled = true;
    task.timer?.cancel();
    task.unlisten?.();
    const full = { ...outcome, requestId: task.id, origin: task.origin, request: task.request } as ForgeOutcome;
    this.#outcomeCounts[full.kind] = (this.#outcomeCounts[full.kind] ?? 0) + 1;
    if (full.kind === "failed")
      this.#logger.log("warn", "forge.failed", {
        key: task.request.key,
        kind: task.request.kind,
        code: full.code,
        message: full.message,
      });
    this.#events.publish(full);
    task.onOutcome?.(full);
  }

  #tellIdle(): void {
    if (this.#state.phase === "closing" && this.#tasks.size === 0) this.#onIdle?.();
  }
}

type Own = "requestId" | "origin" | "request";
type BodyOf<T> = T extends unknown ? Omit<T, Own> : never;
type OutcomeBody = BodyOf<ReadyOutcome> | BodyOf<NotReadyOutcome>;

const READY_KIND = {
  candidateBlock: "blockReady",
  attestation: "attestationReady",
  lock: "lockReady",
  ack: "ackReady",
  nack: "nackReady",
  yield: "yieldReady",
  ticket: "ticketReady",
  tezosBlock: "tezosBlockReady",
  tezosPreattestation: "preattestationReady",
  tezosAttestation: "tezosAttestationReady",
  tezosOperation: "tezosOperationReady",
  beaconBlock: "beaconBlockReady",
  beaconAttestation: "beaconAttestationReady",
  beaconOther: "beaconOtherReady",
} as const satisfies Record<ForgeRequestKind, ReadyOutcome["kind"]>;

function signalOf(task: Task): AbortSignal {
  task.abort ??= new AbortController();
  return task.abort.signal;
}

function readyOutcome(task: Task, signature: Uint8Array, repeated: boolean, dalDropped: boolean): BodyOf<ReadyOutcome> {
  const kind = READY_KIND[task.request.kind];
  if (kind === "tezosAttestationReady") return { kind, signature, repeated, dalDropped };
  if (kind !== "tezosBlockReady") return { kind, signature, repeated };
  const header = task.prepared?.header ?? headerOf(task.request);
  assert(header !== null, "a signed block has a header");
  return { kind, signature, repeated, header, extra: task.prepared?.extra ?? null };
}

function headerOf(request: ForgeRequest): BlockHeader | null {
  return request.kind === "tezosBlock" ? givenHeader(request) : null;
}

function needsPreparation(request: ForgeRequest): boolean {
  return request.kind === "tezosBlock" && givenHeader(request) === null;
}

function abortedOutcome(task: Task, why: "cancelled" | "expired"): OutcomeBody {
  const preparing = needsPreparation(task.request) && task.prepared === null;
  if (why === "cancelled") return { kind: "cancelled", running: !preparing };
  return { kind: "expired", phase: preparing ? "preparing" : "signing" };
}

function refusePush(code: PushErrorCode, message: string, retryable: boolean): Result<never, PushError> {
  return err({ code, message, retryable });
}

async function raiseKnownMarks(
  { knownMarks = [] }: ForgeWorkerOptions,
  watermarks: WatermarkStore,
): Promise<Result<void, StartError>> {
  const raised = await importMarks(watermarks, knownMarks);
  if (raised.ok) return ok(undefined);
  return err({ code: "watermarksUnavailable", message: raised.error.message, cause: raised.error });
}

async function missingHistory(
  { keysWithHistory = [], acceptMissingHistory = false }: ForgeWorkerOptions,
  watermarks: WatermarkStore,
): Promise<Result<void, StartError>> {
  const health = watermarks.health();
  // A standby starts, and signs when the lease is its own.
  if (!health.ok && health.failure.code !== "notLeaseHolder")
    return err({ code: "watermarksUnavailable", message: health.failure.message, cause: health.failure });
  if (keysWithHistory.length === 0 || acceptMissingHistory) return ok(undefined);
  const scopes = await watermarks.scopes();
  if (!scopes.ok) return err({ code: "watermarksUnavailable", message: scopes.error.message, cause: scopes.error });
  const marked = new Set<KeyId>(scopes.value.map((scope) => scope.key));
  const keys = keysWithHistory.filter((key) => !marked.has(key));
  if (keys.length === 0) return ok(undefined);
  const message = `no watermark is stored for ${keys.join(", ")}, which signed before: import its history, or accept the loss explicitly`;
  return err({ code: "historyMissing", keys, message });
}
