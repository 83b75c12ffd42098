import { type Logger, threadOf } from "@sealwright/types";
import type { MessageRecord, SubmitOutcome } from "../backend/message.js";
import type { NodeBackend } from "../backend/nodeBackend.js";
import type { TonBackend } from "../backend/tonBackend.js";
import type { AckiNackiBackend, ExecutedMessage } from "../backend/ackiNackiBackend.js";
import type { MessageWaits } from "../messages/messageWaits.js";
import { base64 } from "../ton/base64.js";
import { sentOutward } from "../ton/tonTransactionJson.js";
import { ApiRefusal } from "../errors/apiRefusal.js";
import {
  type AckiNackiCode,
  type AckiNackiError,
  ackiNackiError,
  ackiNackiErrorOf,
  CODE_OF_REFUSAL,
  type MessageAnswer,
  refusedAnswer,
} from "./ackiNackiError.js";
import { idOf, type MessageEntry, readMessageEntry } from "./messageEntry.js";

export interface SendContext {
  readonly backend: NodeBackend;
  readonly ton: TonBackend;
  readonly ackiNacki: AckiNackiBackend;
  readonly waits: MessageWaits;
  readonly nowMs: () => number;
  readonly logger: Logger;
}

export interface SendOptions {
  /** Answered when the message is in a block, or in a final one. */
  readonly wanted: "included" | "final";
  readonly timeoutMs: number;
  /** `any`: this node takes the message and brings it to the producer. `only`: it sends the client there instead. */
  readonly producer: "any" | "only";
  readonly signal: AbortSignal;
}

/** One answer per entry, in order. Entries are independent: one that is refused takes no other with it. */
export async function sendMessages(
  context: SendContext,
  entries: readonly unknown[],
  options: SendOptions,
): Promise<readonly MessageAnswer[]> {
  const answers: Promise<MessageAnswer>[] = [];
  for (const entry of entries) {
    // To read one takes a while, and everybody may send many: blocks go between two of them.
    if (answers.length > 0) await context.ton.turn();
    answers.push(sendSafely(context, entry, options));
  }
  return Promise.all(answers);
}

/** Where the node fails to answer one entry, it answers the others all the same. */
async function sendSafely(context: SendContext, given: unknown, options: SendOptions): Promise<MessageAnswer> {
  try {
    return await sendOne(context, given, options);
  } catch (error) {
    if (error instanceof ApiRefusal) return refusedAnswer(idOf(given), ackiNackiErrorOf(error));
    context.logger.log("error", "api.requestFailed", { method: "POST", route: "/v2/messages", error });
    const text = "this node failed to answer; its log says why";
    return refusedAnswer(idOf(given), ackiNackiError("INTERNAL_ERROR", text));
  }
}

async function sendOne(context: SendContext, given: unknown, options: SendOptions): Promise<MessageAnswer> {
  const entry = readMessageEntry(given);
  if (!entry.ok) return refusedAnswer(idOf(given), entry.error);
  const { id } = entry.value;
  const elsewhere = wrongPlace(context, entry.value, options);
  if (elsewhere !== null) return refusedAnswer(id, elsewhere);
  const outcome = await context.ton.submitBoc(entry.value.boc);
  if (outcome.type === "refused") return refusedAnswer(id, refusedOutcome(context, entry.value, outcome));
  const { wanted, timeoutMs, signal } = options;
  const waited = await context.waits.wait([outcome.record.hash], { wanted, timeoutMs, signal });
  if (!waited.ok)
    return refusedAnswer(id, ackiNackiError("QUEUE_OVERFLOW", "too many messages are waited for at this node"));
  return answerOf(context, entry.value, waited.value[0] ?? outcome.record, wanted);
}

/** Is this the thread that the client means, and, where it insists, the keeper that produces it? */
function wrongPlace(context: SendContext, entry: MessageEntry, { producer }: SendOptions): AckiNackiError | null {
  const place = placeOf(context, entry);
  if (entry.threadId !== null && entry.threadId !== place.data.thread_id)
    return ackiNackiError(
      "THREAD_MISMATCH",
      `the account belongs to thread ${place.data.thread_id}`,
      dataOf(context, entry, null),
    );
  if (producer === "any" || place.isHere) return null;
  return place.data.producers.length > 0
    ? ackiNackiError("WRONG_PRODUCER", "another keeper produces the account's thread", dataOf(context, entry, null))
    : ackiNackiError(
        "NOT_BLOCK_PRODUCER",
        "this keeper does not produce the account's thread, and knows no address of the one that does",
        dataOf(context, entry, null),
      );
}

interface Place {
  readonly isHere: boolean;
  readonly data: { readonly producers: readonly string[]; readonly thread_id: string };
}

function placeOf({ backend }: SendContext, { account }: MessageEntry): Place {
  const threads = backend.threads();
  const threadId = threadOf(threads, account);
  const { keeperId, apiUrl } = threads.find((thread) => thread.threadId === threadId)!.producer;
  const producers = apiUrl === null ? [] : [apiUrl];
  return { isHere: keeperId === backend.network().keeperId, data: { producers, thread_id: threadId } };
}

/** What every error about a message that could be read tells of it. */
function dataOf(context: SendContext, entry: MessageEntry, exitCode: number | null): Record<string, unknown> {
  return {
    ...placeOf(context, entry).data,
    message_hash: entry.cellHash,
    exit_code: exitCode,
    current_time: String(context.nowMs()),
  };
}

function refusedOutcome(
  context: SendContext,
  entry: MessageEntry,
  { hash, code, reason, retryAfterMs, exitCode }: Extract<SubmitOutcome, { type: "refused" }>,
): AckiNackiError {
  return ackiNackiError(CODE_OF_REFUSAL[code], reason, {
    ...dataOf(context, entry, exitCode ?? null),
    status_hash: hash,
    ...(retryAfterMs === null ? {} : { retry_after_ms: retryAfterMs }),
  });
}

async function answerOf(
  context: SendContext,
  entry: MessageEntry,
  { hash, state }: MessageRecord,
  wanted: SendOptions["wanted"],
): Promise<MessageAnswer> {
  const status = { message_hash: entry.cellHash, status_hash: hash };
  const refused = (code: AckiNackiCode, text: string, exitCode: number | null = null): MessageAnswer =>
    refusedAnswer(entry.id, ackiNackiError(code, text, { ...dataOf(context, entry, exitCode), ...status }));
  if (state.status === "expired") return refused("MESSAGE_EXPIRED", "no block took the message before it expired");
  if (state.status === "queued")
    return refused("INTERNAL_ERROR", "it is on its way: send it again to get its answer, it executes once");
  const executed = await context.ackiNacki.executed(hash, state.block.blockId);
  if (executed === null) return refused("INTERNAL_ERROR", "the block that holds it is not kept here");
  if (executed.transaction === null)
    return executed.exitCode === null
      ? refused("COMPUTE_SKIPPED", "the contract did not run: no code, or no money for its gas")
      : refused("TVM_ERROR", "the contract did not accept the message", executed.exitCode);
  return {
    id: entry.id,
    result: {
      ...status,
      status: state.status,
      reached: wanted === "included" || state.status === "final" || state.status === "rejected",
      block_hash: state.block.blockId,
      tx_hash: Buffer.from(executed.transaction.hash).toString("hex"),
      state_timestamp: executed.blockTimeMs,
      ext_out_msgs: await outMessages(context, executed),
      aborted: executed.aborted,
      exit_code: executed.exitCode,
      action_code: executed.actionCode,
      producers: placeOf(context, entry).data.producers,
      current_time: String(context.nowMs()),
      thread_id: state.block.threadId,
      account_id: entry.account,
      dapp_id: entry.dappId,
    },
    error: null,
    ext_message_token: null,
  };
}

/** Messages to nobody on the network, which contracts send to tell something. Kept with final blocks only. */
async function outMessages({ ton }: SendContext, { transaction }: ExecutedMessage): Promise<readonly string[]> {
  if (transaction === null) return [];
  const [found] = await ton.transactions({
    account: transaction.account,
    order: "newestFirst",
    below: transaction.lt + 1n,
    limit: 1,
  });
  if (found?.lt !== transaction.lt) return [];
  return sentOutward(found).map(base64);
}
