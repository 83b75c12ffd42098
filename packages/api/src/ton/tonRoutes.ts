import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { ApiRefusal } from "../errors/apiRefusal.js";
import type { ApiContext, ApiInstance } from "../server/apiContext.js";
import {
  JSON_RPC_ID_CHARS_MAX,
  JSON_RPC_PATH,
  jsonRpcEcho,
  TonError,
  type TonErrorJson,
  tonErrorJson,
} from "./tonError.js";
import { unchecked } from "../server/unchecked.js";
import { jsonRpcDocs, tonMethodSchema } from "./tonDocs.js";
import type { TonContext } from "./tonContext.js";
import { TON_METHODS } from "./tonMethods.js";
import type { TonParams } from "./tonParams.js";

const Params = Type.Record(Type.String(), Type.Unknown());
const Id = Type.Union([Type.String({ maxLength: JSON_RPC_ID_CHARS_MAX }), Type.Number(), Type.Null()]);

/**
 * TON's HTTP interface, version 2, so that its tools work unchanged: `POST /api/v2/jsonRPC`, and each method by GET or
 * POST under its name. Not there on networks of another engine.
 */
export function tonRoutes(app: ApiInstance, { backend, clock }: ApiContext): void {
  const { ton } = backend;
  if (ton === null) return;
  const context: TonContext = { backend, ton, nowMs: () => clock.nowMs() };
  app.post(
    JSON_RPC_PATH,
    {
      schema: {
        ...jsonRpcDocs(),
        body: Type.Object({
          method: Type.String({ maxLength: 64 }),
          params: Type.Optional(Type.Union([Params, Type.Null()])),
          id: Type.Optional(Id),
        }),
      },
    },
    async ({ body }, reply) => {
      const answer = await callTon(context, body.method, body.params ?? {});
      return withStatus(reply, answer).send({ ...answer.body, ...jsonRpcEcho(body) });
    },
  );
  for (const method of Object.keys(TON_METHODS)) methodRoutes(app, context, method);
}

function methodRoutes(app: ApiInstance, context: TonContext, method: string): void {
  const validatorCompiler = unchecked;
  const respond = async (params: unknown, reply: FastifyReply): Promise<FastifyReply> => {
    const answer = await callTon(context, method, params);
    return withStatus(reply, answer).send(answer.body);
  };
  app.get(
    `/api/v2/${method}`,
    { schema: tonMethodSchema(method, "get"), validatorCompiler },
    ({ query }: FastifyRequest, reply) => respond(query, reply),
  );
  app.post(
    `/api/v2/${method}`,
    { schema: tonMethodSchema(method, "post"), validatorCompiler },
    // Most methods can be asked without parameters: then without a body, too.
    ({ body }: FastifyRequest, reply) => respond(body ?? {}, reply),
  );
}

interface TonAnswer {
  readonly status: number;
  /** Null where waiting does not help. */
  readonly retryAfterSeconds: number | null;
  readonly body: { readonly ok: true; readonly result: unknown } | TonErrorJson;
}

async function callTon(context: TonContext, method: string, params: unknown): Promise<TonAnswer> {
  try {
    const call = Object.hasOwn(TON_METHODS, method) ? TON_METHODS[method] : undefined;
    if (call === undefined)
      throw new TonError(404, `no method ${method}; there are ${Object.keys(TON_METHODS).join(", ")}`);
    return { status: 200, retryAfterSeconds: null, body: { ok: true, result: await call(context, paramsOf(params)) } };
  } catch (error) {
    if (error instanceof TonError) return refusal(error.code, error.message, null);
    if (error instanceof ApiRefusal) return refusal(error.statusCode, error.message, error.retryAfterSeconds);
    // Anything else is the node's own failure: the server's error answer tells nothing of it and logs the rest.
    throw error;
  }
}

function paramsOf(given: unknown): TonParams {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return given as TonParams;
  throw new TonError(400, "the parameters of a method are one JSON object");
}

function refusal(status: number, message: string, retryAfterSeconds: number | null): TonAnswer {
  return { status, retryAfterSeconds, body: tonErrorJson(status, message) };
}

function withStatus(reply: FastifyReply, { status, retryAfterSeconds }: TonAnswer): FastifyReply {
  return (retryAfterSeconds === null ? reply : reply.header("retry-after", String(retryAfterSeconds))).code(status);
}
