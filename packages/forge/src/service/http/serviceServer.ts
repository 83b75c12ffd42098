import { type Clock, drainBody, err, type Logger, ok, type Result } from "@sealwright/types";
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyServerOptions,
} from "fastify";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ServiceProtocol, SocketAddress } from "../config/serviceConfig.js";
import { DRAINING_TEXT, ServiceRefusal } from "../serviceRefusal.js";
import type { TlsTexts } from "../tls/tlsTexts.js";
import { type ListenError, listenErrorOf } from "./listenError.js";
import { logRefusal } from "./logRefusal.js";

/** 64 KiB of payload in hex, with room for quotes; the largest operation that the chain itself takes is half of that. */
const BODY_BYTES_MAX = 160 * 1024;
/** Of a body that is too large: read to the end all the same, so that its sender gets to know why it is refused. */
const DRAINED_BYTES_MAX = 64 * 1024 * 1024;
const CONNECTIONS_MAX = 4_096;
const HEADERS_MS_MAX = 10_000;
const REQUEST_MS_MAX = 30_000;
const KEEP_ALIVE_MS = 65_000;
/** A client that takes no byte of its answer for this long is cut off. */
const STALL_MS_MAX = 60_000;
const URL_CHARS_MAX = 4_096;

export interface ServiceServerDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly isDraining: () => boolean;
  /** A request for a signature or a proof got none. */
  readonly onRefused: (protocol: ServiceProtocol, code: string) => void;
}

/** One listening port. Its answers hold neither stacks nor anything of the inside. */
export class ServiceServer {
  readonly #app: FastifyInstance;
  readonly #isTls: boolean;
  readonly #sockets = new Set<Socket>();
  /** Requests under way by the socket that they came over, which with TLS is none of those above. */
  readonly #busy = new Map<Socket, number>();
  readonly #clock: Clock;
  #openRequests = 0;
  #onQuiet: (() => void) | null = null;

  /** @param tls certificate and key as PEM text */
  constructor(tls: TlsTexts | null, routes: (app: FastifyInstance) => void, dependencies: ServiceServerDependencies) {
    this.#isTls = tls !== null;
    this.#clock = dependencies.clock;
    this.#app = Fastify(serverOptions(tls));
    this.#watch(this.#app.server);
    prepare(this.#app, dependencies);
    routes(this.#app);
  }

  async listen({ host, port }: SocketAddress): Promise<Result<void, ListenError>> {
    try {
      await this.#app.listen({ host, port });
      return ok(undefined);
    } catch (cause) {
      return err(listenErrorOf(cause, `${host}:${port}`));
    }
  }

  /** Base URL, without a slash at the end. */
  get url(): string {
    const bound = this.#app.server.address();
    if (bound === null || typeof bound === "string") return "";
    const host = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
    return `${this.#isTls ? "https" : "http"}://${host}:${bound.port}`;
  }

  /** Resolves when no request is under way, at the latest after this long. */
  async quiet(waitMsMax: number): Promise<void> {
    if (this.#openRequests === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimer(waitMsMax, resolve);
      this.#onQuiet = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  async close(): Promise<void> {
    const closed = this.#app.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #watch(server: Server): void {
    server.maxConnections = CONNECTIONS_MAX;
    server.headersTimeout = HEADERS_MS_MAX;
    server.timeout = STALL_MS_MAX;
    server.on("timeout", (socket: Socket) => {
      // A signature may take its time: only answers that are not taken, and idle connections, end here.
      const isWaiting = this.#busy.has(socket) && socket.writableLength === 0;
      if (!isWaiting) socket.destroy();
    });
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#count(socket, 1);
      response.once("close", () => {
        this.#count(socket, -1);
        if (this.#openRequests === 0) this.#onQuiet?.();
      });
    });
  }

  #count(socket: Socket, by: 1 | -1): void {
    this.#openRequests += by;
    const requests = (this.#busy.get(socket) ?? 0) + by;
    if (requests === 0) this.#busy.delete(socket);
    else this.#busy.set(socket, requests);
  }
}

function serverOptions(tls: TlsTexts | null): FastifyServerOptions {
  const options = {
    logger: false,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: false,
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: URL_CHARS_MAX },
    frameworkErrors: (_error: unknown, _request: unknown, reply: FastifyReply): void => {
      sendRefusal(reply, new ServiceRefusal("badRequest", "the URL is malformed: escape what is not allowed in one"));
    },
    clientErrorHandler: answerMalformed,
  };
  // Whoever shows no certificate of ours where one is wanted is let go before it has asked anything.
  const https = tls?.ca === undefined ? tls : { ...tls, requestCert: true, rejectUnauthorized: true };
  return (https === null ? options : { ...options, https }) as FastifyServerOptions;
}

/** Without it the server would make a validator and a serializer ready, a good part of its start, for routes that have no schema. */
function noSchemas(): never {
  throw new Error("a route of this service was given a schema, and nothing here can compile one");
}

function prepare(app: FastifyInstance, { logger, isDraining, onRefused }: ServiceServerDependencies): void {
  app.removeAllContentTypeParsers();
  // As text, whatever a client calls it: a parser that fails would close the connection, and a refusal must not.
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  app.addHook("onRequest", (request, reply, done) => {
    void reply.header("cache-control", "no-store");
    // Only browsers send it, and no page in a browser has any business here: a signer on this machine's loopback is
    // within reach of every page that its owner visits.
    if (request.headers.origin !== undefined)
      return done(
        new ServiceRefusal(
          "browserRequest",
          "requests from web pages are not taken, for any page could ask: send this one from a program, without `origin`",
        ),
      );
    if (!isDraining()) return done();
    void reply.header("connection", "close");
    if (HEALTH_ROUTES.has(request.routeOptions.url ?? "")) return done();
    done(new ServiceRefusal("draining", DRAINING_TEXT));
  });
  app.setNotFoundHandler((request, reply) => {
    sendRefusal(
      reply,
      new ServiceRefusal(
        "unknownRoute",
        `no route for ${request.method} here: docs/forge-service.md names those that there are; health, metrics and reload may be on \`listen.admin\``,
      ),
    );
  });
  app.setErrorHandler(async (error, request, reply) => {
    const refusal = error instanceof ServiceRefusal ? error : refusalOf(error as FastifyError);
    const route = `${request.method} ${request.routeOptions.url ?? "unknown"}`;
    const protocol = PROTOCOL_OF_ROUTE[route];
    if (protocol !== undefined) onRefused(protocol, refusal.code);
    logRefusal(logger, route, refusal, error);
    if (refusal.reason === "bodyTooLarge") await drainBody(request.raw, DRAINED_BYTES_MAX);
    sendRefusal(reply, refusal);
    return reply;
  });
}

const PROTOCOL_OF_ROUTE: Readonly<Record<string, ServiceProtocol>> = {
  "POST /keys/:pkh": "octez",
  "GET /bls_prove_possession/:pkh": "octez",
  "POST /api/v1/eth2/sign/:publicKey": "web3signer",
};

const HEALTH_ROUTES: ReadonlySet<string> = new Set(["/livez", "/readyz", "/metrics", "/healthcheck", "/reload"]);

function sendRefusal(reply: FastifyReply, refusal: ServiceRefusal): void {
  if (refusal.statusCode === 429 || refusal.statusCode === 503) void reply.header("retry-after", "1");
  void reply.code(refusal.statusCode).type("application/json; charset=utf-8").send(refusal.toJson());
}

function refusalOf(error: FastifyError): ServiceRefusal {
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return new ServiceRefusal(
      "bodyTooLarge",
      `the body has more than ${BODY_BYTES_MAX} bytes, and nothing that is signed here is so large: send one object's bytes in hex`,
    );
  const isClientFault = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500;
  return isClientFault
    ? new ServiceRefusal("badRequest", "the request is malformed: send one JSON text with its true length")
    : new ServiceRefusal("internal", "the service failed to answer; its log says why");
}

/** Bytes that are no HTTP request, or come too slowly. */
function answerMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS_OF_CLIENT_ERROR[error.code ?? ""] ?? "400 Bad Request";
  const body = JSON.stringify(
    new ServiceRefusal(
      "badRequest",
      "that is no valid HTTP request, or it came too slowly: send HTTP/1.1, and HTTPS where the service has a certificate",
    ).toJson(),
  );
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  socket.end(`${head}Connection: close\r\n\r\n${body}`);
}

const STATUS_OF_CLIENT_ERROR: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
};
