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
  /** Jobs that wait, of either kind. */
  readonly waitingMax: number;
  readonly send: (job: NumberedJob, moved: readonly ArrayBuffer[]) => void;
}

/** Feeds a worker: chain jobs in order and first, admissions and questions when no chain job waits. */
export class JobQueue {
  readonly #options: JobQueueOptions;
  readonly #chain: Waiting[] = [];
  readonly #admissions: Waiting[] = [];
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
      const queue = job.type === "admit" || job.type === "query" ? this.#admissions : this.#chain;
      if (this.#ended !== null) return reject(this.#ended);
      if (queue.length >= this.#options.waitingMax && isRefusable(job))
        return reject(new ExecutionError("overloaded", `${queue.length} jobs wait already`));
      queue.push({ job, moved, resolve: resolve as Waiting["resolve"], reject });
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
    for (const { reject } of [...this.#inFlight.values(), ...this.#chain, ...this.#admissions]) reject(error);
    this.#inFlight.clear();
    this.#chain.length = this.#admissions.length = 0;
    return true;
  }

  #pump(): void {
    while (this.#inFlight.size < IN_FLIGHT_MAX) {
      const waiting = this.#chain.shift() ?? this.#admissions.shift();
      if (waiting === undefined) return;
      const number = this.#next++;
      this.#inFlight.set(number, waiting);
      this.#options.send({ number, job: waiting.job }, waiting.moved);
    }
  }
}

/** Nobody waits for these, so nobody could offer them again; builds and blocks bound their number. */
function isRefusable(job: Job): boolean {
  return job.type !== "bind" && job.type !== "release";
}
