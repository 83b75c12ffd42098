import { assert } from "@sealwright/types";
import type { KeyId } from "../keyId.js";

/** Unique, and rising in the order of arrival. */
export type TaskId = number;

/** Where a vote stands: a lower one of the same scope is worth less, and goes first when a queue is full. */
export interface VotePlace {
  /** Network and thread, or chain: places of two scopes say nothing about each other. */
  readonly scope: string;
  /** Term and height, or level and round. */
  readonly at: readonly [bigint, bigint];
}

/** What the order of work depends on; the scheduler never sees a request's contents. */
export interface ScheduledTask {
  readonly id: TaskId;
  readonly key: KeyId;
  /** Monotonic time after which nobody wants the outcome; Infinity for none. */
  readonly deadlineAtMs: number;
  /** Smaller goes first among equal deadlines: blocks before votes, votes before the rest. */
  readonly kindRank: number;
  /** Votes may be dropped for newer ones of their scope; null for what is never dropped. */
  readonly vote: VotePlace | null;
  /** Which signer answers for the key. */
  readonly lane: number;
  /** A block that must be built before it can be signed: built off the queue. */
  readonly needsPreparation: boolean;
  /** The second part of a task whose first is done: `allCancelled` leaves it, as it leaves what runs. */
  readonly isBegun?: boolean;
}

/** What happened to a task, as the scheduler is told of it. */
export type SchedulerEvent =
  | { readonly type: "pushed"; readonly task: ScheduledTask }
  | { readonly type: "prepared"; readonly id: TaskId }
  /** The running or preparing task came to its end, whatever that was. */
  | { readonly type: "finished"; readonly id: TaskId }
  | { readonly type: "cancelled"; readonly id: TaskId }
  | { readonly type: "expired"; readonly id: TaskId }
  | { readonly type: "allCancelled" };

/** What the scheduler wants done, in this order. */
export type SchedulerEffect =
  | { readonly type: "prepare"; readonly id: TaskId }
  | { readonly type: "run"; readonly id: TaskId }
  /** Gone without having run. `shed`: a newer vote took its place. */
  | { readonly type: "drop"; readonly id: TaskId; readonly why: "cancelled" | "expired" | "shed" }
  /** Its work is under way and cannot be called back: stop the preparation, or stop waiting for the signer. */
  | { readonly type: "abort"; readonly id: TaskId; readonly why: "cancelled" | "expired" };

/** How much may wait, and how much may run at once. */
export interface SchedulerLimits {
  /** Tasks waiting for one key, preparing ones included, the running one not counted. */
  readonly waitingPerKeyMax: number;
  /** Tasks waiting for all keys, preparing ones included. */
  readonly waitingMax: number;
  /** Lanes that share `waitingMax`; one unless told. */
  readonly laneCount?: () => number;
  /** Tasks running at once per lane; Infinity for local signers. */
  readonly laneMax: (lane: number) => number;
  /** A full lane is filled again when this few run; absent: as soon as one has finished. */
  readonly laneRefillAt?: (lane: number) => number;
}

interface KeyQueue {
  readonly key: KeyId;
  /** Of the task that runs, or that stands in line; a key may change its signer in between. */
  lane: number;
  readonly waiting: ScheduledTask[];
  preparing: number;
  active: ScheduledTask | null;
  /** Stands in its lane's line already. */
  inLine: boolean;
}

interface Lane {
  running: number;
  /** Tasks of its keys that wait or are prepared. */
  waiting: number;
  /** It was full, and is not filled again yet. */
  full: boolean;
  /** Keys that could run, were the lane not full; in the order in which they came. */
  readonly line: KeyQueue[];
}

const LANE_SHARE = 4;

type Known = { readonly task: ScheduledTask; phase: "preparing" | "waiting" | "running" };

/** Why a push is refused. Nothing is kept of a refused task. */
export type SchedulerRefusal = "queueFull" | "tooManyWaiting";

/**
 * Who signs next. No clock, no signer, no disk: the same events give the same effects. It changes itself instead of
 * copying, because a push must cost microseconds with ten thousand keys; nothing outside holds a reference into it.
 * One task per key is active at a time; keys do not wait for each other, except in a full lane.
 */
export class Scheduler {
  readonly #limits: SchedulerLimits;
  readonly #queues = new Map<KeyId, KeyQueue>();
  readonly #lanes = new Map<number, Lane>();
  readonly #known = new Map<TaskId, Known>();
  #waitingCount = 0;

  constructor(limits: SchedulerLimits) {
    this.#limits = limits;
  }

  /** Would this task be taken now? Ask before `step({ type: "pushed" })`. */
  refusal(task: ScheduledTask): SchedulerRefusal | null {
    const queue = this.#queues.get(task.key);
    const isKeyFull = queue !== undefined && this.#isFull(queue);
    if (!isKeyFull && !this.#isCrowded(task.lane)) return null;
    if (queue !== undefined && sheddable(queue.waiting, task) !== null) return null;
    return isKeyFull ? "queueFull" : "tooManyWaiting";
  }

  step(event: SchedulerEvent): readonly SchedulerEffect[] {
    switch (event.type) {
      case "pushed":
        return this.#onPushed(event.task);
      case "prepared":
        return this.#onPrepared(event.id);
      case "finished":
        return this.#onFinished(event.id);
      case "cancelled":
        return this.#onUnwanted(event.id, "cancelled");
      case "expired":
        return this.#onUnwanted(event.id, "expired");
      case "allCancelled":
        return this.#onAllCancelled();
    }
  }

  get queueCount(): number {
    return this.#queues.size;
  }

  get waitingCount(): number {
    return this.#waitingCount;
  }

  get runningCount(): number {
    let running = 0;
    for (const lane of this.#lanes.values()) running += lane.running;
    return running;
  }

  hasQueue(key: KeyId): boolean {
    return this.#queues.has(key);
  }

  #onPushed(task: ScheduledTask): SchedulerEffect[] {
    assert(!this.#known.has(task.id), "a task is pushed once");
    const queue = this.#queueOf(task);
    const victim = this.#isFull(queue) || this.#isCrowded(task.lane) ? sheddable(queue.waiting, task) : null;
    if (victim === null) return this.#accept(queue, task);
    return [this.#drop(queue, victim, "shed"), ...this.#accept(queue, task)];
  }

  #accept(queue: KeyQueue, task: ScheduledTask): SchedulerEffect[] {
    if (task.needsPreparation) {
      this.#count(task, 1);
      queue.preparing += 1;
      this.#known.set(task.id, { task, phase: "preparing" });
      return [{ type: "prepare", id: task.id }];
    }
    const known: Known = { task, phase: "waiting" };
    this.#known.set(task.id, known);
    // Nothing is in its way, as most of the time: standing in line would cost more than all the rest.
    if (this.#isFree(queue, task.lane)) {
      queue.lane = task.lane;
      return [this.#start(queue, known)];
    }
    this.#count(task, 1);
    return this.#enqueue(queue, task);
  }

  #isFree({ active, waiting, inLine }: KeyQueue, lane: number): boolean {
    const { full, line } = this.#laneOf(lane);
    return !full && line.length === 0 && active === null && waiting.length === 0 && !inLine;
  }

  #start(queue: KeyQueue, known: Known): SchedulerEffect {
    const lane = this.#laneOf(queue.lane);
    known.phase = "running";
    queue.active = known.task;
    lane.running += 1;
    lane.full = lane.running >= this.#limits.laneMax(queue.lane);
    return { type: "run", id: known.task.id };
  }

  #onPrepared(id: TaskId): SchedulerEffect[] {
    const known = this.#known.get(id);
    if (known?.phase !== "preparing") return [];
    known.phase = "waiting";
    const queue = this.#queueOf(known.task);
    queue.preparing -= 1;
    return this.#enqueue(queue, known.task);
  }

  #enqueue(queue: KeyQueue, task: ScheduledTask): SchedulerEffect[] {
    insertInOrder(queue.waiting, task);
    this.#standInLine(queue);
    return this.#runFrom(queue.lane);
  }

  #isFull({ waiting, preparing }: KeyQueue): boolean {
    return waiting.length + preparing >= this.#limits.waitingPerKeyMax;
  }

  /**
   * Who shares the room with others may hold four times what is free: one signer that hangs leaves a fifth of it to the
   * rest, two leave a ninth.
   */
  #isCrowded(lane: number): boolean {
    const free = this.#limits.waitingMax - this.#waitingCount;
    if (free <= 0) return true;
    const shares = (this.#limits.laneCount?.() ?? 1) > 1;
    return shares && this.#laneOf(lane).waiting >= LANE_SHARE * free;
  }

  #count(task: ScheduledTask, change: 1 | -1): void {
    this.#waitingCount += change;
    this.#laneOf(task.lane).waiting += change;
  }

  #onFinished(id: TaskId): SchedulerEffect[] {
    const known = this.#known.get(id);
    if (known === undefined) return [];
    this.#known.delete(id);
    if (known.phase === "preparing") {
      this.#count(known.task, -1);
      this.#queueOf(known.task).preparing -= 1;
      return [];
    }
    assert(known.phase === "running", "only a running or preparing task finishes");
    const queue = this.#queueOf(known.task);
    assert(queue.active?.id === id, "the running task is its key's active one");
    const freed = queue.lane;
    queue.active = null;
    this.#laneOf(freed).running -= 1;
    this.#standInLine(queue);
    const effects = this.#runFrom(freed);
    // The key's next task may stand in another signer's line.
    return queue.lane === freed ? effects : [...effects, ...this.#runFrom(queue.lane)];
  }

  #onUnwanted(id: TaskId, why: "cancelled" | "expired"): SchedulerEffect[] {
    const known = this.#known.get(id);
    if (known === undefined) return [];
    if (known.phase !== "waiting") return [{ type: "abort", id, why }];
    return [this.#drop(this.#queueOf(known.task), known.task, why)];
  }

  #onAllCancelled(): SchedulerEffect[] {
    const effects: SchedulerEffect[] = [];
    for (const [id, known] of [...this.#known]) {
      if (known.task.isBegun === true) continue;
      if (known.phase === "waiting") effects.push(this.#drop(this.#queueOf(known.task), known.task, "cancelled"));
      else if (known.phase === "preparing") effects.push({ type: "abort", id, why: "cancelled" });
    }
    return effects;
  }

  #drop(queue: KeyQueue, task: ScheduledTask, why: "cancelled" | "expired" | "shed"): SchedulerEffect {
    queue.waiting.splice(queue.waiting.indexOf(task), 1);
    this.#known.delete(task.id);
    this.#count(task, -1);
    return { type: "drop", id: task.id, why };
  }

  #standInLine(queue: KeyQueue): void {
    const [next] = queue.waiting;
    if (queue.inLine || queue.active !== null || next === undefined) return;
    queue.lane = next.lane;
    queue.inLine = true;
    this.#laneOf(queue.lane).line.push(queue);
  }

  #runFrom(number: number): SchedulerEffect[] {
    const lane = this.#laneOf(number);
    const effects: SchedulerEffect[] = [];
    const laneMax = this.#limits.laneMax(number);
    const refillAt = this.#limits.laneRefillAt?.(number) ?? laneMax - 1;
    if (lane.full && lane.running > refillAt) return effects;
    while (lane.running < laneMax) {
      const queue = lane.line.shift();
      if (queue === undefined) break;
      queue.inLine = false;
      const task = queue.waiting.shift();
      const known = task === undefined ? undefined : this.#known.get(task.id);
      // Everything that waited may have been cancelled meanwhile.
      if (known === undefined) continue;
      this.#count(known.task, -1);
      effects.push(this.#start(queue, known));
    }
    lane.full = lane.running >= laneMax;
    return effects;
  }

  /** Looked up or made in one step without a suspension point, so two can never be made for one key. */
  #queueOf(task: ScheduledTask): KeyQueue {
    let queue = this.#queues.get(task.key);
    if (queue === undefined) {
      queue = { key: task.key, lane: task.lane, waiting: [], preparing: 0, active: null, inLine: false };
      this.#queues.set(task.key, queue);
    }
    return queue;
  }

  #laneOf(number: number): Lane {
    let lane = this.#lanes.get(number);
    if (lane === undefined) {
      lane = { running: 0, waiting: 0, full: false, line: [] };
      this.#lanes.set(number, lane);
    }
    return lane;
  }
}

/** The lowest waiting vote of one scope: of the task's own, below it; for what is no vote, of any. */
function sheddable(waiting: readonly ScheduledTask[], { vote }: ScheduledTask): ScheduledTask | null {
  let scope = vote?.scope;
  let lowestAt = vote?.at;
  let lowest: ScheduledTask | null = null;
  for (const candidate of waiting) {
    if (candidate.vote === null) continue;
    scope ??= candidate.vote.scope;
    if (candidate.vote.scope !== scope) continue;
    if (lowestAt !== undefined && comparePlaces(candidate.vote.at, lowestAt) >= 0) continue;
    lowest = candidate;
    lowestAt = candidate.vote.at;
  }
  return lowest;
}

function comparePlaces(a: readonly [bigint, bigint], b: readonly [bigint, bigint]): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1;
  if (a[1] !== b[1]) return a[1] < b[1] ? -1 : 1;
  return 0;
}

/** Deadline, then kind, then arrival (ids rise). Binary search: a full queue stays cheap. */
function insertInOrder(waiting: ScheduledTask[], task: ScheduledTask): void {
  let low = 0;
  let high = waiting.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = waiting[middle];
    if (other !== undefined && compareTasks(other, task) <= 0) low = middle + 1;
    else high = middle;
  }
  waiting.splice(low, 0, task);
}

function compareTasks(a: ScheduledTask, b: ScheduledTask): number {
  if (a.deadlineAtMs !== b.deadlineAtMs) return a.deadlineAtMs - b.deadlineAtMs;
  return a.kindRank - b.kindRank || a.id - b.id;
}
