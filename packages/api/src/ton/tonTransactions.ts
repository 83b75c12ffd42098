import type { AccountId } from "@sealwright/types";
import type { TonTransaction } from "../backend/tonBackend.js";
import type { TonContext } from "./tonContext.js";
import { badParam, TonError } from "./tonError.js";
import { accountOf, addressParam, hashParam, intParam, ltParam, PAGE_MAX, type TonParams } from "./tonParams.js";
import {
  incomingOf,
  sentBy,
  textCharsOf,
  transactionHash,
  type TransactionJson,
  transactionJson,
} from "./tonTransactionJson.js";

/** Read at once; between two of them others get their turn. */
const SLICE = 16;
/** Of a page, unless it is one transaction: this package's own client takes four times as much. */
const PAGE_CHARS_MAX = 16 * 1024 * 1024;

export async function getTransactions({ ton }: TonContext, params: TonParams): Promise<unknown> {
  const account = accountOf(addressParam(params, "address"));
  // One more than a page: clients that go on from a transaction ask for that one again.
  const limit = intParam(params, "limit", { min: 1, max: PAGE_MAX + 1, fallback: 10 });
  const fromLt = ltParam(params, "lt");
  const hash = hashParam(params, "hash");
  if (fromLt === null && hash !== null)
    throw badParam("lt", "goes with hash: the logical time of the same transaction");
  const toLt = ltParam(params, "to_lt") ?? 0n;
  const told: TransactionJson[] = [];
  let chars = 0;
  for (let below = fromLt === null ? null : fromLt + 1n; told.length < limit;) {
    const slice = await ton.transactions({
      account,
      order: "newestFirst",
      below,
      limit: Math.min(SLICE, limit - told.length),
    });
    if (fromLt !== null && told.length === 0) checkFirst(slice[0], fromLt, hash);
    for (const transaction of slice) {
      if (transaction.lt <= toLt) return told;
      // One may hold many large messages: blocks go between two of them.
      if (told.length > 0) await ton.turn();
      const one = transactionJson(transaction);
      chars += textCharsOf(one);
      // Fewer than were asked for would pass for the end of the list.
      if (told.length > 0 && chars > PAGE_CHARS_MAX)
        throw badParam("limit", `at most ${told.length} here: an answer has at most ${PAGE_CHARS_MAX} bytes`);
      told.push(one);
    }
    if (slice.length < SLICE) break;
    below = slice[slice.length - 1]!.lt;
  }
  return told;
}

/** A page goes on from a transaction that is there: silence about one that is not would pass for the end of the list. */
function checkFirst(first: TonTransaction | undefined, lt: bigint, hash: string | null): void {
  if (first?.lt !== lt)
    throw new TonError(404, `no transaction of that account with logical time ${lt} is kept at this node`);
  if (hash !== null && hash !== transactionHash(first))
    throw badParam("hash", "the hash of the transaction at that logical time");
}

/** An account may get a thousand messages before one that another thread sent long ago, hardly more. */
const LOCATE_MAX = 1_000;

/** The transaction at the destination that took the message with this logical time: it is later than the message. */
export async function tryLocateResultTx({ ton }: TonContext, params: TonParams): Promise<unknown> {
  const source = addressParam(params, "source");
  const createdLt = createdLtOf(params);
  const account = accountOf(addressParam(params, "destination"));
  let above = createdLt;
  for (let read = 0; read < LOCATE_MAX; read += SLICE) {
    const slice = await ton.transactions({ account, order: "oldestFirst", above, limit: SLICE });
    const found = slice.find((transaction) => {
      const message = incomingOf(transaction);
      return message?.type === "internal" && message.createdLt === createdLt && message.src.equals(source);
    });
    if (found !== undefined) return transactionJson(found);
    if (slice.length < SLICE) break;
    above = slice[slice.length - 1]!.lt;
  }
  throw notLocated(account, createdLt);
}

/** The transaction at the source that sent the message with this logical time: the last one before the message. */
export async function tryLocateSourceTx({ ton }: TonContext, params: TonParams): Promise<unknown> {
  const destination = addressParam(params, "destination");
  const createdLt = createdLtOf(params);
  const account = accountOf(addressParam(params, "source"));
  const [last] = await ton.transactions({ account, order: "newestFirst", below: createdLt, limit: 1 });
  const sent = last === undefined ? [] : sentBy(last);
  const hasSent = sent.some(
    (message) => message.type === "internal" && message.createdLt === createdLt && message.dest.equals(destination),
  );
  if (last === undefined || !hasSent) throw notLocated(account, createdLt);
  return transactionJson(last);
}

function createdLtOf(params: TonParams): bigint {
  const createdLt = ltParam(params, "created_lt");
  if (createdLt === null) throw badParam("created_lt", "the logical time of a message");
  return createdLt;
}

function notLocated(account: AccountId, createdLt: bigint): TonError {
  return new TonError(404, `no such transaction of 0:${account} for a message created at ${createdLt} is kept here`);
}
