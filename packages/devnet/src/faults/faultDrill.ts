import { assert, assertNever } from "@sealwright/types";
import { DevnetError } from "../devnetError.js";
import type { Devnet } from "../network/devnet.js";
import { sleepMs, wakefulClock } from "../wakefulClock.js";
import { type Fault, type FaultAction, faultText } from "./fault.js";
import { producerOf } from "./producerOf.js";

/** A fault as it happened. */
export interface FaultDone {
  readonly fault: Fault;
  /** Wall time of its begin. */
  readonly startMs: number;
  /** Wall time when it was done: a restarted keeper answers then, and is ready where it reaches a quorum. */
  readonly endMs: number;
  /** The keeper that it happened to; null for `heal`. */
  readonly keeper: number | null;
  /** Why it could not be done, or null. */
  readonly failure: string | null;
}

/** What brings a keeper back that was hit. */
const RECOVERY_OF = { kill: "restart", stop: "cont" } as const satisfies Partial<Record<FaultAction, FaultAction>>;

/** Carries out a plan of faults on a running network, each at its time, however long others take. */
export class FaultDrill {
  readonly #over = new AbortController();
  /** Producers that a kill or a stop hit, by thread and what they wait for: by then another keeper produces. */
  readonly #struck = new Map<string, number>();
  #all: Promise<readonly FaultDone[]> = Promise.resolve([]);

  /** @param onFault called when a fault has happened, or could not */
  constructor(
    private readonly devnet: Devnet,
    private readonly faults: readonly Fault[],
    private readonly onFault: (done: FaultDone) => void = () => undefined,
  ) {}

  /** The plan's times count from here. */
  start(): void {
    const startMs = wakefulClock.monotonicMs();
    const inOrder = [...this.faults].sort((a, b) => a.atMs - b.atMs);
    this.#all = Promise.all(inOrder.map((fault) => this.#at(startMs + fault.atMs, fault))).then((done) =>
      done.filter((one) => one !== null),
    );
  }

  /** Ends what is still waited for; those whose time has not come are not done any more. */
  finish(): Promise<readonly FaultDone[]> {
    this.#over.abort();
    return this.#all;
  }

  async #at(dueMs: number, fault: Fault): Promise<FaultDone | null> {
    await sleepMs(Math.max(0, dueMs - wakefulClock.monotonicMs()), this.#over.signal);
    if (this.#over.signal.aborted) return null;
    const done = await this.#do(fault);
    this.onFault(done);
    return done;
  }

  async #do(fault: Fault): Promise<FaultDone> {
    let keeper: number | null = null;
    let startMs: number = wakefulClock.nowMs();
    try {
      keeper = await this.#keeperOf(fault);
      startMs = wakefulClock.nowMs();
      await act(this.devnet, fault, keeper, this.#over.signal);
      this.#noteStruck(fault, keeper);
      return { fault, startMs, endMs: wakefulClock.nowMs(), keeper, failure: null };
    } catch (error) {
      const why = reasonOf(error);
      return {
        fault,
        startMs,
        endMs: wakefulClock.nowMs(),
        keeper,
        failure: `"${faultText(fault)}" could not be done: ${why}`,
      };
    }
  }

  #noteStruck({ action, target }: Fault, keeper: number | null): void {
    if (target?.type !== "producer" || keeper === null) return;
    if (action === "kill" || action === "stop") this.#struck.set(`${RECOVERY_OF[action]} ${target.thread}`, keeper);
    else this.#struck.delete(`${action} ${target.thread}`);
  }

  async #keeperOf({ action, target }: Fault): Promise<number | null> {
    if (target === null) return null;
    switch (target.type) {
      case "keeper":
        return target.index;
      case "producer":
        return this.#struck.get(`${action} ${target.thread}`) ?? producerOf(this.devnet, target.thread);
      default:
        return assertNever(target);
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof DevnetError) return `${error.message}; ${error.advice}`;
  return error instanceof Error ? error.message : String(error);
}

async function act(devnet: Devnet, { action }: Fault, keeper: number | null, over: AbortSignal): Promise<void> {
  if (action === "heal") return devnet.heal();
  assert(keeper !== null, `${action} has a target`);
  switch (action) {
    case "kill":
      return devnet.kill(keeper);
    case "stop":
      return devnet.pause(keeper);
    case "cont":
      return devnet.resume(keeper);
    case "restart":
      return devnet.restart(keeper, over);
    case "partition":
      return devnet.cutOff(keeper);
    default:
      return assertNever(action);
  }
}
