import { silentLogger } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { FakeTon } from "../../test/fakeTon.js";
import { FakeBackend } from "../testing/fakeBackend.js";
import { type ApiDependencies, type ApiPluginOptions, createApiPlugin } from "./apiPlugin.js";

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: object }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly tags: readonly { readonly name: string }[];
}

interface Opened {
  readonly app: FastifyInstance;
  readonly backend: FakeBackend;
  /** What was registered, as `get /v1/blocks/{blockId}`, without what belongs to no client of the API. */
  readonly routes: readonly string[];
  readonly operations: ReadonlyMap<string, Operation>;
  readonly document: Document;
}

const open: FastifyInstance[] = [];
afterEach(() => Promise.all(open.splice(0).map((app) => app.close())));

const PAGE = new Map([["", { type: "text/html", bytes: new Uint8Array() }]]);

async function openApi(
  options: ApiPluginOptions = {},
  { engine = "tvm", closing }: { readonly engine?: "tvm" | "ledger"; readonly closing?: AbortSignal } = {},
): Promise<Opened> {
  const app = Fastify();
  open.push(app);
  const routes = new Set<string>();
  app.addHook("onRoute", ({ method, url }) => {
    for (const one of [method].flat()) routes.add(`${one.toLowerCase()} ${url.replace(/:(\w+)/g, "{$1}")}`);
  });
  const backend = new FakeBackend(engine === "tvm" ? { ton: new FakeTon() } : {});
  if (engine === "tvm") backend.ackiNacki = { executed: () => Promise.resolve(null) };
  const deps: ApiDependencies = { backend, clock: new ManualClock(), logger: silentLogger };
  const plugin = createApiPlugin(
    { page: PAGE, corsOrigins: ["http://page.test"], ...options },
    { ...deps, ...(closing === undefined ? {} : { closing }) },
  );
  await app.register(plugin);
  const document = await documentOf(app, closing);
  const operations = new Map(
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
    ),
  );
  return { app, backend, routes: [...routes].filter(isForClients).sort(), operations, document };
}

/** HEAD comes with every GET, OPTIONS is the browser's, and the page is for people. */
function isForClients(route: string): boolean {
  return !/^(head|options) /.test(route) && !route.startsWith("get /page/");
}

/** A server that stops shows it to nobody, and has the same. */
async function documentOf(app: FastifyInstance, closing: AbortSignal | undefined): Promise<Document> {
  if (closing?.aborted === true) return (await openApi()).document;
  return (await app.inject("/openapi.json")).json();
}

/** A request of that route, with what its path needs and nothing else. */
function requestOf(route: string): {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly payload?: object;
} {
  const [method, pattern] = route.split(" ") as ["get" | "post", string];
  const url = pattern
    .replace("{thread}", "0")
    .replace("{height}", "3")
    .replace(/\{\w+\}/, "ab".repeat(32));
  return method === "get" ? { method: "GET", url } : { method: "POST", url, payload: {} };
}

describe("/openapi.json", () => {
  it.each(["tvm", "ledger"] as const)(
    "describes every route that exists on a network of the %s engine, and no other",
    async (engine) => {
      const { routes, operations } = await openApi({}, { engine });
      expect([...operations.keys()].sort()).toEqual(routes);
    },
  );

  it("gives each route a name of its own, words, a known tag, all parameters of its path, and an answer", async () => {
    const { operations, document } = await openApi();
    const tags = document.tags.map(({ name }) => name);
    const names = [...operations.values()].map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const [route, { operationId, summary, tags: own, parameters = [], responses }] of operations) {
      expect(operationId, route).toMatch(/^[A-Za-z0-9]+$/);
      expect(summary, route).toMatch(/\w+/);
      expect(tags, route).toEqual(expect.arrayContaining([...own]));
      expect(own, route).toHaveLength(1);
      const inPath = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(
        parameters.filter((one) => one.in === "path").map(({ name }) => name),
        route,
      ).toEqual(inPath);
      expect(responses["200"]?.content, route).toBeDefined();
    }
  });

  /** That the answer's status is described, and its code named, where it has one of ours. */
  function expectDescribed(operation: Operation, route: string, status: number, body: string): void {
    const described = operation.responses[String(status)];
    expect(described?.content, `${route} answers ${status}: ${body}`).toBeDefined();
    const { error } = JSON.parse(body) as { error?: { code?: string } | string | null };
    const code = typeof error === "object" && error !== null ? error.code : undefined;
    if (code !== undefined && /^[a-z]/.test(code))
      expect(described!.description.split(", "), `${route} answers ${code}`).toContain(code);
  }

  it("describes what each route answers to a request of no parameters, and when the node fails", async () => {
    for (const failure of [null, new Error("broken")]) {
      const { app, backend, operations } = await openApi();
      backend.failure = failure;
      for (const [route, operation] of operations) {
        if (route === "get /v1/events" || route.endsWith("/wait")) continue;
        const { statusCode, body, headers } = await app.inject(requestOf(route));
        if (String(headers["content-type"]).startsWith("application/json") && statusCode >= 400)
          expectDescribed(operation, route, statusCode, body);
      }
    }
  });

  it("describes that a node stops, and that requests come too fast, wherever that is told", async () => {
    const stopping = new AbortController();
    stopping.abort();
    const { app, operations } = await openApi({}, { closing: stopping.signal });
    const refused = new Set<string>();
    for (const [route, operation] of operations) {
      const { statusCode, body } = await app.inject(requestOf(route));
      if (statusCode !== 503) continue;
      refused.add(route);
      expectDescribed(operation, route, statusCode, body);
    }
    expect(refused.size).toBe(operations.size - 2);

    const limited = await openApi({ rateLimit: { requestsPerSecondMax: 1 } });
    for (const [route, operation] of limited.operations) {
      const { statusCode, body } = await limited.app.inject(requestOf(route));
      const isHealth = ["get /livez", "get /readyz", "get /metrics"].includes(route);
      expect(statusCode === 429, route).toBe(!isHealth);
      if (statusCode === 429) expectDescribed(operation, route, statusCode, body);
      else expect(Object.keys(operation.responses), route).not.toContain("429");
    }
  });

  it.each([
    ["no JSON", "{", "application/json"],
    ["another type", "<p>", "text/html"],
    ["too much", `"${"x".repeat(5_000_000)}"`, "application/json"],
    ["an empty array", "[]", "application/json"],
    ["a text", '"text"', "application/json"],
  ])("describes how each route refuses a body that is %s", async (_what, payload, type) => {
    const { app, operations } = await openApi();
    for (const [route, operation] of operations) {
      if (!route.startsWith("post ")) continue;
      const { statusCode, body } = await app.inject({
        ...requestOf(route),
        payload,
        headers: { "content-type": type },
      });
      expect(statusCode, route).toBeGreaterThanOrEqual(400);
      expect(statusCode, route).toBeLessThan(500);
      expectDescribed(operation, route, statusCode, body);
    }
  });
});
