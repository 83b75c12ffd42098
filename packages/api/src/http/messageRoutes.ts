import type { MessageHash } from "@sealwright/types";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import {
  hasReached,
  MESSAGE_STATUSES,
  type MessageRecord,
  type MessageStatus,
  type SubmitOutcome,
  SUBMIT_REFUSAL_CODES,
} from "../backend/message.js";
import { ApiRefusal } from "../errors/apiRefusal.js";
import { errorJson } from "../json/errorJson.js";
import {
  BatchAnswerSchema,
  type BatchOutcomeJson,
  messageJson,
  MessageSchema,
  refusedJson,
  SubmittedMessageSchema,
  submittedJson,
  WaitedMessageSchema,
} from "../json/messageJson.js";
import { Hex32 } from "../json/scalars.js";
import { decodeMessageBatch, MESSAGE_BATCH_TYPE, MESSAGES_PER_BATCH_MAX } from "../messages/messageBatch.js";
import { parseMessageText } from "../messages/messageText.js";
import { submitAll } from "../messages/submission.js";
import type { ApiContext, ApiInstance } from "../server/apiContext.js";
import { answer, refusals } from "./answers.js";
import { messageHashOf } from "./params.js";
import { query } from "./query.js";
import { requestSignal } from "./requestSignal.js";

type Accepted = Extract<SubmitOutcome, { type: "accepted" }>;

// What a text must be to be a message is not the schema's: it would refuse a whole batch for one of its entries. Nor is
// how many there may be: both forms of a batch that is too large are refused with one code.
const MessageText = Type.String({ description: "hex or base64; what is neither, or empty, is a malformedMessage" });
const SubmitJsonSchema = Type.Object(
  {
    message: Type.Optional(MessageText),
    messages: Type.Optional(Type.Array(MessageText, { minItems: 1, description: `at most ${MESSAGES_PER_BATCH_MAX}` })),
  },
  { additionalProperties: false, description: "Exactly one of the two." },
);
const Bytes = Type.Unsafe<Uint8Array>({});

export function messageRoutes(app: ApiInstance, context: ApiContext): void {
  const { backend, limits } = context;
  const TimeoutMs = Type.Integer({ minimum: 1, maximum: limits.waitMsMax, default: limits.waitMsDefault });
  const Status = Type.Enum([...MESSAGE_STATUSES]);

  app.post(
    "/v1/messages",
    {
      schema: {
        operationId: "submitMessages",
        tags: ["messages"],
        summary: "Send one message or a batch",
        description:
          "Kept durably by this node before the answer, and brought to its thread's producer. The identical message " +
          "again gets the same answer, with its present status. A batch has one outcome per message, in order, and one " +
          "that is refused takes no other with it: only what is no list of texts, or too long, is refused whole. " +
          `${MESSAGE_BATCH_TYPE} is a batch as u32 big-endian length and bytes, repeated.`,
        querystring: query({ wait: Type.Optional(Status), timeoutMs: Type.Optional(TimeoutMs) }),
        body: {
          content: {
            "application/json": { schema: SubmitJsonSchema },
            "application/octet-stream": { schema: Bytes },
            [MESSAGE_BATCH_TYPE]: { schema: Bytes },
          },
        },
        response: {
          200: answer(
            Type.Union([SubmittedMessageSchema, BatchAnswerSchema]),
            "The message reached what was waited for, or a last word; or the outcomes of a batch.",
          ),
          202: answer(SubmittedMessageSchema, "Accepted, and not further than its status says."),
          ...refusals(
            "badRequest",
            "bodyTooLarge",
            "batchTooLarge",
            "unsupportedMediaType",
            "tooManyWaits",
            ...SUBMIT_REFUSAL_CODES,
          ),
        },
      },
    },
    async (request, reply) => {
      const { wait, timeoutMs = limits.waitMsDefault } = request.query;
      const submission = readSubmission(request);
      const outcomes = await submitAll(backend, submission.messages);
      const accepted = outcomes.filter((outcome): outcome is Accepted => outcome?.type === "accepted");
      const latest = wait === undefined ? null : await waitFor(context, reply, accepted, wait, timeoutMs);
      const answers = outcomes.map((outcome) => outcomeJson(outcome, latest, wait));
      if (submission.type === "batch") return reply.code(200).send({ ...countAnswers(answers), outcomes: answers });
      return sendSingle(reply, outcomes[0] ?? null, answers[0]);
    },
  );

  app.get(
    "/v1/messages/:hash",
    {
      schema: {
        operationId: "messageStatus",
        tags: ["messages"],
        summary: "Where a message stands now",
        params: Type.Object({ hash: Hex32 }),
        response: { 200: answer(MessageSchema, "The message."), ...refusals("badRequest", "unknownMessage") },
      },
    },
    async (request) => {
      const hash = messageHashOf(request.params.hash);
      const record = await backend.message(hash);
      return messageJson(record ?? unknownMessage(hash));
    },
  );

  app.get(
    "/v1/messages/:hash/wait",
    {
      schema: {
        operationId: "waitForMessage",
        tags: ["messages"],
        summary: "Wait for a message's status",
        description:
          "Ends when the status or a last word is reached, or the time is over. A message that this node has not met " +
          "yet is waited for as well.",
        params: Type.Object({ hash: Hex32 }),
        querystring: query({ status: Type.Optional(Status), timeoutMs: Type.Optional(TimeoutMs) }),
        response: {
          200: answer(WaitedMessageSchema, "Reached, or never to be reached: see `reached` and `status`."),
          202: answer(WaitedMessageSchema, "The time is over and the message is on its way: ask again."),
          ...refusals("badRequest", "unknownMessage", "tooManyWaits"),
        },
      },
    },
    async (request, reply) => {
      const { status: wanted = "final", timeoutMs = limits.waitMsDefault } = request.query;
      const hash = messageHashOf(request.params.hash);
      const [record = null] = await waitForHashes(context, reply, [hash], wanted, timeoutMs);
      const known = record ?? unknownMessage(hash);
      const answerJson = { ...messageJson(known), reached: hasReached(known.state.status, wanted) };
      return reply.code(answerJson.reached || answerJson.done ? 200 : 202).send(answerJson);
    },
  );
}

type Submission = { readonly type: "single" | "batch"; readonly messages: readonly (Uint8Array | null)[] };

function readSubmission(request: FastifyRequest): Submission {
  const { body } = request;
  if (body instanceof Uint8Array) {
    const isBatch = request.headers["content-type"]?.startsWith(MESSAGE_BATCH_TYPE) === true;
    return isBatch ? { type: "batch", messages: readBatch(body) } : { type: "single", messages: [body] };
  }
  const { message, messages } = (body ?? {}) as { message?: string; messages?: string[] };
  if ((message === undefined) === (messages === undefined)) {
    throw new ApiRefusal("badRequest", "the body holds either message or messages");
  }
  if (message !== undefined) return { type: "single", messages: [parseMessageText(message)] };
  if (messages!.length > MESSAGES_PER_BATCH_MAX) throw batchTooLarge();
  return { type: "batch", messages: messages!.map(parseMessageText) };
}

function batchTooLarge(): ApiRefusal {
  return new ApiRefusal("batchTooLarge", `a batch holds at most ${MESSAGES_PER_BATCH_MAX} messages`);
}

function readBatch(body: Uint8Array): Uint8Array[] {
  const decoded = decodeMessageBatch(body);
  if (decoded.ok) return decoded.value;
  switch (decoded.error.code) {
    case "tooMany":
      throw batchTooLarge();
    case "empty":
      throw new ApiRefusal("badRequest", "the batch is empty");
    case "decodeError": {
      const { reason, offset } = decoded.error;
      throw new ApiRefusal("badRequest", `the batch is malformed: ${reason}`, { details: { offset } });
    }
  }
}

async function waitFor(
  context: ApiContext,
  reply: FastifyReply,
  accepted: readonly Accepted[],
  wanted: MessageStatus,
  timeoutMs: number,
): Promise<ReadonlyMap<MessageHash, MessageRecord>> {
  const hashes = [...new Set(accepted.map((outcome) => outcome.record.hash))];
  const records = await waitForHashes(context, reply, hashes, wanted, timeoutMs);
  return new Map(records.flatMap((record) => (record === null ? [] : [[record.hash, record]])));
}

async function waitForHashes(
  context: ApiContext,
  reply: FastifyReply,
  hashes: readonly MessageHash[],
  wanted: MessageStatus,
  timeoutMs: number,
): Promise<readonly (MessageRecord | null)[]> {
  const signal = requestSignal(reply, context.closing);
  const waited = await context.waits.wait(hashes, { wanted, timeoutMs, signal });
  if (!waited.ok)
    throw new ApiRefusal("tooManyWaits", "too many messages are waited for at this node; ask for the status");
  if (context.closing.aborted)
    throw new ApiRefusal("shuttingDown", "this node stops; the messages it accepted are kept");
  return waited.value;
}

function outcomeJson(
  outcome: SubmitOutcome | null,
  latest: ReadonlyMap<MessageHash, MessageRecord> | null,
  wanted: MessageStatus | undefined,
): BatchOutcomeJson {
  if (outcome === null) {
    return { hash: null, error: errorJson("malformedMessage", "the message is neither hex nor base64") };
  }
  if (outcome.type === "refused") return refusedJson(outcome);
  const record = latest?.get(outcome.record.hash) ?? outcome.record;
  const json = submittedJson(record, outcome);
  return wanted === undefined ? json : { ...json, reached: hasReached(record.state.status, wanted) };
}

function countAnswers(answers: readonly BatchOutcomeJson[]): { accepted: number; refused: number } {
  const refused = answers.filter((one) => "error" in one).length;
  return { accepted: answers.length - refused, refused };
}

function sendSingle(
  reply: FastifyReply,
  outcome: SubmitOutcome | null,
  json: BatchOutcomeJson | undefined,
): FastifyReply {
  if (json !== undefined && !("error" in json)) {
    const isOver = json.reached !== undefined && (json.reached || json.done);
    return reply.code(isOver ? 200 : 202).send(json);
  }
  if (outcome?.type !== "refused") {
    throw new ApiRefusal("malformedMessage", "the message is neither hex nor base64");
  }
  const { code, reason, hash, retryAfterMs } = outcome;
  throw new ApiRefusal(code, reason, { details: { hash }, ...(retryAfterMs === null ? {} : { retryAfterMs }) });
}

function unknownMessage(hash: MessageHash): never {
  throw new ApiRefusal("unknownMessage", "this node has not met that message", { details: { hash } });
}
