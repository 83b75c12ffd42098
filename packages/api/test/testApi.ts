import { type Clock, silentLogger } from "@sealwright/types";
import { connect } from "node:net";
import { Compile } from "typebox/schema";
import { afterEach, expect } from "vitest";
import { type ApiServer, type ApiServerOptions, createApiServer, createMetrics, type Metrics } from "../src/index.js";
import { FakeBackend, type FakeBackendOptions } from "../src/testing/index.js";
import { realClock } from "./realClock.js";

export interface TestApi {
  readonly backend: FakeBackend;
  readonly server: ApiServer;
  readonly metrics: Metrics;
  readonly url: string;
  readonly logged: { code: string; fields: unknown }[];
}

const open: TestApi[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((api) => api.server.close()));
});

/** A real server on a free loopback port over a fake keeper; closed after the test. */
export async function openTestApi(
  options: Partial<ApiServerOptions> = {},
  backendOptions: FakeBackendOptions = {},
  clock: Clock = realClock,
): Promise<TestApi> {
  const backend = new FakeBackend(backendOptions);
  const logged: TestApi["logged"] = [];
  const logger = { log: (_level: string, code: string, fields: unknown) => void logged.push({ code, fields }) };
  const metrics = createMetrics();
  const server = await createApiServer(
    { listen: { host: "127.0.0.1", port: 0 }, ...options },
    { backend, clock, logger: { ...silentLogger, ...logger }, metrics },
  );
  const api = { backend, server, metrics, url: server.address().url, logged };
  open.push(api);
  return api;
}

/** Real timers, and no second is ever over until a test says so: however slow the machine, requests share a window. */
export function stoppedClock(): Clock & { pass(ms: number): void } {
  let elapsedMs = 0;
  return { ...realClock, monotonicMs: () => elapsedMs, pass: (ms) => void (elapsedMs += ms) };
}

/** Waits in small steps until something holds; the test's own timeout ends it otherwise. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** By the server's own gauge: from outside there is no other way to see that a request waits. */
export async function untilWaited({ metrics }: TestApi, count: number): Promise<void> {
  await until(async () => (await metrics.text()).includes(`sealwright_http_waited_messages ${count}\n`));
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

export async function call(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: JSON.parse(text) as Record<string, unknown> };
}

export const post = (url: string, type: string, body: string | Uint8Array): Promise<Answer> =>
  call(url, { method: "POST", headers: { "content-type": type }, body: body as string });

export const postJson = (url: string, body: unknown): Promise<Answer> =>
  post(url, "application/json", JSON.stringify(body));

export const errorCode = (answer: Answer): unknown => (answer.json["error"] as { code?: string } | undefined)?.code;

interface OpenApi {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, { operationId?: string; responses: Record<string, ResponseDoc> }>>;
}
interface ResponseDoc {
  readonly description: string;
  readonly content?: Record<string, { readonly schema: object }>;
}

export async function openApiOf(url: string): Promise<OpenApi> {
  return (await call(`${url}/openapi.json`)).json as unknown as OpenApi;
}

/** That an answer is what the document promises for it: the schemas do not filter answers, so this is their proof. */
export async function expectDocumented(base: string, method: string, pattern: string, answer: Answer): Promise<void> {
  const doc = await openApiOf(base);
  const schema = doc.paths[pattern]?.[method]?.responses[String(answer.status)]?.content?.["application/json"]?.schema;
  expect(schema, `${method} ${pattern} ${answer.status} is documented`).toBeDefined();
  const [, errors] = Compile(schema as never).Errors(answer.json);
  expect(errors).toEqual([]);
}

/** Sends bytes as they are and gives back all that the server says until it hangs up. */
export function sendRaw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on("data", (chunk) => (answer += chunk.toString()));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}
