import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { choosePorts } from "./ports.js";

describe("choosePorts", () => {
  it("replaces a port that is taken, and says which", async () => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as { port: number };
    const [chosen] = await choosePorts([port]);
    server.close();
    expect(chosen?.insteadOf).toBe(port);
    expect(chosen?.port).not.toBe(port);
  });

  it("never gives one port twice", async () => {
    const [free] = await choosePorts([0]);
    const ports = (await choosePorts([0, free!.port, free!.port, 0, 0])).map(({ port }) => port);
    expect(new Set(ports).size).toBe(5);
    expect(ports[1]).toBe(free!.port);
  });
});
