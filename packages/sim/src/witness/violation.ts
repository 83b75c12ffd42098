/** The invariants of the protocol, and `live` things that a simulated network owes besides. */
export type InvariantName =
  `I${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14}` | "S2" | "S5" | "nack" | "durable" | "blame";

/** An invariant does not hold: the run ends here. */
export class Violation extends Error {
  override readonly name = "Violation";

  constructor(
    readonly invariant: InvariantName,
    text: string,
    options?: ErrorOptions,
  ) {
    super(`${invariant}: ${text}`, options);
  }
}

export function hold(condition: boolean, invariant: InvariantName, text: () => string): asserts condition {
  if (!condition) throw new Violation(invariant, text());
}
