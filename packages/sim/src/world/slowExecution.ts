import type { ThreadExecution } from "@sealwright/execution";

const SLOW_CALLS: ReadonlySet<PropertyKey> = new Set<keyof ThreadExecution>([
  "build",
  "verify",
  "applyUpdate",
  "admit",
]);

/** The same execution, whose answers come when the simulated machine would have them. */
export function slowExecution(execution: ThreadExecution, later: <T>(answer: T) => Promise<T> | T): ThreadExecution {
  return new Proxy(execution, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      const call = member.bind(target) as (...args: unknown[]) => unknown;
      if (!SLOW_CALLS.has(name)) return call;
      return async (...args: unknown[]) => later(await call(...args));
    },
  });
}
