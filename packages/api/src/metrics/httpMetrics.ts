import type { ApiContext, ApiInstance } from "../server/apiContext.js";
import type { Metrics } from "./createMetrics.js";

/** Requests by route pattern, never by path: paths hold hashes without end. */
export function addHttpMetrics(app: ApiInstance, metrics: Metrics, { waits }: ApiContext): void {
  const requests = metrics.counter({
    name: "sealwright_http_requests_total",
    help: "Requests answered by the API, by route pattern and status.",
    labels: ["method", "route", "status"],
  });
  const duration = metrics.histogram({
    name: "sealwright_http_request_duration_seconds",
    help: "Time from a request's arrival to the end of its answer, waits included, in seconds.",
    labels: ["route"],
  });
  metrics.gauge({
    name: "sealwright_http_waited_messages",
    help: "Messages whose status clients wait for now.",
    collect: (gauge) => gauge.set(waits.count),
  });
  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url ?? "unknown";
    requests.inc({ method: request.method, route, status: String(reply.statusCode) });
    duration.observe({ route }, reply.elapsedTime / 1000);
    done();
  });
}
