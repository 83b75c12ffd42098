import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { findMessage } from "./findMessage.js";

const HASH = "ab".repeat(32);
const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close().closeAllConnections()));

async function nodeThat(answers: RequestListener): Promise<string> {
  const server = createServer(answers).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function down(): Promise<string> {
  const url = await nodeThat(() => undefined);
  servers.pop()?.close();
  return url;
}

const stopped = (): Promise<string> => nodeThat(() => undefined);
const json =
  (status: number, body: object): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
const unknown = json(404, { error: { code: "unknownMessage", message: "never met", retryable: false } });

describe("findMessage", () => {
  it("status --message asks the nodes that are up", async () => {
    const knowing = await nodeThat(json(200, { hash: HASH, status: "final" }));
    const urls = [await down(), await stopped(), await nodeThat(unknown), knowing];
    expect(await findMessage(urls, HASH, 300)).toMatchObject({ status: "final" });
    expect(await findMessage(urls.slice(0, 3), HASH, 300)).toBeNull();
    await expect(findMessage(urls.slice(0, 2), HASH, 300)).rejects.toMatchObject({ code: "unreachable" });
  });
});
