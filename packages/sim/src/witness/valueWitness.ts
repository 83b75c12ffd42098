import { Cell, type CommonMessageInfoInternal, loadMessage } from "@ton/core";
import { decodeTotals, ENTRY_KIND, TvmAccount } from "@sealwright/execution";
import {
  ByteReader,
  decodeStateUpdate,
  type Height,
  type ImportCursor,
  type OutboundMessage,
  readOutboundMessage,
  type SealedBlock,
  type StateChange,
  type ThreadId,
  threadOf,
  type ThreadsTable,
  toHex,
  unwrap,
} from "@sealwright/types";
import { hold } from "./violation.js";

/** What left a thread for another one, by the height of the block that it left in. */
type Lane = Map<Height, readonly bigint[]>;

/**
 * I10 in a network of contracts: all accounts of all threads, what waits in the threads' queues, what is on its way
 * between threads, and all fees add up to what genesis gave. It keeps books of its own, from what final blocks say they
 * changed, and reads every balance from the account itself: the engine's own sums are not believed.
 */
export class ValueWitness {
  /** Messages between threads in final blocks, and those of them that brought back what could not be delivered. */
  readonly seen = { crossed: 0, bounced: 0 };
  readonly #table: ThreadsTable;
  readonly #genesis: bigint;
  /** What each entry of each thread's state holds. */
  readonly #entries = new Map<ThreadId, Map<string, bigint>>();
  readonly #heights = new Map<ThreadId, Height>();
  readonly #lanes = new Map<string, Lane>();
  /** Imports of blocks that are final to the importing thread's keepers, and not known here yet. */
  #early: {
    readonly lane: string;
    readonly source: ThreadId;
    readonly from: ImportCursor;
    readonly to: ImportCursor;
  }[] = [];
  #held = 0n;
  #onTheWay = 0n;

  constructor(table: ThreadsTable, genesis: ReadonlyMap<ThreadId, readonly StateChange[]>) {
    this.#table = table;
    for (const [threadId, entries] of genesis) {
      this.#entries.set(threadId, new Map());
      this.#change(threadId, entries);
    }
    this.#genesis = this.#held;
  }

  /** A block became final for the first time; each thread's come in order. */
  noteFinal({ header: { threadId, height }, body }: SealedBlock): void {
    this.#heights.set(threadId, height);
    this.#change(threadId, unwrap(decodeStateUpdate(body.stateUpdate)));
    this.#send(threadId, height, body.outbound);
    this.#early.push(
      ...body.refs.map(({ threadId: source, from, to }) => ({ lane: `${source}>${threadId}`, source, from, to })),
    );
    this.#early = this.#early.filter((ref) => !this.#receive(ref));
    if (this.#early.length > 0) return;
    const sum = this.#held + this.#onTheWay;
    hold(
      sum === this.#genesis,
      "I10",
      () =>
        `after ${threadId}/${height} all threads hold ${this.#held} and ${this.#onTheWay} is on its way: ${sum} instead of ${this.#genesis}`,
    );
  }

  #change(threadId: ThreadId, changes: readonly StateChange[]): void {
    const entries = this.#entries.get(threadId)!;
    for (const { key, value } of changes) {
      const name = toHex(key);
      const held = value === null ? 0n : valueOfEntry(key, value);
      this.#held += held - (entries.get(name) ?? 0n);
      if (held === 0n) entries.delete(name);
      else entries.set(name, held);
    }
  }

  #send(threadId: ThreadId, height: Height, outbound: readonly OutboundMessage[]): void {
    for (const message of outbound) {
      const { value, isBounced } = readMessage(message);
      const lane = `${threadId}>${threadOf(this.#table, message.destination)}`;
      const leaving = this.#lanes.get(lane) ?? (new Map() as Lane);
      this.#lanes.set(lane, leaving.set(height, [...(leaving.get(height) ?? []), value]));
      this.#onTheWay += value;
      this.seen.crossed += 1;
      this.seen.bounced += isBounced ? 1 : 0;
    }
  }

  #receive({
    lane,
    source,
    from,
    to,
  }: {
    lane: string;
    source: ThreadId;
    from: ImportCursor;
    to: ImportCursor;
  }): boolean {
    if (to.height > (this.#heights.get(source) ?? 0n)) return false;
    const leaving = this.#lanes.get(lane) ?? (new Map() as Lane);
    for (const [height, values] of leaving)
      for (const [position, value] of values.entries())
        if (!isBefore({ height, position }, from) && isBefore({ height, position }, to)) this.#onTheWay -= value;
    for (const height of leaving.keys()) if (height < to.height) leaving.delete(height);
    return true;
  }
}

function isBefore(a: ImportCursor, b: ImportCursor): boolean {
  return a.height === b.height ? a.position < b.position : a.height < b.height;
}

function valueOfEntry(key: Uint8Array, value: Uint8Array): bigint {
  const [kind] = key;
  if (kind === ENTRY_KIND.account) return TvmAccount.decode(value)?.balance ?? 0n;
  if (kind === ENTRY_KIND.queued) return readMessage(readOutboundMessage(new ByteReader(value))).value;
  return kind === ENTRY_KIND.totals ? decodeTotals(value)!.fees : 0n;
}

/** What it brings, with the part of its fee that is due where it arrives. */
function readMessage({ body }: OutboundMessage): { readonly value: bigint; readonly isBounced: boolean } {
  const info = loadMessage(Cell.fromBoc(Buffer.from(body))[0]!.beginParse()).info as CommonMessageInfoInternal;
  return { value: info.value.coins + info.forwardFee + info.ihrFee, isBounced: info.bounced };
}
