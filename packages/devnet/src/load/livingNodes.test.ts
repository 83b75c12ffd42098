import type { SealwrightClient } from "@sealwright/api";
import { describe, expect, it } from "vitest";
import { LivingNodes } from "./livingNodes.js";

type Check = { readonly name: string; readonly ok: boolean; readonly detail: string };

/** A node whose checks are these; null: it does not answer. */
function nodeSaying(checks: readonly Check[] | null): SealwrightClient {
  const readiness = () =>
    checks === null
      ? Promise.reject(new Error("no answer"))
      : Promise.resolve({ ready: checks.every(({ ok }) => ok), checks });
  return { readiness } as unknown as SealwrightClient;
}

async function look(...nodes: (readonly Check[] | null)[]) {
  const gone: number[] = [];
  const living = new LivingNodes(nodes.map(nodeSaying), (node) => gone.push(node));
  living.start();
  await new Promise((turn) => setImmediate(turn));
  living.stop();
  return { living, gone };
}

const peers = (ok: boolean): Check => ({ name: "peersConnected", ok, detail: "" });
const fresh = (ok: boolean): Check => ({ name: "headFresh", ok, detail: "" });

describe("LivingNodes", () => {
  it("passes over a node that does not answer, and one that reaches too few others", async () => {
    const { living, gone } = await look([peers(true)], null, [peers(false)], [peers(true)]);
    expect(gone).toEqual([1, 2]);
    expect([0, 1, 2, 3].map((node) => living.orNext(node))).toEqual([0, 3, 3, 3]);
  });

  it("keeps to its node when a thread stands still, and when no node lives", async () => {
    const halted = await look([peers(true), fresh(false)], [peers(true)]);
    expect(halted.living.orNext(0)).toBe(0);
    const dead = await look(null, null);
    expect(dead.living.orNext(1)).toBe(1);
  });
});
