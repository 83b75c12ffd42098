import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testKey } from "../testing/requests.js";
import { type ScheduledTask, Scheduler, type SchedulerEffect, type SchedulerLimits } from "./scheduler.js";

const KEYS = [0, 1, 2, 3, 4].map(testKey);

function task(id: number, more: Partial<ScheduledTask> = {}): ScheduledTask {
  return {
    id,
    key: testKey(0),
    deadlineAtMs: Infinity,
    kindRank: 2,
    vote: null,
    lane: 0,
    needsPreparation: false,
    ...more,
  };
}

function vote(term: bigint, height: bigint, scope = "a thread"): ScheduledTask["vote"] {
  return { scope, at: [term, height] };
}

function scheduler(limits: Partial<SchedulerLimits> = {}): Scheduler {
  return new Scheduler({ waitingPerKeyMax: 8, waitingMax: 100, laneMax: () => Infinity, ...limits });
}

function push(queue: Scheduler, one: ScheduledTask): readonly SchedulerEffect[] {
  expect(queue.refusal(one)).toBeNull();
  return queue.step({ type: "pushed", task: one });
}

describe("Scheduler", () => {
  it("[T1] [T3] makes one queue for a key, however often it is asked", () => {
    const queue = scheduler({ waitingPerKeyMax: 100 });
    for (let id = 1; id <= 100; id++) push(queue, task(id));
    expect([queue.queueCount, queue.runningCount, queue.waitingCount]).toEqual([1, 1, 99]);
  });

  it("[T2] [T4] makes one queue per key", () => {
    const queue = scheduler({ waitingPerKeyMax: 200, waitingMax: 200 });
    for (let id = 1; id <= 200; id++) push(queue, task(id, { key: testKey((id * 7919) % 5) }));
    expect(queue.queueCount).toBe(5);
    expect(KEYS.every((key) => queue.hasQueue(key))).toBe(true);
    expect(queue.hasQueue(testKey(9))).toBe(false);
  });

  it("[F4] starts the next task of a key when the one before has finished", () => {
    const queue = scheduler();
    expect(push(queue, task(1))).toEqual([{ type: "run", id: 1 }]);
    expect(push(queue, task(2))).toEqual([]);
    expect(queue.step({ type: "finished", id: 1 })).toEqual([{ type: "run", id: 2 }]);
  });

  it("[F5] fills a full lane again in one go, once few enough run, and never leaves it idle", () => {
    const queue = scheduler({ laneMax: () => 4, laneRefillAt: () => 2 });
    const started: number[] = [];
    const step = (effects: readonly SchedulerEffect[]): number => started.push(...effects.map(({ id }) => id));
    for (let id = 1; id <= 9; id++) step(push(queue, task(id, { key: testKey(id) })));
    expect(started).toEqual([1, 2, 3, 4]);
    step(queue.step({ type: "finished", id: 1 }));
    expect(started).toHaveLength(4);
    step(queue.step({ type: "finished", id: 2 }));
    expect(started).toEqual([1, 2, 3, 4, 5, 6]);
    for (const id of [3, 4, 5, 6, 7, 8, 9]) step(queue.step({ type: "finished", id }));
    expect(started).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([queue.runningCount, queue.waitingCount]).toEqual([0, 0]);
  });

  it("orders a key's tasks by deadline, then kind, then arrival", () => {
    const queue = scheduler();
    push(queue, task(1));
    push(queue, task(2, { deadlineAtMs: 50 }));
    push(queue, task(3, { kindRank: 0 }));
    push(queue, task(4, { deadlineAtMs: 10 }));
    push(queue, task(5, { deadlineAtMs: 10, kindRank: 0 }));
    push(queue, task(6, { kindRank: 0 }));
    const order: number[] = [];
    for (let current = 1; ;) {
      const [effect] = queue.step({ type: "finished", id: current });
      if (effect === undefined) break;
      order.push((current = effect.id));
    }
    expect(order).toEqual([5, 4, 2, 3, 6]);
  });

  it("lets a full lane hold back only its own keys", () => {
    const queue = scheduler({ laneMax: (lane) => (lane === 1 ? 1 : Infinity) });
    expect(push(queue, task(1, { key: testKey(1), lane: 1 }))).toHaveLength(1);
    expect(push(queue, task(2, { key: testKey(2), lane: 1 }))).toHaveLength(0);
    expect(push(queue, task(3, { key: testKey(3), lane: 0 }))).toHaveLength(1);
    expect(queue.step({ type: "finished", id: 1 })).toEqual([{ type: "run", id: 2 }]);
  });

  it("follows a key whose signer has changed to the other lane", () => {
    const queue = scheduler({ laneMax: () => 1 });
    push(queue, task(1, { lane: 0 }));
    push(queue, task(2, { lane: 1 }));
    push(queue, task(3, { key: testKey(3), lane: 0 }));
    expect(queue.step({ type: "finished", id: 1 })).toEqual([
      { type: "run", id: 3 },
      { type: "run", id: 2 },
    ]);
    expect(queue.step({ type: "finished", id: 2 })).toEqual([]);
    expect(push(queue, task(4, { key: testKey(4), lane: 1 }))).toEqual([{ type: "run", id: 4 }]);
  });

  it("sheds the lowest waiting vote for a higher one, and never for a lower one", () => {
    const queue = scheduler({ waitingPerKeyMax: 2 });
    push(queue, task(1));
    push(queue, task(2, { vote: vote(1n, 5n) }));
    push(queue, task(3, { vote: vote(1n, 3n) }));
    expect(queue.refusal(task(4, { vote: vote(1n, 3n) }))).toBe("queueFull");
    expect(push(queue, task(5, { vote: vote(1n, 4n) }))).toEqual([{ type: "drop", id: 3, why: "shed" }]);
    expect(push(queue, task(6, { kindRank: 0 }))).toEqual([{ type: "drop", id: 5, why: "shed" }]);
  });

  it("sheds no vote of another thread or chain: its places say nothing about this one's", () => {
    const queue = scheduler({ waitingPerKeyMax: 2 });
    push(queue, task(1));
    push(queue, task(2, { vote: vote(1n, 3n, "b") }));
    push(queue, task(3, { vote: vote(5n, 100n, "a") }));
    expect(push(queue, task(4, { vote: vote(5n, 101n, "a") }))).toEqual([{ type: "drop", id: 3, why: "shed" }]);
    expect(queue.refusal(task(5, { vote: vote(5n, 1n, "c") }))).toBe("queueFull");
  });

  it("takes a newer vote of a key in place of its older one, however much waits altogether", () => {
    const queue = scheduler({ waitingMax: 1 });
    push(queue, task(1));
    push(queue, task(2, { vote: vote(1n, 3n) }));
    expect(queue.refusal(task(3, { key: testKey(3), vote: vote(1n, 4n) }))).toBe("tooManyWaiting");
    expect(push(queue, task(4, { vote: vote(1n, 4n) }))).toEqual([{ type: "drop", id: 2, why: "shed" }]);
    expect(queue.waitingCount).toBe(1);
  });

  it("[I11] leaves room for the keys of other signers, however many wait for one that hangs", () => {
    const queue = scheduler({ waitingMax: 100, laneCount: () => 3, laneMax: () => 1 });
    let id = 0;
    const fill = (lane: number): number => {
      for (let taken = 0; ; taken++) {
        const one = task(++id, { key: testKey(id), lane });
        if (queue.refusal(one) !== null) return taken;
        queue.step({ type: "pushed", task: one });
      }
    };
    expect([fill(0), fill(1)]).toEqual([81, 17]);
    expect(fill(2)).toBeGreaterThan(0);
  });

  it("counts blocks that are prepared among what waits for their key", () => {
    const queue = scheduler({ waitingPerKeyMax: 2 });
    for (const id of [1, 2]) push(queue, task(id, { needsPreparation: true }));
    expect(queue.refusal(task(3, { needsPreparation: true }))).toBe("queueFull");
    expect(queue.refusal(task(4, { key: testKey(1) }))).toBeNull();
    queue.step({ type: "prepared", id: 1 });
    expect(queue.refusal(task(5))).toBeNull();
  });

  it("refuses when too much waits altogether", () => {
    const queue = scheduler({ waitingMax: 1 });
    push(queue, task(1));
    push(queue, task(2, { needsPreparation: true }));
    expect(queue.refusal(task(3, { key: testKey(3) }))).toBe("tooManyWaiting");
  });

  it("[F6] keeps a key's queue free while its block is prepared", () => {
    const queue = scheduler();
    expect(push(queue, task(1, { needsPreparation: true }))).toEqual([{ type: "prepare", id: 1 }]);
    expect(push(queue, task(2))).toEqual([{ type: "run", id: 2 }]);
    expect(queue.step({ type: "prepared", id: 1 })).toEqual([]);
    expect(queue.step({ type: "finished", id: 2 })).toEqual([{ type: "run", id: 1 }]);
  });

  it("cancels what waits and what is prepared, and leaves what runs", () => {
    const queue = scheduler();
    push(queue, task(1));
    push(queue, task(2));
    push(queue, task(3, { needsPreparation: true }));
    expect(queue.step({ type: "allCancelled" })).toEqual([
      { type: "drop", id: 2, why: "cancelled" },
      { type: "abort", id: 3, why: "cancelled" },
    ]);
    expect(queue.step({ type: "finished", id: 3 })).toEqual([]);
    expect([queue.waitingCount, queue.runningCount]).toEqual([0, 1]);
  });
});

/** What a random run does next; numbers choose among the tasks that the action fits. */
const action = fc.oneof(
  fc.record({
    type: fc.constant("push" as const),
    key: fc.nat(3),
    deadline: fc.option(fc.nat(5)),
    level: fc.option(fc.nat(6)),
    prepare: fc.boolean(),
    lane: fc.nat(1),
  }),
  fc.record({
    type: fc.constantFrom("finish" as const, "prepared" as const, "cancel" as const, "expire" as const),
    pick: fc.nat(),
  }),
  fc.constant({ type: "cancelAll" as const }),
);

describe("any run of the Scheduler", () => {
  it("[I1] [I4] has one active task per key, and ends every accepted task exactly once", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), fc.integer({ min: 1, max: 3 }), (actions, laneMax) => {
        const queue = scheduler({ waitingPerKeyMax: 4, waitingMax: 12, laneMax: () => laneMax, laneCount: () => 2 });
        const state = new Map<number, "preparing" | "waiting" | "running" | "ended">();
        const keyOf = new Map<number, string>();
        const perform = (effects: readonly SchedulerEffect[]): void => {
          for (const effect of effects) {
            const now = state.get(effect.id);
            expect(now).not.toBe("ended");
            if (effect.type === "run") {
              expect(now).toBe("waiting");
              const sameKey = [...state].filter(
                ([id, phase]) => phase === "running" && keyOf.get(id) === keyOf.get(effect.id),
              );
              expect(sameKey).toHaveLength(0);
              state.set(effect.id, "running");
            } else if (effect.type === "drop") {
              expect(now).toBe("waiting");
              state.set(effect.id, "ended");
            } else if (effect.type === "prepare") state.set(effect.id, "preparing");
          }
          expect([...state.values()].filter((phase) => phase === "running").length).toBeLessThanOrEqual(2 * laneMax);
        };
        let id = 0;
        for (const step of actions) {
          if (step.type === "push") {
            const one = task(++id, {
              key: testKey(step.key),
              deadlineAtMs: step.deadline ?? Infinity,
              vote: step.level === null ? null : vote(0n, BigInt(step.level), `thread ${step.level % 2}`),
              needsPreparation: step.prepare,
              lane: step.lane,
            });
            if (queue.refusal(one) !== null) continue;
            state.set(id, "waiting");
            keyOf.set(id, one.key);
            perform(queue.step({ type: "pushed", task: one }));
          } else if (step.type === "cancelAll") perform(queue.step({ type: "allCancelled" }));
          else {
            const wanted =
              step.type === "finish"
                ? ["running", "preparing"]
                : step.type === "prepared"
                  ? ["preparing"]
                  : ["preparing", "waiting", "running"];
            const fitting = [...state].filter(([, phase]) => wanted.includes(phase)).map(([found]) => found);
            const chosen = fitting[step.pick % Math.max(1, fitting.length)];
            if (chosen === undefined) continue;
            if (step.type === "finish") state.set(chosen, "ended");
            if (step.type === "prepared") state.set(chosen, "waiting");
            const type = (
              { finish: "finished", prepared: "prepared", cancel: "cancelled", expire: "expired" } as const
            )[step.type];
            perform(queue.step({ type, id: chosen }));
          }
        }
        // Whatever is left comes to its end when all that is under way does.
        for (
          let left = [...state].filter(([, phase]) => phase !== "ended");
          left.length > 0;
          left = [...state].filter(([, phase]) => phase !== "ended")
        ) {
          const next = left.find(([, phase]) => phase === "running" || phase === "preparing");
          expect(next).toBeDefined();
          if (next === undefined) break;
          state.set(next[0], "ended");
          perform(queue.step({ type: "finished", id: next[0] }));
        }
        expect([queue.waitingCount, queue.runningCount]).toEqual([0, 0]);
        // Nothing is left of what was counted by key and by lane.
        for (const lane of [0, 1]) expect(queue.refusal(task(id + 1, { lane, needsPreparation: true }))).toBeNull();
      }),
    );
  });
});
