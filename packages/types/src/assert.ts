import { describeValue } from "./describeValue.js";

/** Thrown when our own code is wrong. Nothing catches it to carry on. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** States what must hold by construction. A failure is our bug, never a peer's. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Closes an exhaustive switch: a new variant fails to compile here. */
export function assertNever(value: never): never {
  throw new AssertionError(`unhandled variant: ${describeValue(value)}`);
}
