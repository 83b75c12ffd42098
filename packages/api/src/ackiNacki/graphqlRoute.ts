import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { ApiContext, ApiInstance } from "../server/apiContext.js";
import { unchecked } from "../server/unchecked.js";
import { graphqlDocs } from "./ackiNackiDocs.js";

const QUERY_CHARS_MAX = 1_024;
/** One flat selection: more than a client asks when it connects, this interface does not know. */
const INFO_QUERY = /^\s*(?:query\b\s*\w*\s*)?\{\s*info\s*\{([\w\s,]*)\}\s*\}\s*$/;

/** What Acki Nacki's SDK asks of an endpoint before it uses it; all else of that GraphQL interface is not there. */
export function graphqlRoute(app: ApiInstance, { backend, clock }: ApiContext): void {
  const info = (): Readonly<Record<string, unknown>> => {
    const headTimeMs = backend.threads()[0]?.headTimeMs ?? null;
    const nowMs = clock.nowMs();
    return {
      __typename: "Info",
      // Three numbers and nothing behind them: that is how clients read it.
      version: /^\d+\.\d+\.\d+/.exec(backend.network().version)?.[0] ?? "0.0.0",
      time: nowMs,
      latency: headTimeMs === null ? 0 : Math.max(0, nowMs - headTimeMs),
      rempEnabled: false,
    };
  };
  const answer = (asked: unknown): { readonly status: number; readonly body: object } => {
    const query = typeof asked === "object" && asked !== null && "query" in asked ? asked.query : null;
    const fields = typeof query !== "string" || query.length > QUERY_CHARS_MAX ? null : fieldsOf(query);
    if (fields === null) return unknownHere("there is only info here: { info { version time latency rempEnabled } }");
    const known = info();
    const unknown = fields.find((field) => !Object.hasOwn(known, field));
    if (unknown !== undefined) return unknownHere(`Cannot query field "${unknown}" on type "Info".`);
    return { status: 200, body: { data: { info: Object.fromEntries(fields.map((field) => [field, known[field]])) } } };
  };
  const Query = Type.Object({ query: Type.String({ description: "of info alone" }) });
  const validatorCompiler = unchecked;
  app.get(
    "/graphql",
    { schema: { ...graphqlDocs("graphql"), querystring: Query }, validatorCompiler },
    async ({ query }: FastifyRequest, reply) => {
      const { status, body } = answer(query);
      return reply.code(status).send(body);
    },
  );
  const refused = ["badRequest", "bodyTooLarge", "unsupportedMediaType"] as const;
  app.post(
    "/graphql",
    { schema: { ...graphqlDocs("graphqlByPost", ...refused), body: Query }, validatorCompiler },
    async ({ body: asked }: FastifyRequest, reply) => {
      const { status, body } = answer(asked);
      return reply.code(status).send(body);
    },
  );
}

/** @returns null for another query than one of `info` */
function fieldsOf(query: string): readonly string[] | null {
  const fields =
    INFO_QUERY.exec(query)?.[1]
      ?.split(/[\s,]+/)
      .filter((field) => field !== "") ?? [];
  return fields.length === 0 ? null : fields;
}

function unknownHere(message: string): { readonly status: number; readonly body: object } {
  return { status: 400, body: { errors: [{ message }] } };
}
