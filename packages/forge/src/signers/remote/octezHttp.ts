import {
  formatPublicKeyHash,
  formatSignature,
  parsePublicKey,
  parsePublicKeyHash,
  parseSignature,
  type PublicKey,
  type PublicKeyHash,
} from "@sealwright/tezos";
import { type Clock, err, ok, type Result, toHex } from "@sealwright/types";
import type { SignFailure } from "../signer.js";
import { type ClientCertificates, HttpExchange, type NoAnswer } from "./httpExchange.js";
import { answeredFailure, nonsense } from "./answeredFailure.js";
import type { OctezTransport, RemoteCallOptions, RemoteSignRequest } from "./octezTransport.js";

/** Where an Octez signer is over HTTP, and how many connections it gets. */
export interface OctezHttpOptions {
  /** `http(s)://host:port[/prefix]`, without the key hash. */
  readonly url: string;
  readonly connectionsMax: number;
  /** Extra header lines: only `host` and `x-…`, as Octez allows. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: ClientCertificates;
}

/** Which generation of signature schemes is asked for: 2 signs tz4 under proof of possession. */
const SIGNING_VERSION = 2;
const MESSAGE_CHARS_MAX = 500;

/** `POST /keys/<pkh>` and `GET /keys/<pkh>`. */
export class OctezHttp implements OctezTransport {
  readonly address: string;
  readonly #http: HttpExchange;

  constructor(options: OctezHttpOptions, dependencies: { readonly clock: Clock }) {
    const baseUrl = new URL(options.url);
    this.address = baseUrl.origin;
    for (const name of Object.keys(options.headers ?? {})) {
      if (!/^(host|x-[a-z0-9-]+)$/i.test(name))
        throw new RangeError(`header ${name} is not allowed: only host and x-…`);
    }
    this.#http = new HttpExchange({ ...options, baseUrl }, dependencies);
  }

  async publicKey(key: PublicKeyHash, options: RemoteCallOptions): Promise<Result<PublicKey, SignFailure>> {
    const answer = await this.#call("GET", `/keys/${formatPublicKeyHash(key)}`, undefined, options);
    if (!answer.ok) return answer;
    const text = answer.value["public_key"];
    const parsed = typeof text === "string" ? parsePublicKey(text) : null;
    return parsed?.ok === true ? parsed : err(nonsense("no public key in the answer"));
  }

  async authorizedKeys(options: RemoteCallOptions): Promise<Result<readonly PublicKeyHash[] | null, SignFailure>> {
    const answer = await this.#call("GET", "/authorized_keys", undefined, options);
    // Not every signer has this question.
    if (!answer.ok) return answer.error.code === "unknownKey" ? ok(null) : answer;
    const texts = answer.value["authorized_keys"] ?? null;
    if (texts === null) return ok(null);
    if (!Array.isArray(texts)) return err(nonsense("the answer holds no list of authorized keys"));
    return ok(texts.map(hashOf).filter((hash) => hash !== null));
  }

  async sign(
    { key, bytes, authentication }: RemoteSignRequest,
    options: RemoteCallOptions,
  ): Promise<Result<Uint8Array, SignFailure>> {
    const query = new URLSearchParams({ version: String(SIGNING_VERSION) });
    if (authentication !== null) query.set("authentication", formatSignature(authentication));
    const path = `/keys/${formatPublicKeyHash(key)}?${query.toString()}`;
    const answer = await this.#call("POST", path, JSON.stringify(toHex(bytes)), options);
    if (!answer.ok) return answer;
    const text = answer.value["signature"];
    const parsed = typeof text === "string" ? parseSignature(text) : null;
    return parsed?.ok === true ? ok(parsed.value.bytes) : err(nonsense("no signature in the answer"));
  }

  close(): void {
    this.#http.close();
  }

  async #call(
    method: "GET" | "POST",
    path: string,
    body: string | undefined,
    options: RemoteCallOptions,
  ): Promise<Result<Readonly<Record<string, unknown>>, SignFailure>> {
    const answer = await this.#http.call({ method, path, ...(body === undefined ? {} : { body }), ...options });
    if (!answer.ok) return err(failureOfNoAnswer(answer.error));
    const { status, body: text } = answer.value;
    if (status !== 200) return err(failureOfStatus(status, text));
    const json = parseObject(text);
    return json === null ? err(nonsense("the answer is no JSON object")) : ok(json);
  }
}

function hashOf(text: unknown): PublicKeyHash | null {
  const hash = typeof text === "string" ? parsePublicKeyHash(text) : null;
  return hash?.ok === true ? hash.value : null;
}

export function failureOfNoAnswer({ code, message, cause }: NoAnswer): SignFailure {
  if (code === "aborted") return { code: "aborted", message, retryable: false };
  if (code === "answerTooLarge") return nonsense(message);
  if (code === "timeout") return { code: "signerTimeout", message, retryable: true };
  return { code: "signerUnavailable", message, retryable: true, cause };
}

/** What stands before a signer answers with these when it has nobody to ask, and a service of our own kind when it cannot now. */
const NOT_NOW: readonly number[] = [429, 502, 503, 504];

/** 401 and 403 are about us, 404 about the key, 409 and 412 about watermarks; 5xx has its reason in the text. */
function failureOfStatus(status: number, text: string): SignFailure {
  const said = errorText(text);
  const message = `${status}: ${said}`;
  switch (status) {
    case 404:
      return { code: "unknownKey", message, retryable: false };
    case 403:
    case 409:
    case 412:
      return { code: "refusedBySigner", message, retryable: false };
    default:
      return { ...answeredFailure(said, NOT_NOW.includes(status)), message };
  }
}

/** The messages of an error trace, code and message of our own kind of service, or the text itself; cut, since it comes from outside. */
export function errorText(text: string): string {
  const trace: unknown = parseJson(text);
  const messages = Array.isArray(trace)
    ? trace.map((entry) => (entry as { msg?: unknown } | null)?.msg).filter((msg) => typeof msg === "string")
    : ownErrorIn(trace);
  return (messages.length > 0 ? messages.join("; ") : text).slice(0, MESSAGE_CHARS_MAX);
}

function ownErrorIn(answer: unknown): readonly string[] {
  const { code, message } = (answer ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  return typeof code === "string" && typeof message === "string" ? [`${code}: ${message}`] : [];
}

export function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  const value = parseJson(text);
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
