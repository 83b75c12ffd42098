import { ByteReader, readOutboundMessage, type StateChange, type ThreadId, toHex } from "@sealwright/types";
import { ENTRY_KIND } from "../state/entryKeys.js";
import { decodeTotals } from "../state/totals.js";
import { TvmAccount } from "../tvm/tvmAccount.js";
import { sentValueOf } from "./sentValue.js";

interface ThreadBook {
  /** What each entry of the state holds, without those that hold nothing. */
  readonly entries: Map<string, bigint>;
  /** All accounts. */
  accounts: bigint;
  /** What the thread's own totals say of them. */
  told: bigint;
}

/**
 * What all threads of a network of contracts hold: their accounts, what waits in their queues, and the fees. Every
 * balance is read from the account itself; the engine's own sum is only compared.
 */
export class ValueBooks {
  /** Of all threads, nanotons. */
  held = 0n;
  readonly #threads = new Map<ThreadId, ThreadBook>();

  /** A state's entries, or what a block changed of them. */
  change(threadId: ThreadId, changes: readonly StateChange[]): void {
    const book = this.#bookOf(threadId);
    for (const { key, value } of changes) {
      const [kind] = key;
      const name = toHex(key);
      const is = value === null ? 0n : valueOfEntry(kind, value);
      const more = is - (book.entries.get(name) ?? 0n);
      this.held += more;
      if (kind === ENTRY_KIND.account) book.accounts += more;
      if (kind === ENTRY_KIND.totals && value !== null) book.told = decodeTotals(value)?.balances ?? 0n;
      if (is === 0n) book.entries.delete(name);
      else book.entries.set(name, is);
    }
  }

  /** What the accounts of a thread hold, by themselves and by the thread's totals. */
  accountsOf(threadId: ThreadId): { readonly held: bigint; readonly told: bigint } {
    const { accounts, told } = this.#bookOf(threadId);
    return { held: accounts, told };
  }

  #bookOf(threadId: ThreadId): ThreadBook {
    const known = this.#threads.get(threadId);
    if (known !== undefined) return known;
    const book = { entries: new Map<string, bigint>(), accounts: 0n, told: 0n };
    this.#threads.set(threadId, book);
    return book;
  }
}

function valueOfEntry(kind: number | undefined, value: Uint8Array): bigint {
  if (kind === ENTRY_KIND.account) return TvmAccount.decode(value)?.balance ?? 0n;
  if (kind === ENTRY_KIND.queued) return sentValueOf(readOutboundMessage(new ByteReader(value)).body).value;
  return kind === ENTRY_KIND.totals ? (decodeTotals(value)?.fees ?? 0n) : 0n;
}
