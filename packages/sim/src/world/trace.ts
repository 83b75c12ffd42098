import { createHash } from "node:crypto";

/** How many of the last events a failure tells. */
const STORY_LINES = 60;
const LINES_PER_UPDATE = 512;

/**
 * Everything observable of a run, in order: its digest says whether two runs were the same, its end tells how a failure
 * came about.
 */
export class Trace {
  readonly #hash = createHash("sha256");
  readonly #recent: string[] = [];
  readonly #print: ((line: string) => void) | null;
  #pending: string[] = [];
  #count = 0;

  constructor(options: { readonly print: ((line: string) => void) | null }) {
    this.#print = options.print;
  }

  get count(): number {
    return this.#count;
  }

  add(atMs: number, who: string, what: string): void {
    const line = `${atMs} ${who} ${what}`;
    this.#count += 1;
    this.#recent.push(line);
    if (this.#recent.length >= 2 * STORY_LINES) this.#recent.splice(0, STORY_LINES);
    this.#pending.push(line);
    if (this.#pending.length >= LINES_PER_UPDATE) this.#flush();
    this.#print?.(line);
  }

  /** Ends the trace. @returns SHA-256 over all its lines, as hex */
  digest(): string {
    this.#flush();
    return this.#hash.digest("hex");
  }

  story(): string[] {
    return this.#recent.slice(-STORY_LINES);
  }

  #flush(): void {
    if (this.#pending.length > 0) this.#hash.update(`${this.#pending.join("\n")}\n`);
    this.#pending = [];
  }
}
