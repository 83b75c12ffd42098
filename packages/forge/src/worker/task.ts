import type { Timer } from "@sealwright/types";
import type { ForgeOutcome, Origin } from "../forgeEvent.js";
import type { KeyId, TezosKeyHash } from "../keyId.js";
import type { PreparedBlock } from "../preparation/blockPreparer.js";
import type { ScheduledTask, VotePlace } from "../queue/scheduler.js";
import {
  type ForgeRequest,
  kindRankOf,
  needsPreparation,
  type RequestId,
  votePlaceOf,
} from "../requests/forgeRequest.js";
import type { Claim } from "../watermarks/marks.js";

/** The second signature of a task: made in the companion key's own turn. */
export interface CompanionShare {
  readonly key: TezosKeyHash;
  readonly weight: bigint;
  readonly bytes: Uint8Array;
  readonly ownSignature: Uint8Array;
  readonly claim: Claim | null;
  readonly repeated: boolean;
}

export interface TaskParts {
  readonly id: RequestId;
  readonly request: ForgeRequest;
  readonly origin: Origin | null;
  readonly deadlineAtMs: number;
  /** Which signer answers for its key. */
  readonly lane: number;
  readonly onOutcome: ((outcome: ForgeOutcome) => void) | null;
}

/** One accepted request, from its push to its outcome and until its signer has let go. */
export class Task implements ScheduledTask {
  readonly id: RequestId;
  readonly request: ForgeRequest;
  readonly origin: Origin | null;
  readonly deadlineAtMs: number;
  readonly lane: number;
  readonly onOutcome: ((outcome: ForgeOutcome) => void) | null;
  timer: Timer | null = null;
  unlisten: (() => void) | null = null;
  /** Of a Tezos block, once it is there. */
  prepared: PreparedBlock | null = null;
  /** What is still to be added to its own key's signature. */
  share: CompanionShare | null = null;
  settled = false;
  #vote: VotePlace | null | undefined;
  #abort: AbortController | null = null;
  #isAborted = false;

  constructor(parts: TaskParts) {
    this.id = parts.id;
    this.request = parts.request;
    this.origin = parts.origin;
    this.deadlineAtMs = parts.deadlineAtMs;
    this.lane = parts.lane;
    this.onOutcome = parts.onOutcome;
  }

  get key(): KeyId {
    return this.request.key;
  }

  get kindRank(): number {
    return kindRankOf(this.request);
  }

  /** Made when somebody reads it, which is in a full queue only. */
  get vote(): VotePlace | null {
    if (this.#vote === undefined) this.#vote = votePlaceOf(this.request);
    return this.#vote;
  }

  get needsPreparation(): boolean {
    return needsPreparation(this.request);
  }

  /** Made when somebody reads it: a controller costs more than all the rest of a task, and few look at one. */
  get signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController();
      if (this.#isAborted) this.#abort.abort();
    }
    return this.#abort.signal;
  }

  /** Nobody waits for its work any more. */
  abort(): void {
    this.#isAborted = true;
    this.#abort?.abort();
  }
}
