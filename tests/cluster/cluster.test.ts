import { describe, expect, it } from "vitest";
import { Cluster, type ClusterFaults, NO_FAULTS } from "./cluster.js";

const TROUBLE_MS = 6_000;
const CALM_MS = 9_000;

const EVERYTHING: ClusterFaults = { crash: 0.4, partition: 0.3, signerFails: 0.02, equivocates: 0, lossRatio: 0.05 };

function shapeOf(seed: number): { readonly keepers: number; readonly threads: number } {
  return { keepers: [4, 5, 7][seed % 3]!, threads: 1 + (seed % 2) };
}

/** Trouble first, then calm: in the calm everything that was promised must come true. */
async function runSeed(seed: number, faults: ClusterFaults): Promise<Cluster> {
  const cluster = new Cluster({ seed, ...shapeOf(seed), faults });
  await cluster.startAll();
  await cluster.run(TROUBLE_MS, { messageEveryMs: 200 });
  await cluster.heal();
  const before = cluster.finalHeights();
  await cluster.run(CALM_MS, { messageEveryMs: null });
  if (faults.equivocates > 0) return cluster;
  for (const [thread, after] of cluster.finalHeights().entries()) {
    const grown = Math.min(...after) - Math.max(...before[thread]!);
    expect(grown, `final heights of thread ${thread}: ${before[thread]!.join()} then ${after.join()}`).toBeGreaterThan(
      3,
    );
  }
  expect(cluster.openMessages().length, "messages that are not final").toBe(0);
  expect(await cluster.isSettled(), "everything sent between threads arrived").toBe(true);
  return cluster;
}

/** For a longer search: `CLUSTER_SEED=1000 CLUSTER_SEEDS=2000 npx vitest run tests/cluster`. */
const firstSeed = Number(process.env["CLUSTER_SEED"] ?? 1);
const seedCount = Number(process.env["CLUSTER_SEEDS"] ?? 32);
const TIMEOUT_MS = 60_000 + seedCount * 5_000;

function seedsUpTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => firstSeed + i);
}

describe("a cluster of keepers", () => {
  it(
    "[I1-I6, I9-I11] keeps every invariant and makes every message final when nothing fails",
    { timeout: TIMEOUT_MS },
    () => runSeeds(seedsUpTo(3), NO_FAULTS),
  );

  it(
    "[I1-I6, I8-I11] keeps every invariant through crashes, partitions, loss, reordering and failing signers",
    { timeout: TIMEOUT_MS },
    () => runSeeds(seedsUpTo(seedCount), EVERYTHING),
  );

  it("[I1, I3] never votes on two chains nor finalizes two when producers equivocate", { timeout: TIMEOUT_MS }, () =>
    runSeeds(seedsUpTo(Math.ceil(seedCount / 4)), { ...EVERYTHING, equivocates: 0.2 }),
  );

  it("replays a seed to the same final blocks", { timeout: TIMEOUT_MS }, async () => {
    const first = await runSeed(firstSeed, EVERYTHING);
    const second = await runSeed(firstSeed, EVERYTHING);
    expect(second.fingerprint()).toBe(first.fingerprint());
  });
});

async function runSeeds(seeds: readonly number[], faults: ClusterFaults): Promise<void> {
  const failures: string[] = [];
  for (const seed of seeds) {
    await runSeed(seed, faults).catch((error: unknown) => {
      failures.push(`replay with CLUSTER_SEED=${seed} CLUSTER_SEEDS=1: ${error instanceof Error ? error.stack : "?"}`);
    });
  }
  expect(failures.join("\n")).toBe("");
}
