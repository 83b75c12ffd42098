import { assertNever } from "@sealwright/types";
import { type Static, Type } from "typebox";
import {
  isLastWord,
  MESSAGE_STATUSES,
  type MessageRecord,
  type MessageResult,
  type MessageState,
  type SubmitOutcome,
} from "../backend/message.js";
import { blockRefJson, BlockRefSchema, producerJson, ProducerSchema } from "./blockRefJson.js";
import { errorJson, ErrorSchema } from "./errorJson.js";
import { Decimal, Hex32, nullable, ThreadIdText, UnixMs } from "./scalars.js";

export const MessageStatusSchema = Type.Enum([...MESSAGE_STATUSES]);

const messageFields = {
  hash: Hex32,
  threadId: ThreadIdText,
  status: MessageStatusSchema,
  done: Type.Boolean({ description: "Whether the status will never change again: final, rejected or expired." }),
  block: Type.Optional(BlockRefSchema),
  result: Type.Optional(Type.Object({ code: Type.Integer(), gasUsed: Type.Integer() })),
  rejection: Type.Optional(Type.Object({ code: Type.String(), reason: Type.String() })),
  abandonedInTerm: Type.Optional(Decimal),
  expiresAtMs: Type.Optional(UnixMs),
};

export const MessageSchema = Type.Object(messageFields);
/** Answer of `/v1/messages/:hash`. Fields that the status does not have are left out: see `MessageState`. */
export type MessageJson = Static<typeof MessageSchema>;

/** A message after a wait; `reached` says whether it got as far as was asked. */
export const WaitedMessageSchema = Type.Object({ ...messageFields, reached: Type.Boolean() });
/** Answer of `/v1/messages/:hash/wait`. */
export type WaitedMessageJson = Static<typeof WaitedMessageSchema>;

export const SubmittedMessageSchema = Type.Object({
  ...messageFields,
  reached: Type.Optional(Type.Boolean({ description: "Present when the request waited." })),
  producer: nullable(ProducerSchema),
});
/** Answer for a message that was accepted; `producer` is who can be asked directly next time. */
export type SubmittedMessageJson = Static<typeof SubmittedMessageSchema>;

export const RefusedMessageSchema = Type.Object({ hash: nullable(Hex32), error: ErrorSchema });
/** A message of a batch that was not taken; `hash` is null when it could not even be read. */
export type RefusedMessageJson = Static<typeof RefusedMessageSchema>;

/** One of a batch: `error` is there exactly when the message was refused. */
export const BatchOutcomeSchema = Type.Union([SubmittedMessageSchema, RefusedMessageSchema]);
export type BatchOutcomeJson = SubmittedMessageJson | RefusedMessageJson;

export const BatchAnswerSchema = Type.Object({
  accepted: Type.Integer(),
  refused: Type.Integer(),
  outcomes: Type.Array(BatchOutcomeSchema, { description: "One for each message, in order." }),
});
/** Answer for a batch; its status is 200 also when all of it was refused. */
export type BatchAnswerJson = Static<typeof BatchAnswerSchema>;

export function messageJson(record: MessageRecord): MessageJson {
  const { hash, threadId, state } = record;
  return { hash, threadId, status: state.status, done: isLastWord(state.status), ...stateJson(state) };
}

export function refusedJson(outcome: Extract<SubmitOutcome, { type: "refused" }>): RefusedMessageJson {
  const details = outcome.retryAfterMs === null ? undefined : { retryAfterMs: outcome.retryAfterMs };
  return { hash: outcome.hash, error: errorJson(outcome.code, outcome.reason, details) };
}

export function submittedJson(
  record: MessageRecord,
  outcome: Extract<SubmitOutcome, { type: "accepted" }>,
): SubmittedMessageJson {
  return { ...messageJson(record), producer: outcome.producer === null ? null : producerJson(outcome.producer) };
}

function stateJson(state: MessageState): Partial<MessageJson> {
  switch (state.status) {
    case "queued":
      return {
        ...(state.abandonedInTerm === null ? {} : { abandonedInTerm: String(state.abandonedInTerm) }),
        ...(state.refusal === undefined ? {} : { rejection: { ...state.refusal } }),
      };
    case "included":
    case "prefinal":
    case "final":
      return { block: blockRefJson(state.block), ...resultJson(state.result) };
    case "rejected":
      return { block: blockRefJson(state.block), rejection: { code: state.code, reason: state.reason } };
    case "expired":
      return { expiresAtMs: state.expiresAtMs };
    default:
      return assertNever(state);
  }
}

function resultJson(result: MessageResult | null): Pick<MessageJson, "result"> {
  return result === null ? {} : { result: { code: result.code, gasUsed: result.gasUsed } };
}
