import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventLog, type LogItem, parseEventCursor } from "./eventLog.js";

const numbersIn = (items: readonly LogItem<number>[]): number[] =>
  items.flatMap((item) => (item.type === "event" ? [item.event] : []));

/** Everything that a subscriber gets until the log closes. */
async function readAll(items: AsyncIterable<LogItem<number>>): Promise<LogItem<number>[]> {
  const read: LogItem<number>[] = [];
  for await (const item of items) read.push(item);
  return read;
}

const openLog = (capacityMax = 8): EventLog<number> => new EventLog<number>({ capacityMax, runId: 7 });

describe("EventLog", () => {
  it("gives a subscriber what is appended after the subscription, in order, and nothing older", async () => {
    const log = openLog();
    log.append(1);
    const items = log.subscribe();
    log.append(2);
    log.append(3);
    log.close();
    expect(numbersIn(await readAll(items))).toEqual([2, 3]);
  });

  it("wakes a subscriber that waits", async () => {
    const log = openLog();
    const reading = readAll(log.subscribe());
    await Promise.resolve();
    log.append(1);
    log.close();
    expect(numbersIn(await reading)).toEqual([1]);
  });

  it("resumes after a cursor without loss or repetition", async () => {
    const log = openLog();
    log.append(1);
    const seen = log.append(2);
    log.append(3);
    log.close();
    expect(await readAll(log.subscribe({ after: seen }))).toEqual([{ type: "event", cursor: "7.3", event: 3 }]);
  });

  it("says how many events fell out of the ring, once, and goes on with the oldest that is left", async () => {
    const log = openLog(3);
    const items = log.subscribe();
    for (let i = 1; i <= 10; i++) log.append(i);
    log.close();
    const read = await readAll(items);
    expect(read[0]).toEqual({ type: "gap", cursor: "7.7", reason: "tooOld", missed: 7 });
    expect(numbersIn(read)).toEqual([8, 9, 10]);
  });

  it("resumes behind a gap from the gap's own cursor", async () => {
    const log = openLog(3);
    for (let i = 1; i <= 10; i++) log.append(i);
    log.close();
    const [gap] = await readAll(log.subscribe({ after: "7.0" }));
    const resumed = await readAll(log.subscribe({ after: gap?.cursor ?? "" }));
    expect(resumed.map((item) => item.type)).toEqual(["event", "event", "event"]);
  });

  it.each(["6.2", "nonsense", "7.99", "", "7.-1"])(
    "tells a gap of unknown size for the foreign cursor %j",
    async (after) => {
      const log = openLog();
      log.append(1);
      log.append(2);
      log.close();
      const read = await readAll(log.subscribe({ after }));
      expect(read[0]).toMatchObject({ type: "gap", reason: "otherRun", missed: null });
      expect(numbersIn(read)).toEqual([1, 2]);
    },
  );

  it("ends when the signal aborts, also while waiting", async () => {
    const log = openLog();
    const controller = new AbortController();
    const reading = readAll(log.subscribe({ signal: controller.signal }));
    log.append(1);
    await Promise.resolve();
    controller.abort();
    expect(numbersIn(await reading).length).toBeLessThanOrEqual(1);
  });

  it("lets no slow subscriber delay another", async () => {
    const log = openLog(4);
    const slow = log.subscribe()[Symbol.asyncIterator]();
    log.append(0);
    await slow.next();
    const fast = log.subscribe()[Symbol.asyncIterator]();
    for (let i = 1; i <= 100; i++) {
      log.append(i);
      expect(await fast.next()).toMatchObject({ value: { type: "event", event: i } });
    }
    expect(await slow.next()).toMatchObject({ value: { type: "gap", reason: "tooOld", missed: 96 } });
    expect(await slow.next()).toMatchObject({ value: { type: "event", event: 97 } });
  });

  it("forgets the oldest while the events together are too heavy, but never the newest", async () => {
    const log = new EventLog<number>({ capacityMax: 100, runId: 7, weight: { of: (event) => event, max: 10 } });
    for (const event of [4, 4, 4, 50]) log.append(event);
    expect(numbersIn(await firstOf(log, 2))).toEqual([50]);
    log.append(3);
    log.append(7);
    log.close();
    expect(numbersIn(await readAll(log.subscribe({ after: "7.0" })))).toEqual([3, 7]);
  });

  it("calls a tap inside append until it is removed", () => {
    const log = openLog();
    const seen: number[] = [];
    const untap = log.tap((event) => seen.push(event));
    log.append(1);
    untap();
    log.append(2);
    expect(seen).toEqual([1]);
  });

  it("keeps events and gaps in balance: what is given and what is missed are all that was appended", async () => {
    const action = fc.oneof(fc.constant("append" as const), fc.constant("read" as const));
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 200 }),
        fc.integer({ min: 1, max: 10 }),
        async (actions, capacity) => {
          const log = openLog(capacity);
          const reader = log.subscribe()[Symbol.asyncIterator]();
          let appended = 0;
          let accounted = 0;
          const take = async (): Promise<void> => {
            const { value } = (await reader.next()) as { value: LogItem<number> };
            if (value.type === "gap") accounted += value.missed ?? NaN;
            else expect(value.event).toBe(++accounted);
          };
          for (const one of actions) {
            if (one === "append") log.append(++appended);
            else if (accounted < appended) await take();
          }
          while (accounted < appended) await take();
          expect(accounted).toBe(appended);
        },
      ),
      { numRuns: 200 },
    );
  });
});

async function firstOf(log: EventLog<number>, count: number): Promise<LogItem<number>[]> {
  const items: LogItem<number>[] = [];
  for await (const item of log.subscribe({ after: "7.0" })) {
    items.push(item);
    if (items.length === count) break;
  }
  return items;
}

describe("parseEventCursor", () => {
  it("reads what event logs write and refuses everything else", () => {
    expect(parseEventCursor("1700000000000.42")).toEqual({ runId: 1_700_000_000_000, number: 42 });
    for (const text of ["", ".", "1", "1.", "a.1", "1.1.1", "1.1 ", `1.${"9".repeat(16)}`]) {
      expect(parseEventCursor(text)).toBeNull();
    }
  });
});
