import { type Clock, err, ok, type Result } from "@sealwright/types";
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** No usable answer: nothing is known about what the other side did. */
export interface NoAnswer {
  readonly code: "timeout" | "aborted" | "unreachable" | "answerTooLarge";
  readonly message: string;
  readonly cause?: unknown;
}

export interface HttpCall {
  readonly method: "GET" | "POST";
  /** Below the base address, query included. */
  readonly path: string;
  readonly body?: string;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** PEM texts. */
export interface ClientCertificates {
  /** Shown to the other side, for one that demands to know who connects; with its key. */
  readonly cert?: string;
  readonly key?: string;
  /** Who may have signed the other side's certificate, instead of those whom the system trusts. */
  readonly ca?: string;
}

export interface HttpExchangeOptions {
  /** Address and path prefix of the other side. */
  readonly baseUrl: URL;
  readonly connectionsMax: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** For https. */
  readonly tls?: ClientCertificates;
}

const CLOSED: NoAnswer = { code: "unreachable", message: "the connections to that address were closed here" };
const GIVEN_UP: NoAnswer = { code: "aborted", message: "nobody waits for the answer any more" };
const ANSWER_BYTES_MAX = 256 * 1024;

/** Keeps connections to one address open and makes one answer of each call; a dropped connection is made anew. */
export class HttpExchange {
  readonly #options: HttpExchangeOptions;
  readonly #clock: Clock;
  readonly #agent: HttpAgent;
  /** Ends each call under way. */
  readonly #running = new Set<() => void>();
  #isClosed = false;

  constructor(options: HttpExchangeOptions, { clock }: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = clock;
    const agentOptions = { keepAlive: true, maxSockets: options.connectionsMax };
    this.#agent =
      options.baseUrl.protocol === "https:"
        ? new HttpsAgent({ ...agentOptions, ...options.tls })
        : new HttpAgent(agentOptions);
  }

  call(call: HttpCall): Promise<Result<HttpAnswer, NoAnswer>> {
    if (call.signal.aborted) return Promise.resolve(err(GIVEN_UP));
    if (this.#isClosed) return Promise.resolve(err(CLOSED));
    const { baseUrl, headers = {} } = this.#options;
    const url = new URL(`${baseUrl.href.replace(/\/+$/, "")}${call.path}`);
    const bodyHeaders =
      call.body === undefined
        ? {}
        : { "content-type": "application/json", "content-length": String(Buffer.byteLength(call.body)) };
    const request = url.protocol === "https:" ? httpsRequest : httpRequest;
    return new Promise((resolve) => {
      const outgoing = request(url, {
        method: call.method,
        agent: this.#agent,
        headers: { accept: "application/json", ...headers, ...bodyHeaders },
      });
      const finish = (result: Result<HttpAnswer, NoAnswer>): void => {
        timer.cancel();
        this.#running.delete(onClose);
        call.signal.removeEventListener("abort", onAbort);
        resolve(result);
        // Also after an answer: destroying an ended request does nothing, and a hanging one must not keep its socket.
        if (!result.ok) outgoing.destroy();
      };
      const onAbort = (): void => finish(err(GIVEN_UP));
      const onClose = (): void => finish(err(CLOSED));
      const timer = this.#clock.setTimer(call.timeoutMs, () =>
        finish(err({ code: "timeout", message: `no answer in ${call.timeoutMs} ms` })),
      );
      this.#running.add(onClose);
      call.signal.addEventListener("abort", onAbort, { once: true });
      outgoing.on("error", (cause) => finish(err({ code: "unreachable", message: cause.message, cause })));
      outgoing.on("response", (answer) => readAnswer(answer, finish));
      outgoing.end(call.body);
    });
  }

  /** Ends what is under way too: a call that waits for a connection would open a new one. */
  close(): void {
    this.#isClosed = true;
    for (const end of this.#running) end();
    this.#agent.destroy();
  }
}

function readAnswer(answer: IncomingMessage, finish: (result: Result<HttpAnswer, NoAnswer>) => void): void {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  answer.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > ANSWER_BYTES_MAX)
      finish(err({ code: "answerTooLarge", message: `more than ${ANSWER_BYTES_MAX} bytes` }));
    else chunks.push(chunk);
  });
  answer.on("error", (cause) => finish(err({ code: "unreachable", message: cause.message, cause })));
  answer.on("end", () => finish(ok({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") })));
}
