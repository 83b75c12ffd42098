import { type TSchema, Type } from "typebox";
import type { ApiErrorCode } from "../errors/apiErrors.js";
import { answer, refusals, refusalsIn } from "../http/answers.js";
import { nullable } from "../json/scalars.js";

// What these routes take and answer, for people: their handlers check what comes in.

const tags = ["ackiNacki"];

const EntrySchema = Type.Object({
  id: Type.Optional(Type.String({ description: "said again in the answer" })),
  body: Type.String({ description: "base64 of a bag of cells with one external message" }),
  account_id: Type.Optional(Type.String({ description: "64 hex digits" })),
  dapp_id: Type.Optional(Type.String({ description: "64 hex digits, said again; also as dst_dapp_id" })),
  thread_id: Type.Optional(Type.String({ description: "68 hex digits" })),
});

const MessageErrorSchema = Type.Object({
  code: Type.String({ description: "of Acki Nacki's codes, or BAD_REQUEST" }),
  message: Type.String(),
  data: nullable(Type.Record(Type.String(), Type.Unknown())),
});

const MessageAnswerSchema = Type.Object({
  id: nullable(Type.String()),
  result: nullable(Type.Record(Type.String(), Type.Unknown())),
  error: nullable(MessageErrorSchema),
  ext_message_token: Type.Null(),
});

const BODY_REFUSALS: readonly ApiErrorCode[] = ["badRequest", "bodyTooLarge", "unsupportedMediaType"];

/** @param name of the operation: the same route has several paths */
export function messagesDocs(name: string): object {
  return {
    operationId: name,
    tags,
    summary: "Send messages and wait for what they did",
    description: "One entry has one answer, several have an array of them, in order.",
    response: {
      200: answer(Type.Union([MessageAnswerSchema, Type.Array(MessageAnswerSchema)]), "The answers, errors included."),
      ...refusalsIn(MessageAnswerSchema, ...BODY_REFUSALS),
    },
  };
}

export const ENTRY_DOC: TSchema = EntrySchema;

export const ACCOUNT_DOCS = {
  operationId: "ackiNackiAccount",
  tags,
  summary: "An account after the last final block",
  response: {
    200: answer(
      Type.Object({
        boc: Type.String(),
        account_id: Type.String(),
        dapp_id: Type.String(),
        state_timestamp: nullable(Type.Integer({ description: "milliseconds" })),
      }),
      "The account.",
    ),
    ...refusals("badRequest", "unknownAccount", "unavailable"),
  },
};

export const KEEPERS_DOCS = {
  operationId: "ackiNackiKeepers",
  tags,
  summary: "The BK set, which is that of the genesis",
  response: {
    200: answer(
      Type.Object({
        seq_no: Type.Integer(),
        bk_set: Type.Array(
          Type.Object({ signer_index: Type.Integer(), node_id: Type.String(), pubkey: Type.String() }),
        ),
      }),
      "In order of their place in the set.",
    ),
    ...refusals(),
  },
};

export const SEQNO_DOCS = {
  operationId: "ackiNackiSeqno",
  tags,
  summary: "The height of the default thread's last final block",
  response: { 200: answer(Type.Object({ last_seq_no: Type.Integer() }), "The height."), ...refusals() },
};

const ReadySchema = Type.Object({ ready: Type.Boolean(), failed: Type.Array(Type.String()) });

export const READINESS_DOCS = {
  operationId: "ackiNackiReadiness",
  tags,
  summary: "Whether this keeper can do its work",
  response: {
    200: answer(ReadySchema, "Ready."),
    ...refusals(),
    503: answer(Type.Union([ReadySchema, refusals()["503"]!]), "not ready, shuttingDown"),
  },
};

const GraphqlErrorsSchema = Type.Object({ errors: Type.Array(Type.Object({ message: Type.String() })) });

const GRAPHQL_200 = answer(
  Type.Object({ data: Type.Object({ info: Type.Record(Type.String(), Type.Unknown()) }) }),
  "What was asked of info.",
);
const GRAPHQL_400 = answer(GraphqlErrorsSchema, "There is only info, and of it only what it has.");

export function graphqlDocs(name: string, ...codes: readonly ApiErrorCode[]): object {
  return {
    operationId: name,
    tags,
    summary: "What a client asks when it connects: info { version time latency rempEnabled }",
    response: { 200: GRAPHQL_200, ...refusals(...codes), 400: withBadRequest(codes) },
  };
}

/** A body that is no JSON is refused before it can be a query. */
function withBadRequest(codes: readonly ApiErrorCode[]): TSchema {
  if (!codes.includes("badRequest")) return GRAPHQL_400;
  return answer(Type.Union([GraphqlErrorsSchema, refusals("badRequest")["400"]!]), "badRequest");
}
