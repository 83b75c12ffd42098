import type { UnixMs } from "./ids.js";

/** A pending timer. `cancel` after it fired does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Time, injected everywhere below the node. Elapsed time never comes from the wall clock.
 * Real time is `systemClock` of `@sealwright/node`, the lowest package that may read it; who uses a package below without
 * a node finds ten lines of it in the README here. `ManualClock` of `@sealwright/types/testing` stands still.
 */
export interface Clock {
  /** Wall clock, for what is written into blocks and shown to people. */
  nowMs(): UnixMs;
  /** Monotonic milliseconds from an arbitrary start, with fractions. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`; never keeps a process alive by itself when the implementation is real time. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

/**
 * Randomness, injected everywhere below the node; seeded in simulations so that a failure replays.
 * The real one is `systemRandom` of `@sealwright/node`.
 */
export interface Random {
  /** @returns `count` fresh bytes */
  bytes(count: number): Uint8Array;
}

/** From what only developers read to what somebody has to look at. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** What a line says beside its code. A field with the name of what every line has would stand in its place. */
export type LogFields = Readonly<Record<string, unknown>> & {
  readonly level?: never;
  readonly time?: never;
  readonly code?: never;
};

/** Structured log lines with a stable `code`; nothing that guards safety only logs. */
export interface Logger {
  log(level: LogLevel, code: string, fields?: LogFields): void;
}

/** Says nothing: for tests, and for a program that wants no lines. */
export const silentLogger: Logger = { log: () => undefined };
