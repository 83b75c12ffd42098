import type { ApiInstance } from "./apiContext.js";

/** What clients send besides what a browser always may: ours, TON's and Acki Nacki's. */
const ALLOWED_HEADERS = [
  "content-type",
  "accept",
  "last-event-id",
  "authorization",
  "x-api-key",
  "x-ton-client-version",
  "tonclient-core-version",
  "x-evernode-expected-account-boc-version",
];

/** Lets pages of these origins, and no others, read the API. Without origins nothing is added. */
export function allowOrigins(app: ApiInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const allowed = new Set(origins);
  app.addHook("onRequest", (request, reply, done) => {
    const { origin } = request.headers;
    void reply.header("vary", "origin");
    if (origin !== undefined && allowed.has(origin)) {
      void reply.header("access-control-allow-origin", origin);
      void reply.header("access-control-allow-headers", ALLOWED_HEADERS.join(", "));
      void reply.header("access-control-allow-methods", "GET, POST, OPTIONS");
      void reply.header("access-control-max-age", "600");
    }
    done();
  });
  app.options("/*", { schema: { hide: true } }, async (_request, reply) => reply.code(204).send());
}
