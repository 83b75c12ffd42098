import { Ed25519SecretKey } from "@sealwright/crypto";
import { accountIdOf, createTransfer } from "@sealwright/execution";
import { networkIdOf } from "@sealwright/consensus";
import { systemClock, systemRandom } from "@sealwright/node";
import { silentLogger, unixMs, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { openKeepers } from "../../examples/keepers-in-one-process/openKeepers.js";

describe("keepers in one process, as the examples open them", () => {
  it("make a client's transfer final on every one of them, also with one cut off", async () => {
    const key = unwrap(Ed25519SecretKey.fromSeed(systemRandom.bytes(32)));
    const id = accountIdOf(key.publicKey());
    const failures: unknown[] = [];
    const world = {
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      fail: failures.push.bind(failures),
    };
    await using net = await openKeepers({ keepers: 4, accounts: [{ id, balance: 100n }] }, world);
    const { genesis, keepers, network } = net;
    const findProducer = (): number =>
      keepers.findIndex(({ threads }) => [...threads.values()].some((thread) => thread.isProducing()));
    await expect.poll(findProducer, { timeout: 30_000 }).not.toBe(-1);
    const producer = findProducer();
    const others = genesis.keepers.map(({ id: keeper }) => keeper);
    const [cut] = others.splice((producer + 1) % 4, 1);
    network.partition([others, [cut!]]);

    const expiresAtMs = unixMs(systemClock.nowMs() + 30_000);
    const networkId = networkIdOf(genesis);
    const message = createTransfer({ networkId, key, to: id, amount: 5n, nonce: 0n, expiresAtMs });
    const [outcome] = await keepers[producer]!.desk.submit([message]);
    expect(outcome).toMatchObject({ type: "accepted" });
    const height = (of: number): bigint => [...keepers[of]!.threads.values()][0]!.durableFinal.height;
    await expect.poll(() => height(producer), { timeout: 30_000 }).toBeGreaterThan(2n);
    network.heal();
    await expect.poll(() => height((producer + 1) % 4), { timeout: 30_000 }).toBeGreaterThan(2n);
    expect(failures).toEqual([]);
  });
});
