import {
  decodeStateUpdate,
  type Height,
  type StateChange,
  type ThreadId,
  type ThreadsTable,
  unwrap,
} from "@sealwright/types";
import type { AuditCheck } from "./auditCheck.js";
import type { AuditedBlock } from "./auditedBlock.js";
import { Crossings, type Underway } from "./crossings.js";
import { ValueBooks } from "./valueBooks.js";

/**
 * The books of a network of contracts, kept a second time from its final blocks: all accounts of all threads, what waits
 * in queues, what is on its way between threads, and all fees add up to what genesis gave (I10), and every thread
 * imports exactly what others sent it, in order (I11). What blocks say that they changed is read; what the engine says of
 * its sums is not believed. Memory grows with accounts and with what is on its way, not with blocks.
 */
export class ChainAudit {
  readonly #books = new ValueBooks();
  readonly #crossings: Crossings;
  readonly #check: AuditCheck;
  /** As of the last check, so that each difference is told once. */
  #expected: bigint;
  readonly #gaps = new Map<ThreadId, bigint>();

  /** @param genesis each thread's whole state at height 0 */
  constructor(table: ThreadsTable, genesis: ReadonlyMap<ThreadId, readonly StateChange[]>, check: AuditCheck) {
    this.#crossings = new Crossings(table, check);
    this.#check = check;
    for (const [threadId, entries] of genesis) this.#books.change(threadId, entries);
    this.#expected = this.#books.held;
  }

  /** Messages between threads in final blocks, and those of them that brought back what could not be delivered. */
  get seen(): { readonly crossed: number; readonly bounced: number } {
    return this.#crossings.seen;
  }

  /** What left a thread, and the other one did not take so far. */
  get underway(): readonly Underway[] {
    return this.#crossings.underway;
  }

  /** Whether every import so far was of blocks that are known. */
  get isSettled(): boolean {
    return this.#crossings.isSettled;
  }

  /** A block became final; each thread's come in order, and those of different threads in any. */
  noteFinal(block: AuditedBlock): void {
    const { threadId, height } = block.header;
    this.#books.change(threadId, unwrap(decodeStateUpdate(block.body.stateUpdate)));
    this.#crossings.noteFinal(block);
    this.#compare(threadId, height);
  }

  /** A final block that left its thread's state as it was. */
  noteUnchanged(threadId: ThreadId, height: Height): void {
    this.#crossings.noteHeight(threadId, height);
    this.#compare(threadId, height);
  }

  /** All final blocks are known: whatever a block imported must have been in one of them. */
  close(): void {
    for (const { threadId, height } of this.#crossings.unknown)
      this.#check("I11", false, () => `${threadId}/${height} imported from a block that is not final`);
  }

  #compare(threadId: ThreadId, height: Height): void {
    const where = `${threadId}/${height}`;
    const { held: accounts, told } = this.#books.accountsOf(threadId);
    this.#check(
      "I10",
      accounts - told === (this.#gaps.get(threadId) ?? 0n),
      () => `after ${where} the thread's accounts hold ${accounts}, by its totals ${told}`,
    );
    this.#gaps.set(threadId, accounts - told);
    // What came from a block that is not known yet is in two places.
    if (!this.#crossings.isSettled) return;
    const { held } = this.#books;
    const onTheWay = this.#crossings.value;
    const [sum, expected] = [held + onTheWay, this.#expected];
    this.#expected = sum;
    this.#check(
      "I10",
      sum === expected,
      () => `after ${where} all threads hold ${held} and ${onTheWay} is on its way: ${sum} instead of ${expected}`,
    );
  }
}
