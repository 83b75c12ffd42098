import { type Static, Type } from "typebox";
import type { ReadinessCheck } from "../backend/records.js";
import { openMetricsOf } from "../metrics/openMetrics.js";
import type { ApiContext, ApiInstance } from "../server/apiContext.js";
import { answer, answerOf, healthRefusals } from "./answers.js";

/** Readiness that takes longer is not readiness. */
const READINESS_MS_MAX = 2_000;

export const ReadinessSchema = Type.Object({
  ready: Type.Boolean(),
  checks: Type.Array(Type.Object({ name: Type.String(), ok: Type.Boolean(), detail: Type.String() })),
});
/** Answer of `/readyz`, with status 200 when `ready`, else 503. */
export type ReadinessJson = Static<typeof ReadinessSchema>;

const TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** For supervisors, load balancers and Prometheus. */
export function healthRoutes(app: ApiInstance, context: ApiContext): void {
  app.get(
    "/livez",
    {
      schema: {
        operationId: "live",
        tags: ["health"],
        summary: "Whether the process answers",
        response: { 200: answer(Type.Object({ live: Type.Boolean() }), "It does."), ...healthRefusals() },
      },
    },
    () => ({ live: true }),
  );
  app.get(
    "/readyz",
    {
      schema: {
        operationId: "ready",
        tags: ["health"],
        summary: "Whether this keeper can do its work, check by check",
        response: {
          200: answer(ReadinessSchema, "Ready."),
          503: answer(ReadinessSchema, "Not ready."),
          ...healthRefusals(),
        },
      },
    },
    async (_request, reply) => {
      const checks = await readinessOf(context);
      const ready = checks.every((check) => check.ok);
      return reply
        .code(ready ? 200 : 503)
        .send({ ready, checks: checks.map(({ name, ok, detail }) => ({ name, ok, detail })) });
    },
  );
  app.get(
    "/metrics",
    {
      schema: {
        operationId: "metrics",
        tags: ["health"],
        summary: "Metrics for Prometheus",
        response: {
          200: answerOf("text/plain", Type.String(), "Text format 0.0.4, or OpenMetrics when accepted."),
          ...healthRefusals(),
        },
      },
    },
    async (request, reply) => {
      const text = await context.backend.metricsText();
      const isOpen = request.headers.accept?.includes("application/openmetrics-text") === true;
      return reply.type(isOpen ? OPEN_METRICS_TYPE : TEXT_TYPE).send(isOpen ? openMetricsOf(text) : text);
    },
  );
}

/** A check that hangs or fails is a check that says no: an answer comes in any case. */
async function readinessOf({ backend, clock, logger, closing }: ApiContext): Promise<readonly ReadinessCheck[]> {
  if (closing.aborted) return [{ name: "running", ok: false, detail: "this node is shutting down" }];
  let cancel = (): void => undefined;
  const late = new Promise<readonly ReadinessCheck[]>((resolve) => {
    const detail = `the checks took longer than ${READINESS_MS_MAX} ms`;
    const timer = clock.setTimer(READINESS_MS_MAX, () => resolve([{ name: "checksInTime", ok: false, detail }]));
    cancel = () => timer.cancel();
  });
  try {
    return await Promise.race([backend.readiness(), late]);
  } catch (error) {
    logger.log("error", "api.readinessFailed", { error });
    return [{ name: "checksRun", ok: false, detail: "the checks failed; the log says why" }];
  } finally {
    cancel();
  }
}
