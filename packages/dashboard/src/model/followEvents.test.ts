import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { followEvents } from "./followEvents.js";

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

/** As a browser has it: after a refusal it is closed for good, after a broken connection it connects again by itself. */
class StubStream {
  readyState = CONNECTING;
  readonly #listeners = new Map<string, (message: { readonly data: string }) => void>();

  addEventListener(type: string, listener: (message: { readonly data: string }) => void): void {
    this.#listeners.set(type, listener);
  }

  say(type: string, readyState: number): void {
    this.readyState = readyState;
    this.#listeners.get(type)?.({ data: "{}" });
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Streams that were opened, and what was told. */
function follow(): { readonly opened: readonly StubStream[]; readonly told: readonly string[] } {
  const opened: StubStream[] = [];
  const told: string[] = [];
  const open = (): StubStream => {
    const stream = new StubStream();
    opened.push(stream);
    return stream;
  };
  followEvents(open, {
    event: () => told.push("event"),
    gap: () => told.push("gap"),
    link: (state) => told.push(state),
  });
  return { opened, told };
}

describe("followEvents", () => {
  it("leaves a broken connection to the browser, which connects again by itself", () => {
    const { opened, told } = follow();
    opened[0]!.say("open", OPEN);
    opened[0]!.say("error", CONNECTING);
    vi.advanceTimersByTime(60_000);
    opened[0]!.say("open", OPEN);
    expect(told).toEqual(["live", "lost", "live"]);
    expect(opened).toHaveLength(1);
  });

  it("asks again after a pause when the node refused it, and reads anew what was missed meanwhile", () => {
    const { opened, told } = follow();
    opened[0]!.say("error", CLOSED);
    expect(opened).toHaveLength(1);
    vi.advanceTimersByTime(60_000);
    expect(opened).toHaveLength(2);
    opened[1]!.say("error", CLOSED);
    vi.advanceTimersByTime(60_000);
    expect(opened).toHaveLength(3);
    opened[2]!.say("open", OPEN);
    vi.advanceTimersByTime(60_000);
    expect(opened).toHaveLength(3);
    expect(told).toEqual(["lost", "lost", "gap", "live"]);
  });
});
