import { ExecutionError } from "../threadExecution.js";
import type { Answers, Job, NumberedAnswer, NumberedJob } from "./workerProtocol.js";

interface Waiting {
  readonly job: Job;
  readonly moved: readonly ArrayBuffer[];
  readonly resolve: (value: Answers[Job["type"]]) => void;
  readonly reject: (error: ExecutionError) => void;
}

/** Two: while one job runs the next is at hand. More would put admissions ahead of a build that comes now. */
const IN_FLIGHT_MAX = 2;

export interface JobQueueOptions {
  /** Jobs of each kind that wait. */
  readonly waitingMax: number;
  readonly send: (job: NumberedJob, moved: readonly ArrayBuffer[]) => void;
}

/** Questions run contracts, each for about a tenth of a second at most: whoever asks more at once comes again. */
export const QUESTIONS_MAX = 64;
/** Reads keep their place among the jobs of the chain, which frees the states that they read: so many may stand there. */
export const READS_MAX = 256;

type Lane = "chain" | "read" | "admission" | "question";

const LANE: Record<Job["type"], Lane> = {
  ...{ beginLoad: "chain", addEntries: "chain", finishLoad: "chain" },
  ...{ build: "chain", bind: "chain", verify: "chain", applyUpdate: "chain", finalize: "chain", release: "chain" },
  ...{ holds: "chain", cursors: "chain" },
  ...{ account: "read", totals: "read" },
  ...{ admit: "admission", query: "question" },
};

/** Feeds a worker: chain jobs in order and first, admissions when no chain job waits, questions when nothing else does. */
export class JobQueue {
  readonly #options: JobQueueOptions;
  readonly #chain: Waiting[] = [];
  readonly #admissions: Waiting[] = [];
  readonly #questions: Waiting[] = [];
  readonly #inFlight = new Map<number, Waiting>();
  #next = 1;
  #ended: ExecutionError | null = null;

  constructor(options: JobQueueOptions) {
    this.#options = options;
  }

  push<Type extends Job["type"]>(
    job: Extract<Job, { type: Type }>,
    moved: readonly ArrayBuffer[] = [],
  ): Promise<Answers[Type]> {
    return new Promise<Answers[Type]>((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended);
      const lane = LANE[job.type];
      const [waiting, waitingMax] = this.#loadOf(lane);
      if (waiting >= waitingMax && isRefusable(job))
        return reject(new ExecutionError("overloaded", `${waiting} jobs wait already`));
      this.#queueOf(lane).push({ job, moved, resolve: resolve as Waiting["resolve"], reject });
      this.#pump();
    });
  }

  answered(answer: NumberedAnswer): void {
    const waiting = this.#inFlight.get(answer.number);
    this.#inFlight.delete(answer.number);
    if ("error" in answer) waiting?.reject(new ExecutionError(answer.error.code, answer.error.message));
    else waiting?.resolve(answer.value);
    this.#pump();
  }

  /** Rejects everything, now and from now on. @returns whether this call ended it */
  end(error: ExecutionError): boolean {
    if (this.#ended !== null) return false;
    this.#ended = error;
    for (const { reject } of [...this.#inFlight.values(), ...this.#chain, ...this.#admissions, ...this.#questions])
      reject(error);
    this.#inFlight.clear();
    this.#chain.length = this.#admissions.length = this.#questions.length = 0;
    return true;
  }

  #queueOf(lane: Lane): Waiting[] {
    switch (lane) {
      case "chain":
      case "read":
        return this.#chain;
      case "admission":
        return this.#admissions;
      case "question":
        return this.#questions;
    }
  }

  /** Jobs of a lane that wait, and how many may. */
  #loadOf(lane: Lane): readonly [waiting: number, waitingMax: number] {
    const { waitingMax } = this.#options;
    switch (lane) {
      case "chain":
        return [this.#chain.length - this.#readsWaiting(), waitingMax];
      case "read":
        return [this.#readsWaiting(), Math.min(waitingMax, READS_MAX)];
      case "admission":
        return [this.#admissions.length, waitingMax];
      case "question":
        return [this.#questions.length, Math.min(waitingMax, QUESTIONS_MAX)];
    }
  }

  #readsWaiting(): number {
    return this.#chain.filter(({ job }) => LANE[job.type] === "read").length;
  }

  #pump(): void {
    while (this.#inFlight.size < IN_FLIGHT_MAX) {
      const waiting = this.#chain.shift() ?? this.#admissions.shift() ?? this.#nextQuestion();
      if (waiting === undefined) return;
      const number = this.#next++;
      this.#inFlight.set(number, waiting);
      this.#options.send({ number, job: waiting.job }, waiting.moved);
    }
  }

  /** One at a time: a block that comes now waits for no second one. */
  #nextQuestion(): Waiting | undefined {
    return this.#inFlight.size === 0 ? this.#questions.shift() : undefined;
  }
}

/** Nobody waits for these, so nobody could offer them again; builds and blocks bound their number. */
function isRefusable(job: Job): boolean {
  return job.type !== "bind" && job.type !== "release";
}
