import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { Clock, Logger } from "@sealwright/types";
import type { FastifyPluginAsync } from "fastify";
import { setMaxListeners } from "node:events";
import type { NodeBackend } from "../backend/nodeBackend.js";
import { ApiRefusal } from "../errors/apiRefusal.js";
import { createErrorHandler } from "../errors/errorHandler.js";
import { query } from "../http/query.js";
import { refusals } from "../http/answers.js";
import { chainRoutes } from "../http/chainRoutes.js";
import { eventRoutes } from "../http/eventRoutes.js";
import { healthRoutes } from "../http/healthRoutes.js";
import { lifeRoute } from "../http/lifeRoute.js";
import { messageRoutes } from "../http/messageRoutes.js";
import { networkRoutes } from "../http/networkRoutes.js";
import { type PageFiles, pageRoutes } from "../http/pageRoutes.js";
import { rootRoutes } from "../http/rootRoutes.js";
import { MESSAGE_BATCH_TYPE } from "../messages/messageBatch.js";
import { MessageWaits } from "../messages/messageWaits.js";
import type { Metrics } from "../metrics/createMetrics.js";
import { addHttpMetrics } from "../metrics/httpMetrics.js";
import type { ApiContext, ApiInstance } from "./apiContext.js";
import { ackiNackiRoutes } from "../ackiNacki/ackiNackiRoutes.js";
import { tonRoutes } from "../ton/tonRoutes.js";
import { type ApiLimits, assertApiLimits, DEFAULT_API_LIMITS } from "./apiLimits.js";
import { allowOrigins } from "./cors.js";
import { RequestCounts } from "./requestCounts.js";
import { serializerCompiler } from "./compilers.js";
import { validatorCompiler } from "./validatorCompiler.js";

/** What the routes allow and show; everything has a default. */
export interface ApiPluginOptions {
  readonly limits?: Partial<ApiLimits>;
  /** Requests of one client address, health and metrics not counted; null for no limit. */
  readonly rateLimit?: { readonly requestsPerSecondMax: number } | null;
  /** Origins whose pages may read the API; none by default. */
  readonly corsOrigins?: readonly string[];
  /** Whether a message at `/v2/messages` that does not say so itself is taken by any keeper; `any` unless set. */
  readonly messageWay?: "any" | "only";
  /** Served at `/page/`, and shown to browsers that open the address alone; none by default. */
  readonly page?: PageFiles;
}

/** What the routes act through. */
export interface ApiDependencies {
  readonly backend: NodeBackend;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where the API counts its own requests. */
  readonly metrics?: Metrics;
  /** Ends waits and streams; without it they end when their clients leave or time is over. */
  readonly closing?: AbortSignal;
}

/**
 * All routes as a fastify plugin, in a scope of its own: parsers, validation and error answers do not leak into the
 * server around it. That server owns sockets, timeouts and the answer for unknown routes.
 */
export function createApiPlugin(options: ApiPluginOptions, deps: ApiDependencies): FastifyPluginAsync {
  return async (parent) => {
    const app = parent.withTypeProvider<TypeBoxTypeProvider>();
    const context = createContext(options, deps);
    app.addHook("onClose", () => context.waits.close());
    prepareScope(app, context);
    allowOrigins(app, options.corsOrigins ?? []);
    await app.register(swagger, { openapi: OPENAPI });
    if (options.rateLimit != null) await limitRate(app, options.rateLimit.requestsPerSecondMax, deps.clock);
    if (deps.metrics !== undefined) addHttpMetrics(app, deps.metrics, context);
    rootRoutes(app, context, { hasPage: options.page !== undefined });
    if (options.page !== undefined) pageRoutes(app, options.page);
    messageRoutes(app, context);
    chainRoutes(app, context);
    lifeRoute(app, context);
    networkRoutes(app, context);
    eventRoutes(app, context);
    healthRoutes(app, context);
    tonRoutes(app, context);
    ackiNackiRoutes(app, context, options.messageWay ?? "any");
  };
}

const OPENAPI = {
  openapi: "3.1.0",
  info: {
    title: "Sealwright keeper",
    description:
      "Numbers of 64 bits and more are decimal strings, bytes are hex. Every answer of status 400 and above under /v1 " +
      "is `{ error: { code, message, retryable, details? } }` with a closed list of codes. The interfaces of other " +
      "networks are there where contracts run, and refuse as their own clients expect it.",
    version: "1",
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
  tags: [
    { name: "messages", description: "Send messages and follow them." },
    { name: "chain", description: "Threads, blocks, accounts, proofs." },
    { name: "network", description: "The network and its keepers." },
    { name: "events", description: "What happens, as it happens." },
    { name: "health", description: "For supervisors and Prometheus." },
    { name: "about", description: "This API." },
    { name: "ton", description: "TON's HTTP interface, version 2, for its tools." },
    { name: "ackiNacki", description: "What Acki Nacki's SDK sends messages and reads accounts with." },
  ],
};

function createContext(options: ApiPluginOptions, deps: ApiDependencies): ApiContext {
  const { backend, clock, logger } = deps;
  const limits = { ...DEFAULT_API_LIMITS, ...options.limits };
  assertApiLimits(limits);
  const waits = new MessageWaits({ messagesMax: limits.waitedMessagesMax }, { backend, clock });
  const closing = deps.closing ?? new AbortController().signal;
  // Every wait and every stream listens to it; their own limits bound how many.
  setMaxListeners(0, closing);
  return { limits, backend, clock, logger, waits, closing };
}

function prepareScope(app: ApiInstance, { logger, limits, closing }: ApiContext): void {
  app.setErrorHandler(createErrorHandler(logger));
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  // A route that takes no parameters refuses all of them.
  app.addHook("onRoute", (route) => {
    if (!route.url.startsWith("/v1/")) return;
    const response = { ...refusals("badRequest"), ...(route.schema?.response as object) };
    route.schema = { querystring: query({}), ...route.schema, response };
  });
  app.removeContentTypeParser("text/plain");
  const binary = ["application/octet-stream", MESSAGE_BATCH_TYPE];
  app.addContentTypeParser(binary, { parseAs: "buffer", bodyLimit: limits.bodyBytesMax }, (_request, body, done) => {
    done(null, body);
  });
  app.addHook("onRequest", (request, reply, done) => {
    void reply.header("cache-control", "no-store");
    if (!closing.aborted || HEALTH_ROUTES.has(request.routeOptions.url ?? "")) return done();
    done(new ApiRefusal("shuttingDown", "this node stops"));
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (closing.aborted) void reply.header("connection", "close");
    done(null, payload);
  });
}

const HEALTH_ROUTES: ReadonlySet<string> = new Set(["/livez", "/readyz", "/metrics"]);

async function limitRate(app: ApiInstance, max: number, clock: Clock): Promise<void> {
  await app.register(rateLimit, {
    max,
    // The plugin makes the store itself.
    store: class extends RequestCounts {
      constructor() {
        super(clock);
      }
    },
    timeWindow: 1_000,
    allowList: (request) => HEALTH_ROUTES.has(request.routeOptions.url ?? ""),
    errorResponseBuilder: () => {
      return new ApiRefusal("rateLimited", `more than ${max} requests a second from one address`, {
        retryAfterMs: 1_000,
      });
    },
  });
}
