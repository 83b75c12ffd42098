import type { Clock, Logger, Result } from "@sealwright/types";
import { addWeighted } from "../addWeighted.js";
import type { KeyId } from "../keyId.js";
import { type ForgeRequest, planSigning } from "../requests/forgeRequest.js";
import type { Signer, SignOptions } from "../signers/signer.js";
import { AUTHORIZED_FIRST } from "../watermarks/authorizeClaim.js";
import type { Claim } from "../watermarks/marks.js";
import type { Authorized, GuardError, WatermarkStore } from "../watermarks/watermarkStore.js";
import type { ReadyOutcome } from "../forgeEvent.js";
import { headerOf, type OutcomeBody, readyOutcome } from "./outcomeBody.js";
import { CallTimeouts } from "./callTimeouts.js";
import type { CompanionShare, Task } from "./task.js";

export interface TaskSignerOptions {
  /** So long the watermarks' answer is awaited; the task's key stays taken until it comes. */
  readonly storeTimeoutMs: number;
  /** The same for a signer's answer. */
  readonly signTimeoutMs: number;
}

export interface TaskSignerDependencies {
  readonly watermarks: WatermarkStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who holds a key now. */
  readonly signerOf: (key: KeyId) => Signer | null;
  /** Tells an outcome; of a task's outcomes the first counts. */
  readonly settle: (task: Task, outcome: ReadyOutcome) => void;
  readonly fail: (task: Task, body: OutcomeBody) => void;
}

/** Takes one task through it: plan, durable mark, signer. The mark comes before the signer hears of anything. */
export class TaskSigner {
  readonly #signTimeoutMs: number;
  readonly #watermarks: WatermarkStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #signerOf: (key: KeyId) => Signer | null;
  readonly #settle: (task: Task, outcome: ReadyOutcome) => void;
  readonly #fail: (task: Task, body: OutcomeBody) => void;
  readonly #storeTimeouts: CallTimeouts<Task>;
  readonly #signTimeouts: CallTimeouts<SignerCall>;

  constructor(options: TaskSignerOptions, dependencies: TaskSignerDependencies) {
    this.#signTimeoutMs = options.signTimeoutMs;
    this.#watermarks = dependencies.watermarks;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#signerOf = dependencies.signerOf;
    this.#settle = dependencies.settle;
    this.#fail = dependencies.fail;
    const { storeTimeoutMs, signTimeoutMs } = options;
    this.#storeTimeouts = new CallTimeouts(storeTimeoutMs, dependencies.clock, (task) =>
      this.#onTimeout(task, "storeTimeout", `the watermarks did not answer in ${storeTimeoutMs} ms`),
    );
    this.#signTimeouts = new CallTimeouts(signTimeoutMs, dependencies.clock, ({ task, signer }) =>
      this.#onTimeout(task, "signerTimeout", `${signer.name} did not answer in ${signTimeoutMs} ms`),
    );
  }

  /**
   * Ends with the key's signer done with it.
   * @returns null when the task's outcome is told; else the share that it lacks, for which its companion is asked next
   */
  async sign(task: Task): Promise<CompanionShare | null> {
    // Before the mark: a key that was taken away meanwhile must not burn one.
    if (this.#signerFor(task, task.request.key) === null) return null;
    const plan = planSigning(task.request, task.prepared?.header ?? headerOf(task.request));
    const guarded = plan.claim === null ? AUTHORIZED_FIRST : await this.#guard(task, plan.claim);
    if (!guarded.ok) {
      this.#tellNotGuarded(task, guarded.error);
      return null;
    }
    const { kind, signature: known } = guarded.value;
    if (known !== null) {
      this.#settle(task, readyOutcome(task, known, true, plan.dalDropped));
      return null;
    }
    // Nobody waits any more: the mark stands, and the same request may come again.
    if (task.settled) return null;
    if (plan.dalDropped) this.#logger.log("warn", "forge.missingCompanionKey", { key: task.request.key });
    const { bytes, claim, companion } = plan;
    const signature = await this.#askSigner(task, task.request.key, bytes);
    if (signature === null) return null;
    const repeated = kind === "again";
    if (companion !== null) return { ...companion, bytes, claim, repeated, ownSignature: signature };
    this.#finish(task, claim, signature, { repeated, dalDropped: plan.dalDropped });
    return null;
  }

  /** Ends with the task's outcome told, and the companion's signer done with it. */
  async addShare(task: Task, { key, weight, bytes, ownSignature, claim, repeated }: CompanionShare): Promise<void> {
    const share = await this.#askSigner(task, key, bytes);
    if (share === null) return;
    const sum = await addWeighted(ownSignature, share, weight, this.#clock);
    if (sum.ok) return this.#finish(task, claim, sum.value, { repeated, dalDropped: false });
    const message = "a signature is no point of the curve";
    this.#fail(task, { kind: "failed", code: "badSignature", message, retryable: false });
  }

  #finish(
    task: Task,
    claim: Claim | null,
    signature: Uint8Array,
    { repeated, dalDropped }: { readonly repeated: boolean; readonly dalDropped: boolean },
  ): void {
    if (claim !== null) this.#watermarks.remember(claim, signature);
    this.#settle(task, readyOutcome(task, signature, repeated, dalDropped));
  }

  async #guard(task: Task, claim: Claim): Promise<Result<Authorized, GuardError>> {
    this.#storeTimeouts.begin(task);
    try {
      return await this.#watermarks.guard(claim);
    } finally {
      this.#storeTimeouts.end(task);
    }
  }

  #tellNotGuarded(task: Task, error: GuardError): void {
    if (error.kind === "refused") {
      const { key, kind } = task.request;
      const { code: reason, message, recorded } = error.refusal;
      this.#logger.log("info", "forge.refused", { key, kind, reason, message, recorded });
      this.#fail(task, error);
    } else {
      this.#fail(task, { ...error.failure, kind: "failed" });
    }
  }

  #signerFor(task: Task, key: KeyId): Signer | null {
    const signer = this.#signerOf(key);
    if (signer !== null) return signer;
    const message = `no signer holds ${key} any more`;
    this.#fail(task, { kind: "failed", code: "unknownKey", message, retryable: false });
    return null;
  }

  async #askSigner(task: Task, key: KeyId, bytes: Uint8Array): Promise<Uint8Array | null> {
    const signer = this.#signerFor(task, key);
    if (signer === null) return null;
    const leftMs = Math.min(this.#signTimeoutMs, task.deadlineAtMs - this.#clock.monotonicMs());
    const call = new SignerCall(task, signer, leftMs);
    this.#signTimeouts.begin(call);
    try {
      const signed = await signer.sign(key, bytes, call);
      if (signed.ok) return signed.value;
      this.#fail(task, { ...signed.error, kind: "failed" });
      return null;
    } catch (cause) {
      const message = `${signer.name} threw: ${String(cause)}`;
      this.#fail(task, { kind: "failed", code: "signerFailed", message, retryable: false, cause });
      return null;
    } finally {
      this.#signTimeouts.end(call);
    }
  }

  #onTimeout(task: Task, code: "storeTimeout" | "signerTimeout", message: string): void {
    this.#fail(task, { kind: "failed", code, message, retryable: true });
    task.abort();
  }
}

/** A call under way, and what its signer is told of the task. */
class SignerCall implements SignOptions {
  readonly task: Task;
  readonly signer: Signer;
  readonly deadlineMs: number;

  constructor(task: Task, signer: Signer, deadlineMs: number) {
    this.task = task;
    this.signer = signer;
    this.deadlineMs = deadlineMs;
  }

  get signal(): AbortSignal {
    return this.task.signal;
  }

  get request(): ForgeRequest {
    return this.task.request;
  }
}
