import {
  encodeOutboundMessage,
  type Height,
  type ImportCursor,
  sha256Hex,
  type ThreadId,
  threadOf,
  type ThreadsTable,
} from "@sealwright/types";
import type { AuditCheck } from "./auditCheck.js";
import type { AuditedBlock } from "./auditedBlock.js";
import { Lane } from "./lane.js";
import { sentValueOf } from "./sentValue.js";

/** A final block's imports, until all blocks that they are from are known. */
interface Arrival {
  readonly threadId: ThreadId;
  readonly height: Height;
  readonly refs: AuditedBlock["body"]["refs"];
  /** Hashes of the messages of accounts that the block executed: those of its queue, then the imported ones. */
  readonly executed: readonly string[];
}

/** A message that left its thread, and that the other one did not take. */
export interface Underway {
  readonly from: ThreadId;
  readonly to: ThreadId;
  readonly at: ImportCursor;
  readonly hash: string;
}

/**
 * I11: what every thread imports from another one is what that one sent, in its order, each message once. Holds only
 * what is on its way.
 */
export class Crossings {
  /** Nanotons that left threads and arrived nowhere so far. */
  value = 0n;
  /** So far, and how many of them brought back what could not be delivered. */
  readonly seen = { crossed: 0, bounced: 0 };
  readonly #table: ThreadsTable;
  readonly #check: AuditCheck;
  readonly #heights = new Map<ThreadId, Height>();
  /** By source and destination. */
  readonly #lanes = new Map<ThreadId, Map<ThreadId, Lane>>();
  /** By importing thread, in order. */
  readonly #early = new Map<ThreadId, Arrival[]>();

  constructor(table: ThreadsTable, check: AuditCheck) {
    this.#table = table;
    this.#check = check;
  }

  /** Whether every import so far was of blocks that are known. */
  get isSettled(): boolean {
    return [...this.#early.values()].every((arrivals) => arrivals.length === 0);
  }

  /** In order of the lanes, and of each the oldest first. */
  get underway(): readonly Underway[] {
    return [...this.#lanes].flatMap(([from, lanes]) =>
      [...lanes].flatMap(([to, lane]) => lane.waiting.map(({ at, hash }) => ({ from, to, at, hash }))),
    );
  }

  /** Imports of blocks that nobody told of. */
  get unknown(): readonly { readonly threadId: ThreadId; readonly height: Height }[] {
    return [...this.#early.values()].flat();
  }

  noteFinal({ header: { threadId, height }, body }: AuditedBlock): void {
    const counts = new Map<ThreadId, number>();
    for (const message of body.outbound) {
      const to = threadOf(this.#table, message.destination);
      const position = counts.get(to) ?? 0;
      counts.set(to, position + 1);
      const { value, isBounced } = sentValueOf(message.body);
      this.#lane(threadId, to).send({ at: { height, position }, hash: hashOf(message), value });
      this.value += value;
      this.seen.crossed += 1;
      this.seen.bounced += isBounced ? 1 : 0;
    }
    if (body.refs.length > 0) {
      const executed = body.receipts.slice(0, body.receipts.length - body.externals.length);
      const arrival = { threadId, height, refs: body.refs, executed: executed.map(({ messageHash }) => messageHash) };
      this.#early.set(threadId, [...(this.#early.get(threadId) ?? []), arrival]);
    }
    this.noteHeight(threadId, height);
  }

  /** A final block in which nothing happened. */
  noteHeight(threadId: ThreadId, height: Height): void {
    this.#heights.set(threadId, height);
    for (const arrivals of this.#early.values()) while (this.#isKnown(arrivals[0])) this.#arrive(arrivals.shift()!);
  }

  #isKnown(arrival: Arrival | undefined): boolean {
    return arrival?.refs.every(({ threadId, to }) => to.height <= (this.#heights.get(threadId) ?? 0n)) ?? false;
  }

  #arrive({ threadId, height, refs, executed }: Arrival): void {
    const where = `${threadId}/${height}`;
    const sent: string[] = [];
    for (const { threadId: source, from, to } of refs) {
      const { messages, flaw } = this.#lane(source, threadId).take(from, to);
      this.#check("I11", flaw === null, () => `the import of ${where} from ${source} ${flaw}`);
      for (const { hash, value } of messages) {
        sent.push(hash);
        this.value -= value;
      }
    }
    const imported = executed.slice(Math.max(0, executed.length - sent.length));
    const wrong = sent.findIndex((hash, i) => imported[i] !== hash);
    this.#check(
      "I11",
      wrong < 0,
      () => `${where} executed ${imported[wrong] ?? "nothing"} as import ${wrong}, and ${sent[wrong]} was sent`,
    );
  }

  #lane(from: ThreadId, to: ThreadId): Lane {
    const lanes = this.#lanes.get(from) ?? new Map<ThreadId, Lane>();
    const lane = lanes.get(to) ?? new Lane();
    this.#lanes.set(from, lanes.set(to, lane));
    return lane;
  }
}

function hashOf(message: Parameters<typeof encodeOutboundMessage>[0]): string {
  return sha256Hex(encodeOutboundMessage(message));
}
