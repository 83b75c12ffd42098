import type { FastifyInstance, FastifyRequest } from "fastify";
import { ServiceRefusal } from "../serviceRefusal.js";
import { readinessOf } from "./readiness.js";
import type { ServiceContext } from "./serviceContext.js";

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type ReadyRequest = FastifyRequest<{ Querystring: Readonly<Record<string, unknown>> }>;

/** For supervisors, load balancers, Prometheus, and whoever changes keys. */
export function adminRoutes(app: FastifyInstance, context: ServiceContext): void {
  app.get("/livez", () => ({ live: true }));
  app.get("/readyz", async (request: ReadyRequest, reply) => {
    const readiness = await readinessOf(context, expectedKeys(request.query["expectedLoadedKeys"]));
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  app.get("/metrics", async (_request, reply) =>
    reply.type(METRICS_TYPE).send((await context.metrics.text()) + (await context.processMetrics())),
  );
  app.get("/reload", () => context.reloader.status);
  app.post("/reload", (_request, reply) => {
    const isStarted = context.reloader.start();
    return reply.code(isStarted ? 202 : 409).send(context.reloader.status);
  });
}

function expectedKeys(text: unknown): number | null {
  if (text === undefined) return null;
  if (typeof text === "string" && /^[0-9]{1,6}$/.test(text)) return Number(text);
  throw new ServiceRefusal(
    "badQuery",
    "expectedLoadedKeys is no whole number of at most six digits: send one, or leave it away",
  );
}
