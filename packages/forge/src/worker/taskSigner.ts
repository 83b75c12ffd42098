import type { Clock, Logger } from "@sealwright/types";
import { addWeighted } from "../addWeighted.js";
import type { KeyId } from "../keyId.js";
import { type ForgeRequest, planSigning, type SigningPlan } from "../requests/forgeRequest.js";
import type { Signer, SignOptions } from "../signers/signer.js";
import type { Authorized, WatermarkStore } from "../watermarks/watermarkStore.js";
import { headerOf, type OutcomeBody, readyOutcome } from "./outcomeBody.js";
import { SignTimeouts } from "./signTimeouts.js";
import type { Task } from "./task.js";

export interface TaskSignerDependencies {
  readonly watermarks: WatermarkStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who holds a key now. */
  readonly signerOf: (key: KeyId) => Signer | null;
  /** Tells an outcome; of a task's outcomes the first counts. */
  readonly settle: (task: Task, outcome: OutcomeBody) => void;
}

interface SignerCall {
  readonly task: Task;
  readonly signer: Signer;
}

/** Takes one task through it: plan, durable mark, signer. The mark comes before the signer hears of anything. */
export class TaskSigner {
  readonly #signTimeoutMs: number;
  readonly #watermarks: WatermarkStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #signerOf: (key: KeyId) => Signer | null;
  readonly #settle: (task: Task, outcome: OutcomeBody) => void;
  readonly #timeouts: SignTimeouts<SignerCall>;

  /** @param options after `signTimeoutMs` a signer's answer is awaited no longer; its key stays taken until it comes */
  constructor(options: { readonly signTimeoutMs: number }, dependencies: TaskSignerDependencies) {
    this.#signTimeoutMs = options.signTimeoutMs;
    this.#watermarks = dependencies.watermarks;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#signerOf = dependencies.signerOf;
    this.#settle = dependencies.settle;
    this.#timeouts = new SignTimeouts(options.signTimeoutMs, dependencies.clock, (call) => this.#onTimeout(call));
  }

  /** Ends with the task's outcome told, and its signer done with it. */
  async sign(task: Task): Promise<void> {
    // Before the mark: a key that was taken away meanwhile must not burn one.
    if (this.#signerFor(task, task.request.key) === null) return;
    const plan = planSigning(task.request, task.prepared?.header ?? headerOf(task.request));
    const authorized = await this.#authorize(task, plan);
    if (authorized === null) return;
    if (authorized.signature !== null)
      return this.#settle(task, readyOutcome(task, authorized.signature, true, plan.dalDropped));
    // Nobody waits any more: the mark stands, and the same request may come again.
    if (task.settled) return;
    const signature = await this.#signWhole(task, plan);
    if (signature === null) return;
    if (plan.claim !== null) this.#watermarks.remember(plan.claim, signature);
    this.#settle(task, readyOutcome(task, signature, authorized.kind === "again", plan.dalDropped));
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

  #signerFor(task: Task, key: KeyId): Signer | null {
    const signer = this.#signerOf(key);
    if (signer !== null) return signer;
    const message = `no signer holds ${key} any more`;
    this.#settle(task, { kind: "failed", code: "unknownKey", message, retryable: false });
    return null;
  }

  async #askSigner(task: Task, key: KeyId, bytes: Uint8Array): Promise<Uint8Array | null> {
    const signer = this.#signerFor(task, key);
    if (signer === null) return null;
    const leftMs = Math.min(this.#signTimeoutMs, task.deadlineAtMs - this.#clock.monotonicMs());
    const call = { task, signer };
    this.#timeouts.begin(call);
    try {
      const signed = await signer.sign(key, bytes, new TaskSignOptions(task, leftMs));
      if (signed.ok) return signed.value;
      this.#settle(task, { ...signed.error, kind: "failed" });
      return null;
    } catch (cause) {
      const message = `${signer.name} threw: ${String(cause)}`;
      this.#settle(task, { kind: "failed", code: "signerFailed", message, retryable: false, cause });
      return null;
    } finally {
      this.#timeouts.end(call);
    }
  }

  #onTimeout({ task, signer }: SignerCall): void {
    const message = `${signer.name} did not answer in ${this.#signTimeoutMs} ms`;
    this.#settle(task, { kind: "failed", code: "signerTimeout", message, retryable: true });
    task.abort();
  }
}

/** What a signer is told of a task. */
class TaskSignOptions implements SignOptions {
  readonly #task: Task;
  readonly deadlineMs: number;

  constructor(task: Task, deadlineMs: number) {
    this.#task = task;
    this.deadlineMs = deadlineMs;
  }

  get signal(): AbortSignal {
    return this.#task.signal;
  }

  get request(): ForgeRequest {
    return this.#task.request;
  }
}
