import { err, keeperIdFromBytes, networkIdFromBytes, ok, sha256 } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { type NodeRun, RestartingNode } from "./restartingNode.js";
import type { NodeRunEnd } from "./nodeEnd.js";

const run = (apiUrl: string, end: NodeRunEnd): NodeRun => ({
  apiUrl,
  keeperId: keeperIdFromBytes(sha256(new Uint8Array(1))),
  networkId: networkIdFromBytes(sha256(new Uint8Array(2))),
  done: Promise.resolve(end),
  stop: () => Promise.resolve(),
});

describe("a node that opens itself again", () => {
  it.each([
    ["http://127.0.0.1:8601", 8_601],
    ["http://[::1]:8602", 8_602],
    ["http://127.0.0.1:80", 80],
  ])("with its API at %s keeps that port, and leaves the host to its configuration", async (apiUrl, port) => {
    const opened: unknown[][] = [];
    const node = new RestartingNode(run(apiUrl, { reason: "restart" }), (...how) => {
      opened.push(how);
      return Promise.resolve(ok(run(apiUrl, { reason: "stopped" })));
    });
    expect(await node.done).toEqual({ reason: "stopped" });
    expect(opened.map(([apiPort]) => apiPort)).toEqual([port]);
  });

  it("calls the next opening off when it is stopped meanwhile, and has stopped then", async () => {
    const url = "http://127.0.0.1:8601";
    let opening = (): void => undefined;
    const isOpening = new Promise<void>((resolve) => (opening = resolve));
    const node = new RestartingNode(run(url, { reason: "restart" }), async (_apiPort, signal) => {
      opening();
      await new Promise((resolve) => signal?.addEventListener("abort", resolve));
      return err({ code: "aborted", message: "" });
    });
    await isOpening;
    await node.stop();
    expect(await node.done).toEqual({ reason: "stopped" });
  });

  it("has failed when it cannot open again", async () => {
    const node = new RestartingNode(run("http://127.0.0.1:8601", { reason: "restart" }), () =>
      Promise.resolve(err({ code: "diskFull", message: "no room" })),
    );
    expect(await node.done).toMatchObject({ reason: "failed", error: { message: "no room" } });
  });
});
