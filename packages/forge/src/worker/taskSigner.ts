import type { Clock, Logger, Result } from "@sealwright/types";
import { addWeighted } from "../addWeighted.js";
import type { KeyId } from "../keyId.js";
import { type ForgeRequest, planSigning, type SigningPlan } from "../requests/forgeRequest.js";
import type { SignFailure, Signer, SignOptions } from "../signers/signer.js";
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
  /** The key that signed has its turn behind it. `share`: what is to be added by another key in its own turn. */
  readonly ended: (task: Task, share: CompanionShare | null) => void;
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
  readonly #ended: (task: Task, share: CompanionShare | null) => void;
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
    this.#ended = dependencies.ended;
    const { storeTimeoutMs, signTimeoutMs } = options;
    this.#storeTimeouts = new CallTimeouts(storeTimeoutMs, dependencies.clock, (task) =>
      this.#onTimeout(task, "storeTimeout", `the watermarks did not answer in ${storeTimeoutMs} ms`),
    );
    this.#signTimeouts = new CallTimeouts(signTimeoutMs, dependencies.clock, ({ task, signer }) =>
      this.#onTimeout(task, "signerTimeout", `${signer.name} did not answer in ${signTimeoutMs} ms`),
    );
  }

  /** Signs with the task's own key. Never rejects: `ended` tells that the key is free, and what share is still to be added. */
  async sign(task: Task): Promise<void> {
    let call: SignerCall | null = null;
    let share: CompanionShare | null = null;
    try {
      const plan = this.#planOf(task);
      if (plan !== null) {
        const guarded = plan.claim === null ? AUTHORIZED_FIRST : await this.#guard(task, plan.claim);
        this.#storeTimeouts.end(task);
        const authorized = this.#toBeSigned(task, plan, guarded);
        call = authorized === null ? null : this.#callFor(task, task.request.key);
        if (authorized !== null && call !== null) {
          const signature = this.#answered(call, await call.ask(plan.bytes));
          if (signature !== null) share = this.#onSigned(task, plan, signature, authorized.kind === "again");
        }
      }
    } catch (cause) {
      this.#onThrown(task, call, cause);
    }
    this.#ended(task, share);
  }

  /** The same for the companion's key, of a task whose own key has signed. */
  async addShare(task: Task, { key, weight, bytes, ownSignature, claim, repeated }: CompanionShare): Promise<void> {
    const call = this.#callFor(task, key);
    try {
      const share = call === null ? null : this.#answered(call, await call.ask(bytes));
      const sum = share === null ? null : await addWeighted(ownSignature, share, weight, this.#clock);
      if (sum?.ok === true) this.#finish(task, claim, sum.value, { repeated, dalDropped: false });
      if (sum?.ok === false) {
        const message = "a signature is no point of the curve";
        this.#fail(task, { kind: "failed", code: "badSignature", message, retryable: false });
      }
    } catch (cause) {
      this.#onThrown(task, call, cause);
    }
    this.#ended(task, null);
  }

  #guard(task: Task, claim: Claim): Promise<Result<Authorized, GuardError>> {
    this.#storeTimeouts.begin(task);
    return this.#watermarks.guard(claim);
  }

  #planOf(task: Task): SigningPlan | null {
    // Before the mark: a key that was taken away meanwhile must not burn one.
    if (this.#signerFor(task, task.request.key) === null) return null;
    return planSigning(task.request, task.prepared?.header ?? headerOf(task.request));
  }

  /** @returns null when there is nothing to ask a signer for: it was refused, is known already, or nobody waits for it */
  #toBeSigned(task: Task, plan: SigningPlan, guarded: Result<Authorized, GuardError>): Authorized | null {
    if (!guarded.ok) {
      this.#tellNotGuarded(task, guarded.error);
      return null;
    }
    const { signature: known } = guarded.value;
    if (known !== null) {
      this.#settle(task, readyOutcome(task, known, true, plan.dalDropped));
      return null;
    }
    // Nobody waits any more: the mark stands, and the same request may come again.
    if (task.settled) return null;
    if (plan.dalDropped) this.#logger.log("warn", "forge.missingCompanionKey", { key: task.request.key });
    return guarded.value;
  }

  /** @returns null when the task's outcome is told; else the share that it lacks, for which its companion is asked next */
  #onSigned(task: Task, plan: SigningPlan, signature: Uint8Array, repeated: boolean): CompanionShare | null {
    const { bytes, claim, companion, dalDropped } = plan;
    if (companion !== null) return { ...companion, bytes, claim, repeated, ownSignature: signature };
    this.#finish(task, claim, signature, { repeated, dalDropped });
    return null;
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

  /** A signer or a store that throws, or a bug of ours: this request fails, the queue goes on. */
  #onThrown(task: Task, call: SignerCall | null, cause: unknown): void {
    this.#storeTimeouts.end(task);
    const isSigners = call !== null && this.#signTimeouts.end(call);
    const code = isSigners ? "signerFailed" : "internalError";
    const message = isSigners ? `${call.signer.name} threw: ${String(cause)}` : String(cause);
    this.#fail(task, { kind: "failed", code, message, retryable: false, cause });
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

  #callFor(task: Task, key: KeyId): SignerCall | null {
    const signer = this.#signerFor(task, key);
    if (signer === null) return null;
    const leftMs = Math.min(this.#signTimeoutMs, task.deadlineAtMs - this.#clock.monotonicMs());
    const call = new SignerCall(task, signer, key, leftMs);
    this.#signTimeouts.begin(call);
    return call;
  }

  #answered(call: SignerCall, signed: Result<Uint8Array, SignFailure>): Uint8Array | null {
    this.#signTimeouts.end(call);
    if (signed.ok) return signed.value;
    this.#fail(call.task, { ...signed.error, kind: "failed" });
    return null;
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
  readonly #key: KeyId;

  constructor(task: Task, signer: Signer, key: KeyId, deadlineMs: number) {
    this.task = task;
    this.signer = signer;
    this.#key = key;
    this.deadlineMs = deadlineMs;
  }

  ask(bytes: Uint8Array): Promise<Result<Uint8Array, SignFailure>> {
    return this.signer.sign(this.#key, bytes, this);
  }

  get signal(): AbortSignal {
    return this.task.signal;
  }

  get request(): ForgeRequest {
    return this.task.request;
  }
}
