import type { MessageStatusEvent } from "@sealwright/api";
import {
  type ImportCursor,
  type KeeperId,
  type MessageHash,
  messageHashFromBytes,
  type SealedBlock,
  sha256,
  type ThreadId,
  threadOf,
  type ThreadsTable,
} from "@sealwright/types";
import { hold } from "./violation.js";

const START: ImportCursor = { height: 0n as ImportCursor["height"], position: 0 };

/** I9 and I11: messages of clients and between threads. */
export class MessageWitness {
  readonly #executed = new Map<MessageHash, string>();
  readonly #codes = new Map<MessageHash, number>();
  /** Told "included" by an honest keeper while at most f keepers were down. */
  readonly #promised = new Map<MessageHash, ThreadId>();
  readonly #expired = new Set<MessageHash>();
  /** By importing and source thread: where the last import ended. */
  readonly #cursors = new Map<string, ImportCursor>();
  /** By the same: where the last message between them stands. */
  readonly #lastSent = new Map<string, ImportCursor>();
  readonly #table: ThreadsTable;

  constructor(table: ThreadsTable) {
    this.#table = table;
  }

  /** A block became final for the first time. */
  noteFinal(block: SealedBlock): void {
    const { threadId, height } = block.header;
    for (const bytes of block.body.externals) {
      const hash = messageHashFromBytes(sha256(bytes));
      const before = this.#executed.get(hash);
      hold(before === undefined, "I9", () => `message ${hash} is in ${threadId}/${height} and in ${before}`);
      hold(!this.#expired.has(hash), "I9", () => `message ${hash} was told expired and is in ${threadId}/${height}`);
      this.#executed.set(hash, `${threadId}/${height}`);
    }
    for (const { messageHash, code } of block.body.receipts) this.#codes.set(messageHash, code);
    for (const { threadId: source, from, to } of block.body.refs) {
      const key = `${threadId}<${source}`;
      const last = this.#cursors.get(key) ?? START;
      const follows = from.height === last.height && from.position === last.position;
      hold(
        follows,
        "I11",
        () => `the import of ${threadId}/${height} from ${source} does not start where the last one ended`,
      );
      this.#cursors.set(key, to);
    }
    this.#noteSent(block);
  }

  #noteSent({ header: { threadId, height }, body }: SealedBlock): void {
    const counts = new Map<ThreadId, number>();
    for (const { destination } of body.outbound) {
      const to = threadOf(this.#table, destination);
      if (to === threadId) continue;
      const position = counts.get(to) ?? 0;
      counts.set(to, position + 1);
      this.#lastSent.set(`${to}<${threadId}`, { height, position });
    }
  }

  /** I11: pairs of threads, such as "b<a", with a message in a final block of a that no final block of b took. */
  onTheWay(): string[] {
    return [...this.#lastSent].flatMap(([pair, last]) => {
      const taken = this.#cursors.get(pair) ?? START;
      const isTaken = taken.height > last.height || (taken.height === last.height && taken.position > last.position);
      return isTaken ? [] : [pair];
    });
  }

  noteStatus(keeper: KeeperId, { messages, state, threadId }: MessageStatusEvent): void {
    for (const hash of messages) {
      if (state.status === "included") this.#promised.set(hash, threadId);
      if (state.status !== "expired") continue;
      hold(
        !this.#executed.has(hash),
        "I9",
        () => `${keeper} told that message ${hash} expired, which is in a final block`,
      );
      this.#expired.add(hash);
    }
  }

  /** Messages of a thread that were told "included". */
  promised(threadId: ThreadId): MessageHash[] {
    return [...this.#promised].filter(([, promisedIn]) => promisedIn === threadId).map(([hash]) => hash);
  }

  /** What came of a message in a final block; undefined when none holds it. */
  codeOf(hash: MessageHash): number | undefined {
    return this.#codes.get(hash);
  }

  isExecuted(hash: MessageHash): boolean {
    return this.#executed.has(hash);
  }

  /** Whether the message has its last word: it is in a final block, or it expired. */
  isDone(hash: MessageHash): boolean {
    return this.#executed.has(hash) || this.#expired.has(hash);
  }
}
