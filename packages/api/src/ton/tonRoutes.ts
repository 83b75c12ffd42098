import { Type } from "typebox";
import { ApiRefusal } from "../errors/apiRefusal.js";
import type { ApiContext, ApiInstance } from "../server/apiContext.js";
import { TonError, type TonErrorJson, tonErrorJson } from "./tonError.js";
import type { TonContext } from "./tonContext.js";
import { TON_METHODS } from "./tonMethods.js";
import type { TonParams } from "./tonParams.js";

const Params = Type.Record(Type.String(), Type.Unknown());
const Id = Type.Union([Type.String({ maxLength: 64 }), Type.Number(), Type.Null()]);

/**
 * TON's HTTP interface, version 2, so that its tools work unchanged: `POST /api/v2/jsonRPC`, and each method by GET or
 * POST under its name. Not there on networks of another engine.
 */
export function tonRoutes(app: ApiInstance, { backend, clock }: ApiContext): void {
  const { ton } = backend;
  if (ton === null) return;
  const context: TonContext = { backend, ton, nowMs: () => clock.nowMs() };
  app.post(
    "/api/v2/jsonRPC",
    {
      schema: {
        hide: true,
        body: Type.Object({
          method: Type.String({ maxLength: 64 }),
          params: Type.Optional(Params),
          id: Type.Optional(Id),
        }),
      },
    },
    async ({ body }, reply) => {
      const answer = await callTon(context, body.method, body.params ?? {});
      return reply.code(answer.status).send({ ...answer.body, jsonrpc: "2.0", id: body.id ?? null });
    },
  );
  for (const method of Object.keys(TON_METHODS)) {
    app.get(`/api/v2/${method}`, { schema: { hide: true, querystring: Params } }, async ({ query }, reply) => {
      const answer = await callTon(context, method, query);
      return reply.code(answer.status).send(answer.body);
    });
    app.post(`/api/v2/${method}`, { schema: { hide: true, body: Params } }, async ({ body }, reply) => {
      const answer = await callTon(context, method, body);
      return reply.code(answer.status).send(answer.body);
    });
  }
}

interface TonAnswer {
  readonly status: number;
  readonly body: { readonly ok: true; readonly result: unknown } | TonErrorJson;
}

async function callTon(context: TonContext, method: string, params: TonParams): Promise<TonAnswer> {
  try {
    const call = Object.hasOwn(TON_METHODS, method) ? TON_METHODS[method] : undefined;
    if (call === undefined)
      throw new TonError(404, `no method ${method}; there are ${Object.keys(TON_METHODS).join(", ")}`);
    return { status: 200, body: { ok: true, result: await call(context, params) } };
  } catch (error) {
    const code = error instanceof TonError ? error.code : error instanceof ApiRefusal ? 503 : null;
    // Anything else is the node's own failure: the server's error answer tells nothing of it and logs the rest.
    if (code === null) throw error;
    return { status: code, body: tonErrorJson(code, (error as Error).message) };
  }
}
