import type { KeeperId } from "@sealwright/types";
import { ManualClock, SeededRandom } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import type { Transport } from "../transport.js";
import {
  allConnected,
  describeTransport,
  type HarnessOptions,
  isConnected,
  Recorder,
  type TransportHarness,
} from "./describeTransport.js";
import type { LinkRules } from "./linkRules.js";
import { memoryNetwork } from "./memoryNetwork.js";

const keeperIds = (count: number): KeeperId[] =>
  Array.from({ length: count }, (_, index) => String(index + 1).padStart(64, "0") as KeeperId);

async function openMemory(options: HarnessOptions, link: Partial<LinkRules> = {}): Promise<TransportHarness> {
  const clock = new ManualClock();
  const keepers = keeperIds(options.keepers);
  const network = memoryNetwork(
    { keepers, link, ...(options.limits && { limits: options.limits }) },
    { clock, random: new SeededRandom(1) },
  );
  const transports = keepers.map((keeper) => network.transport(keeper));
  for (const transport of transports) await transport.start();
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await Promise.resolve();
  };
  return {
    transports,
    until: async (condition, what) => {
      for (let step = 0; step < 20_000; step += 1) {
        if (condition()) return;
        await pass(5);
      }
      throw new Error(`waited in vain for ${what}`);
    },
    quietTime: () => pass(5_000),
    restart: async (index) => {
      const transport = network.transport(keepers[index]!);
      await transport.start();
      return transport;
    },
    [Symbol.asyncDispose]: async () => {
      for (const keeper of keepers) await network.live(keeper)?.close();
    },
  };
}

describeTransport("memory transport", openMemory);
describeTransport("memory transport with 20 to 50 ms of latency", (options) =>
  openMemory(options, { latencyMs: 20, jitterMs: 30 }),
);

describe("memory network", () => {
  const ONE_FRAME = Uint8Array.of(1);

  async function openNetwork(options: {
    readonly keepers: number;
    readonly link?: Partial<LinkRules>;
    readonly cutNoticedAfterMs?: number;
    readonly seed?: number;
  }) {
    const clock = new ManualClock();
    const { keepers: count, seed, ...rest } = options;
    const keepers = keeperIds(count);
    const network = memoryNetwork({ keepers, ...rest }, { clock, random: new SeededRandom(seed ?? 1) });
    const transports = keepers.map((keeper) => network.transport(keeper));
    const recorders = transports.map((transport) => new Recorder(transport));
    for (const transport of transports) await transport.start();
    clock.advance(1_000);
    return { clock, keepers, network, transports, recorders };
  }

  it("[M1] replays the same deliveries from the same seed, with every fault switched on", async () => {
    const faults = {
      latencyMs: 5,
      jitterMs: 20,
      lossRatio: 0.1,
      duplicateRatio: 0.1,
      reorderRatio: 0.2,
      reorderMs: 50,
    };
    const run = async (seed: number): Promise<string> => {
      const { clock, transports, recorders } = await openNetwork({ keepers: 4, link: faults, seed });
      for (let n = 0; n < 100; n += 1) {
        transports[n % 4]!.broadcast(Uint8Array.of(n));
        clock.advance(3);
      }
      clock.advance(1_000);
      return JSON.stringify(recorders.map((recorder) => recorder.told));
    };
    expect(await run(7)).toBe(await run(7));
    expect(await run(7)).not.toBe(await run(8));
  });

  it("[M2] loses and duplicates about as often as told", async () => {
    const link = { lossRatio: 0.2, duplicateRatio: 0.5 };
    const { clock, transports, recorders } = await openNetwork({ keepers: 2, link });
    for (let n = 0; n < 1_000; n += 1) transports[0]!.send(transports[1]!.self, ONE_FRAME);
    clock.advance(1);
    expect(recorders[1]!.frames().length).toBeGreaterThan(1_100);
    expect(recorders[1]!.frames().length).toBeLessThan(1_300);
  });

  it("[M2] lets frames be overtaken only where reordering is on", async () => {
    const arrivals = async (reorderRatio: number): Promise<number[]> => {
      const { clock, transports, recorders } = await openNetwork({
        keepers: 2,
        link: { jitterMs: 9, reorderRatio, reorderMs: 50 },
      });
      for (let n = 0; n < 100; n += 1) {
        transports[0]!.send(transports[1]!.self, Uint8Array.of(n));
        clock.advance(1);
      }
      clock.advance(1_000);
      return recorders[1]!.frames().map((frame) => frame[0]!);
    };
    const inOrder = Array.from({ length: 100 }, (_, n) => n);
    expect(await arrivals(0)).toEqual(inOrder);
    const shuffled = await arrivals(0.3);
    expect(shuffled).not.toEqual(inOrder);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(inOrder);
  });

  it("[M3] delivers within groups only while partitioned, and meets again when healed", async () => {
    const { clock, keepers, network, transports, recorders } = await openNetwork({ keepers: 4 });
    const [a, b, c, d] = keepers as [KeeperId, KeeperId, KeeperId, KeeperId];
    network.partition([[a, b], [c]]);
    expect(recorders[0]!.connections(c)).toEqual(["connected", "disconnected"]);
    expect(recorders[3]!.connections(c)).toEqual(["connected", "disconnected"]);
    transports[0]!.broadcast(ONE_FRAME);
    clock.advance(1_000);
    expect(recorders.map((recorder) => recorder.frames().length)).toEqual([0, 1, 0, 0]);
    expect(transports[3]!.send(a, ONE_FRAME)).toBe("notConnected");
    network.partition([[a, b, c], [d]]);
    clock.advance(1);
    expect(isConnected(transports[0]!, c)).toBe(true);
    network.heal();
    clock.advance(1);
    expect(allConnected(transports)).toBe(true);
  });

  it("[M3] loses frames silently until the cut is noticed", async () => {
    const { clock, keepers, network, transports, recorders } = await openNetwork({
      keepers: 2,
      cutNoticedAfterMs: 500,
      link: { latencyMs: 10 },
    });
    const [a, b] = keepers as [KeeperId, KeeperId];
    transports[0]!.send(b, ONE_FRAME);
    network.partition([[a], [b]]);
    expect(transports[0]!.send(b, ONE_FRAME)).toBe("sent");
    clock.advance(499);
    expect(recorders[1]!.connections(a)).toEqual(["connected"]);
    clock.advance(1);
    expect(recorders[1]!.connections(a)).toEqual(["connected", "disconnected"]);
    network.heal();
    clock.advance(1_000);
    expect(recorders[1]!.frames()).toEqual([]);
  });

  it("[M4] gives each direction of a link its own rules", async () => {
    const { clock, keepers, network, transports, recorders } = await openNetwork({ keepers: 2 });
    const [a, b] = keepers as [KeeperId, KeeperId];
    network.setLink(a, b, { latencyMs: 100 });
    transports[0]!.send(b, ONE_FRAME);
    transports[1]!.send(a, ONE_FRAME);
    clock.advance(99);
    expect(recorders.map((recorder) => recorder.frames().length)).toEqual([1, 0]);
    clock.advance(1);
    expect(recorders[1]!.frames().length).toBe(1);
  });

  it("[M5] nothing under way survives the restart of its receiver", async () => {
    const { clock, keepers, network, transports } = await openNetwork({ keepers: 2, link: { latencyMs: 100 } });
    transports[0]!.send(keepers[1]!, ONE_FRAME);
    const reborn: Transport = network.transport(keepers[1]!);
    const atReborn = new Recorder(reborn);
    await reborn.start();
    clock.advance(1_000);
    expect(atReborn.told).toEqual([{ type: "connected", peer: keepers[0] }]);
  });
});
