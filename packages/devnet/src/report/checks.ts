const VIOLATIONS_MAX = 100;

/** What was checked against the invariants of the protocol, and what did not hold. */
export class Checks {
  readonly #counts = new Map<string, number>();
  readonly #violations: string[] = [];
  #left = 0;

  /** One check of a rule, such as I3. */
  check(rule: string, holds: boolean, describe: () => string): void {
    this.#counts.set(rule, (this.#counts.get(rule) ?? 0) + 1);
    if (holds) return;
    if (this.#violations.length < VIOLATIONS_MAX) this.#violations.push(`${rule}: ${describe()}`);
    else this.#left++;
  }

  get checked(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  get perRule(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => a.localeCompare(b)));
  }

  get violations(): readonly string[] {
    return this.#left === 0 ? this.#violations : [...this.#violations, `and ${this.#left} more`];
  }
}
