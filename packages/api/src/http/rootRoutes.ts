import type {} from "@fastify/swagger";
import { Type } from "typebox";
import type { ApiContext, ApiInstance } from "../server/apiContext.js";
import { answerOf, refusals } from "./answers.js";

/** A word for whoever opens the address by hand, and the document that says the rest. */
export function rootRoutes(app: ApiInstance, { backend }: ApiContext, options: { readonly hasPage: boolean }): void {
  app.get(
    "/",
    {
      schema: {
        operationId: "root",
        tags: ["about"],
        summary: "What listens here",
        response: { 200: answerOf("text/plain", Type.String(), "A few lines of text."), ...refusals() },
      },
    },
    async (request, reply) => {
      const isBrowser = request.headers.accept?.includes("text/html") === true;
      if (options.hasPage && isBrowser) return reply.redirect("/page/");
      return reply.type("text/plain; charset=utf-8").send(welcome(backend.network().name));
    },
  );
  app.get(
    "/openapi.json",
    {
      schema: {
        operationId: "openapi",
        tags: ["about"],
        summary: "This API as OpenAPI 3.1",
        response: {
          200: { description: "The document.", content: { "application/json": { schema: {} } } },
          ...refusals(),
        },
      },
    },
    () => app.swagger(),
  );
}

function welcome(network: string): string {
  return [
    `Sealwright keeper of the network ${JSON.stringify(network)}`,
    "",
    "  /openapi.json   every route of this API",
    "  /v1/network     which network this is, and what it allows",
    "  /v1/threads     the threads and their heads",
    "  /v1/events      what happens, as server-sent events",
    "  /readyz         whether this keeper can do its work",
    "  /metrics        for Prometheus",
    "",
  ].join("\n");
}
