import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { breakFlags } from "../mutations/breakFlags.js";

/** A process that answers one order after the other. */
export interface ForkedWorker {
  /** Rejects when the process dies before it answers; its last words are on standard error. */
  ask<Order, Answer>(order: Order): Promise<Answer>;
  /** Lets the process end, and waits for that. */
  end(): Promise<void>;
}

/** Short-lived objects are most of what a simulation makes: a larger nursery halves the work of the collector. */
const NODE_FLAGS = ["--max-semi-space-size=64"];

/**
 * @param entry the worker's compiled module; from src/ (test runners) the one in dist/ is taken, for a process cannot run
 *   TypeScript
 * @param breakRule a rule that is broken in that process, or null
 */
export function forkWorker(entry: URL, breakRule: string | null): ForkedWorker {
  const { execArgv, env } = breakFlags(breakRule);
  const child = fork(fileURLToPath(entry.href.replace("/src/", "/dist/")), {
    execArgv: [...NODE_FLAGS, ...execArgv],
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    serialization: "advanced",
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `code ${code}`));
  });
  return {
    ask: <Order, Answer>(order: Order) =>
      new Promise<Answer>((resolve, reject) => {
        child.once("message", (answer) => resolve(answer as Answer));
        void ended.then((how) => reject(new Error(`a worker of the simulator ended with ${how}`)));
        child.send(order as object);
      }),
    end: async () => {
      child.disconnect();
      await ended;
    },
  };
}
