import { assert, type Clock, err, type Logger, ok, type Result } from "@sealwright/types";
import { EventHub, type EventsOptions } from "./events/eventHub.js";
import type { ForgeEvent, ForgeOutcome } from "./forgeEvent.js";
import type { KeyId } from "./keyId.js";
import type { BlockPreparer, PreparationFailure } from "./preparation/blockPreparer.js";
import { Scheduler, type SchedulerEffect, type SchedulerEvent, type TaskId } from "./queue/scheduler.js";
import { type ForgeRequest, needsPreparation, requestDefect } from "./requests/forgeRequest.js";
import { SignalWatch } from "./signalWatch.js";
import type { Signer } from "./signers/signer.js";
import type {
  Accepted,
  DuplicateKey,
  ForgeResult,
  ForgeStatus,
  ForgeWorkerDependencies,
  ForgeWorkerOptions,
  PushError,
  PushErrorCode,
  PushOptions,
  ShutdownOptions,
  StartError,
} from "./worker/forgeOptions.js";
import { abortedOutcome, droppedOutcome, type OutcomeBody, outcomeOf } from "./worker/outcomeBody.js";
import { prepareTask } from "./worker/prepareTask.js";
import { missingHistory, raiseKnownMarks } from "./worker/startChecks.js";
import { type CompanionShare, Task } from "./worker/task.js";
import { TaskSigner } from "./worker/taskSigner.js";

interface SigningBy {
  readonly signer: Signer;
  readonly lane: number;
}

const WAITING_PER_KEY_MAX = 256;
const WAITING_MAX = 65_536;
const NO_KEYS: ReadonlySet<KeyId> = new Set();
const STORE_TIMEOUT_MS = 10_000;
const SIGN_TIMEOUT_MS = 10_000;
const PREPARE_TIMEOUT_MS = 60_000;
/** 24 days: a timer that is set to more than that ends at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

type Phase =
  | { readonly phase: "open" }
  | { readonly phase: "closing"; readonly done: Promise<void> }
  | { readonly phase: "closed"; readonly done: Promise<void> };

/**
 * Signs for many keys at once and never twice. One queue per key, made on demand; one active task per key; keys run
 * side by side. Every accepted request ends in exactly one outcome, told to whoever asked and to every subscriber.
 */
export class ForgeWorker implements AsyncDisposable {
  readonly #taskSigner: TaskSigner;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #blockPreparer: BlockPreparer | null;
  readonly #prepareTimeoutMs: number;
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
      storeTimeoutMs = STORE_TIMEOUT_MS,
      signTimeoutMs = SIGN_TIMEOUT_MS,
      prepareTimeoutMs = PREPARE_TIMEOUT_MS,
    } = options;
    assert(
      waitingPerKeyMax >= 1 && waitingMax >= waitingPerKeyMax,
      "limits of a forge are positive, one key's within all keys'",
    );
    for (const limitMs of [storeTimeoutMs, signTimeoutMs, prepareTimeoutMs])
      assert(limitMs > 0 && limitMs <= TIMER_MS_MAX, "times of a forge are positive, and at most 24 days");
    this.#prepareTimeoutMs = prepareTimeoutMs;
    this.#taskSigner = new TaskSigner(
      { storeTimeoutMs, signTimeoutMs },
      {
        ...dependencies,
        signerOf: (key) => this.#signerOf.get(key)?.signer ?? null,
        settle: (task, outcome) => this.#settle(task, outcome),
        fail: (task, body) => this.#fail(task, body),
        ended: (task, share) => this.#onEnded(task, share),
      },
    );
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#blockPreparer = dependencies.blockPreparer ?? null;
    const laneMax = (lane: number): number => this.#lanes[lane]?.concurrentMax ?? 1;
    const laneRefillAt = (lane: number): number => this.#lanes[lane]?.refillAt ?? laneMax(lane) - 1;
    this.#scheduler = new Scheduler({
      waitingPerKeyMax,
      waitingMax,
      laneCount: () => this.#lanes.length,
      laneMax,
      laneRefillAt,
    });
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
   * @param stopped keys that are not served although a signer holds them
   */
  replaceSigners(signers: readonly Signer[], stopped: ReadonlySet<KeyId> = NO_KEYS): Result<void, DuplicateKey> {
    const signerOf = new Map<KeyId, SigningBy>();
    for (const signer of signers) {
      const lane = this.#laneOf(signer);
      for (const key of signer.keys()) {
        if (stopped.has(key)) continue;
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

  /**
   * Cancels what waits, awaits what runs, then ends the event streams. Twice is once, and the first one's options count.
   * Signers stay open.
   */
  shutdown({ runningMsMax = Infinity }: ShutdownOptions = {}): Promise<void> {
    if (this.#state.phase !== "open") return this.#state.done;
    const idle = new Promise<void>((resolve) => (this.#onIdle = resolve));
    const timer = runningMsMax <= TIMER_MS_MAX ? this.#clock.setTimer(runningMsMax, () => this.#giveUpRunning()) : null;
    const done = idle.then(() => {
      timer?.cancel();
      this.#state = { phase: "closed", done };
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
    const defect = requestDefect(request) ?? this.#unservable(request) ?? deadlineDefect(options);
    if (defect !== null) return refusePush("malformedRequest", defect, false);
    if (options.signal?.aborted === true) return refusePush("aborted", "the signal was aborted before the push", false);
    const id = this.#acceptedCount + 1;
    const deadlineAtMs = options.deadlineMs === undefined ? Infinity : this.#clock.monotonicMs() + options.deadlineMs;
    const origin = options.origin ?? null;
    const task = new Task({ id, request, origin, deadlineAtMs, lane: signing.lane, onOutcome });
    const refusal = this.#scheduler.refusal(task);
    if (refusal !== null) return refusePush(refusal, "too many requests are waiting", true);
    this.#acceptedCount = id;
    this.#tasks.set(id, task);
    this.#watch(task, options);
    this.#step({ type: "pushed", task });
    return ok({ requestId: id });
  }

  #watch(task: Task, { signal, deadlineMs }: PushOptions): void {
    if (deadlineMs !== undefined && deadlineMs <= TIMER_MS_MAX)
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
        void (task.share === null ? this.#taskSigner.sign(task) : this.#taskSigner.addShare(task, task.share));
        return;
      case "drop":
        this.#fail(task, droppedOutcome(task, effect.why));
        this.#tasks.delete(task.id);
        return;
      case "prepare":
        void this.#prepare(task);
        return;
      case "abort":
        // The outcome is told now; the key stays taken until the signer lets go of it.
        this.#fail(task, abortedOutcome(task, effect.why));
        task.abort();
    }
  }

  /** In the background: neither the key's queue nor any other request waits for it. */
  async #prepare(task: Task): Promise<void> {
    const failure = await this.#preparedInTime(task);
    if (failure !== null) this.#fail(task, { ...failure, kind: "failed", code: "preparationFailed" });
    if (task.settled) {
      this.#tasks.delete(task.id);
      this.#step({ type: "finished", id: task.id });
    } else {
      this.#step({ type: "prepared", id: task.id });
    }
  }

  /** Ends by itself, also when the preparer does not hear that nobody waits any more: a stop waits for this. */
  #preparedInTime(task: Task): Promise<PreparationFailure | null> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(this.#prepareTimeoutMs, () => {
        resolve({ message: `the block was not ready in ${this.#prepareTimeoutMs} ms`, retryable: true });
        task.abort();
      });
      void prepareTask(task, this.#blockPreparer).then((failure) => {
        timer.cancel();
        resolve(failure);
      });
    });
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

  /** A key's turn is over: the next one is told only now, when its signer is done. */
  #onEnded(task: Task, made: CompanionShare | null): void {
    task.share = made;
    const share = task.settled ? null : made;
    if (share === null) this.#tasks.delete(task.id);
    this.#step({ type: "finished", id: task.id });
    if (share !== null) this.#pushShare(task, share);
  }

  /**
   * The companion signs in its own key's turn and its own signer's lane, as any other key does; meanwhile the task's key
   * is free, so that a companion that hangs holds up no votes but those that need it.
   */
  #pushShare(task: Task, { key }: CompanionShare): void {
    const { id, deadlineAtMs, kindRank } = task;
    const lane = this.#signerOf.get(key)?.lane;
    const scheduled =
      lane === undefined
        ? null
        : { id, key, deadlineAtMs, kindRank, vote: null, lane, needsPreparation: false, isBegun: true };
    if (scheduled !== null && this.#scheduler.refusal(scheduled) === null) {
      this.#step({ type: "pushed", task: scheduled });
      return;
    }
    this.#fail(
      task,
      scheduled === null
        ? { kind: "failed", code: "unknownKey", message: `no signer holds ${key} any more`, retryable: false }
        : {
            kind: "failed",
            code: "signerUnavailable",
            message: `too many requests wait for the companion key ${key}`,
            retryable: true,
          },
    );
    this.#tasks.delete(id);
    this.#tellIdle();
  }

  #fail(task: Task, body: OutcomeBody): void {
    if (!task.settled) this.#settle(task, outcomeOf(task, body));
  }

  /** The first outcome counts; a signature that comes after the deadline is dropped. */
  #settle(task: Task, outcome: ForgeOutcome): void {
    if (task.settled) return;
    task.settled = true;
    task.timer?.cancel();
    task.unlisten?.();
    this.#outcomeCounts[outcome.kind] = (this.#outcomeCounts[outcome.kind] ?? 0) + 1;
    if (outcome.kind === "failed")
      // One that stands by fails every request by design, and another one has signed it.
      this.#logger.log(outcome.code === "notLeaseHolder" ? "debug" : "warn", "forge.failed", {
        key: task.request.key,
        kind: task.request.kind,
        reason: outcome.code,
        message: outcome.message,
      });
    this.#events.publish(outcome);
    task.onOutcome?.(outcome);
  }

  /** Their outcomes are told, and whatever their signers still do is awaited no longer. */
  #giveUpRunning(): void {
    for (const id of [...this.#tasks.keys()]) this.#step({ type: "cancelled", id });
    if (this.#tasks.size > 0)
      this.#logger.log("warn", "forge.signersLeftRunning", {
        keys: [...this.#tasks.values()].map((task) => task.request.key),
      });
    this.#onIdle?.();
  }

  #tellIdle(): void {
    if (this.#state.phase === "closing" && this.#tasks.size === 0) this.#onIdle?.();
  }
}

function deadlineDefect({ deadlineMs }: PushOptions): string | null {
  return Number.isNaN(deadlineMs) ? "the deadline is no number" : null;
}

function refusePush(code: PushErrorCode, message: string, retryable: boolean): Result<never, PushError> {
  return err({ code, message, retryable });
}
