import Fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";
import type { Socket } from "node:net";
import { ApiRefusal } from "../errors/apiRefusal.js";
import { errorAnswer, sendRefusal } from "../errors/errorHandler.js";
import { schemaController } from "./compilers.js";
import { Connections } from "./connections.js";
import { type ApiLimits, DEFAULT_API_LIMITS } from "./apiLimits.js";
import { type ApiDependencies, type ApiPluginOptions, createApiPlugin } from "./apiPlugin.js";

/** As for the routes, and where to listen. */
export interface ApiServerOptions extends ApiPluginOptions {
  /** Port 0 takes any free one. */
  readonly listen: { readonly host: string; readonly port: number };
}

/** Where a server listens, with the port that it got when it was asked for port 0. */
export interface ApiAddress {
  readonly host: string;
  readonly port: number;
  /** Base URL, without a slash at the end. */
  readonly url: string;
}

/** A listening API. */
export interface ApiServer extends AsyncDisposable {
  address(): ApiAddress;
  /** Ends streams and waits, lets other answers finish for `closeGraceMs`, frees the port. May be called again. */
  close(): Promise<void>;
}

/** Why a server cannot listen where it should; the text of `ApiListenError` says more. */
export type ApiListenErrorCode = "portTaken" | "notPermitted" | "noSuchAddress" | "listenFailed";

/** The server could not start. */
export class ApiListenError extends Error {
  override readonly name = "ApiListenError";
  readonly retryable = false;

  constructor(
    readonly code: ApiListenErrorCode,
    message: string,
    options: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Where clients of other machines can come, requests are limited unless the options say otherwise. */
export const REMOTE_REQUESTS_PER_SECOND_MAX = 1_000;

/**
 * Serves one keeper's API over HTTP.
 * @throws ApiListenError when the address cannot be had
 */
export async function createApiServer(
  options: ApiServerOptions,
  deps: Omit<ApiDependencies, "closing">,
): Promise<ApiServer> {
  const limits = { ...DEFAULT_API_LIMITS, ...options.limits };
  const { host, port } = options.listen;
  const closing = new AbortController();
  const app = Fastify(serverOptions(limits));
  const connections = new Connections(app.server, limits.stallMsMax);
  app.server.maxConnections = limits.connectionsMax;
  app.server.headersTimeout = limits.headersMsMax;
  app.setNotFoundHandler((request, reply) => {
    sendRefusal(reply, new ApiRefusal("unknownRoute", `no route for ${request.method} here; see /openapi.json`));
  });
  const rateLimit = options.rateLimit === undefined ? defaultRateLimit(host) : options.rateLimit;
  await app.register(createApiPlugin({ ...options, rateLimit }, { ...deps, closing: closing.signal }));
  await listen(app, host, port);
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => (closed ??= closeServer(app, connections, closing, limits, deps));
  return { address: () => addressOf(app, host), close, [Symbol.asyncDispose]: close };
}

function serverOptions(limits: ApiLimits): FastifyServerOptions {
  return {
    logger: false,
    schemaController,
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestMsMax,
    keepAliveTimeout: limits.keepAliveMs,
    // `Connections` closes them.
    forceCloseConnections: false,
    // While closing, refusals are given in this API's own words by the plugin.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (_error, _request, reply) => {
      sendRefusal(reply, new ApiRefusal("badRequest", "the URL is malformed"));
    },
    clientErrorHandler: answerMalformed,
  };
}

/** Bytes that are no HTTP request, or come too slowly. */
function answerMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS_OF_CLIENT_ERROR[error.code ?? ""] ?? "400 Bad Request";
  const body = JSON.stringify(errorAnswer(new ApiRefusal("badRequest", "that is not a valid HTTP request")));
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  socket.end(`${head}Connection: close\r\n\r\n${body}`);
}

const STATUS_OF_CLIENT_ERROR: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
};

function defaultRateLimit(host: string): { readonly requestsPerSecondMax: number } | null {
  const isLoopback = host === "localhost" || host === "::1" || host.startsWith("127.");
  return isLoopback ? null : { requestsPerSecondMax: REMOTE_REQUESTS_PER_SECOND_MAX };
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    const code = LISTEN_ERRORS[(cause as { code?: string }).code ?? ""] ?? "listenFailed";
    throw new ApiListenError(code, `the API cannot listen on ${host}:${port}: ${LISTEN_TEXT[code]}`, { cause });
  }
}

const LISTEN_ERRORS: Readonly<Record<string, ApiListenErrorCode>> = {
  EADDRINUSE: "portTaken",
  EACCES: "notPermitted",
  EADDRNOTAVAIL: "noSuchAddress",
  ENOTFOUND: "noSuchAddress",
};

const LISTEN_TEXT: Readonly<Record<ApiListenErrorCode, string>> = {
  portTaken: "another process has that port",
  notPermitted: "this user may not take that port",
  noSuchAddress: "this machine has no such address",
  listenFailed: "see the cause",
};

function addressOf(app: FastifyInstance, host: string): ApiAddress {
  const bound = app.server.address();
  const port = bound === null || typeof bound === "string" ? 0 : bound.port;
  const shown = host === "0.0.0.0" ? "127.0.0.1" : host === "::" || host.includes(":") ? `[${host}]` : host;
  return { host, port, url: `http://${shown}:${port}` };
}

async function closeServer(
  app: FastifyInstance,
  connections: Connections,
  closing: AbortController,
  limits: ApiLimits,
  { clock }: Pick<ApiDependencies, "clock">,
): Promise<void> {
  closing.abort();
  const timer = clock.setTimer(limits.closeGraceMs, () => app.server.closeAllConnections());
  try {
    const closed = app.close();
    connections.closeWhenIdle();
    await closed;
  } finally {
    timer.cancel();
  }
}
