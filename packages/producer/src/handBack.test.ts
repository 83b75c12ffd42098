import type { ThreadRules } from "@sealwright/consensus";
import { createTestNetwork } from "@sealwright/consensus/testing";
import { type MessageHash, signerIndex, term } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import type { QueuedMessage } from "./messageQueue.js";
import { RunnerWorld, SIGNED } from "./testing/runnerWorld.js";
import { TIMEOUT_MS } from "./testing/index.js";

/** Alone in its network, every term is its own. */
const { rules, root } = createTestNetwork(1);

async function producing(under: ThreadRules = rules): Promise<RunnerWorld> {
  const world = new RunnerWorld(under, root, rules.keepers.at(signerIndex(0)).id);
  world.offer(5);
  world.producer.command({ type: "start", params: world.startParams() });
  await world.settle();
  return world;
}

/** Three of five messages stand in a block that is on its way to the disk. */
async function recording(): Promise<RunnerWorld> {
  const world = await producing();
  world.the("build").built([]);
  await world.settle();
  expect([world.the("recordSeal").block.body.externals.length, world.queue.length]).toEqual([3, 2]);
  return world;
}

async function published(): Promise<RunnerWorld> {
  const world = await recording();
  world.the("recordSeal").done();
  await world.settle();
  world.the("signSeal").answer(SIGNED);
  await world.settle();
  expect(world.published).toHaveLength(1);
  return world;
}

const hashes = (messages: readonly QueuedMessage[]): MessageHash[] => messages.map(({ hash }) => hash);
const five = (world: RunnerWorld): MessageHash[] => [0, 1, 2, 3, 4].map((number) => world.message(number).hash);

describe("production that breaks off and looks for a new start in its term", () => {
  it("[P12] has all messages back in the queue, in order: waiting, built, and under seal", async () => {
    const world = await recording();
    world.producer.dispatch({ type: "abandoned", blockIds: [root.id] });
    expect(world.producer.state.phase).toBe("starting");
    expect(world.waiting()).toEqual(five(world));
    expect([world.handedBack, world.told]).toEqual([[], ["interrupted:chainBroken"]]);
  });

  it("[P12, M2] also those of an own block that left and cannot be final, and takes them into the next block", async () => {
    const world = await published();
    world.producer.dispatch({ type: "abandoned", blockIds: [world.published[0]!.block.id] });
    await world.settle();
    expect(world.waiting()).toEqual(five(world));
    world.the("findStart").answer({ type: "start", params: world.startParams() });
    await world.settle();
    expect(world.the("build").request.messages).toEqual([0, 1, 2].map((number) => world.message(number).bytes));
  });

  it("[P14] hands them all over when there is nothing to continue", async () => {
    const world = await recording();
    world.producer.dispatch({ type: "abandoned", blockIds: [root.id] });
    world.the("findStart").answer({ type: "nothing" });
    await world.settle();
    expect(world.producer.state.phase).toBe("parked");
    expect(hashes(world.handedBack)).toEqual(five(world));
    expect(world.queue.length).toBe(0);
  });

  it("[P6] assumptions that failed put all that was built back, in order", async () => {
    let isBuilding = true;
    const world = await producing({
      ...rules,
      /** Another one while the block was built. */
      get threadsTableHash() {
        const hash = isBuilding ? new Uint8Array(32).fill(7) : rules.threadsTableHash;
        isBuilding = false;
        return hash;
      },
    });
    world.the("build").built([]);
    await world.settle();
    await world.pass(TIMEOUT_MS);
    expect([...world.the("build").request.messages.map((bytes) => bytes[0]), ...world.waiting()]).toEqual([
      ...[0, 1, 2],
      ...five(world).slice(3),
    ]);
  });
});

describe("production that ends", () => {
  const ends: Record<string, (world: RunnerWorld) => void> = {
    "it is told to stop": (world) => world.producer.command({ type: "stop" }),
    "its chain is broken while it stops": (world) => {
      world.producer.command({ type: "stop" });
      world.producer.dispatch({ type: "abandoned", blockIds: [root.id] });
    },
    "its signature is refused": (world) => {
      world.the("signSeal").answer({ type: "refused", code: "watermark" });
    },
    "its signer fails while it stops": (world) => {
      world.producer.command({ type: "stop" });
      world.the("signSeal").answer({ type: "failed", code: "unreachable" });
    },
  };
  for (const [name, end] of Object.entries(ends)) {
    it(`[P14] hands over all that did not leave, in order, and takes it again later: ${name}`, async () => {
      const world = await recording();
      world.the("recordSeal").done();
      await world.settle();
      end(world);
      await world.settle();
      for (const signing of world.asked("signSeal")) signing.answer(SIGNED);
      await world.settle();
      expect(world.producer.state.phase).toBe("parked");
      const left = new Set(world.published.flatMap(({ block }) => block.body.externals.map((bytes) => bytes[0])));
      expect(hashes(world.handedBack)).toEqual(five(world).filter((_, number) => !left.has(number)));
      expect(world.handedBack.map((message) => world.queue.add(message))).toEqual(world.handedBack.map(() => "queued"));
    });
  }

  it("[P14] hands over what a build had, when that build ends, and does not take it twice meanwhile", async () => {
    for (const isBuilt of [true, false]) {
      const world = await producing();
      world.producer.command({ type: "stop" });
      expect(hashes(world.handedBack)).toEqual(five(world).slice(3));
      expect(world.queue.add(world.message(0))).toBe("alreadyHere");
      const build = world.the("build");
      if (isBuilt) build.built([]);
      else build.failed();
      await world.settle();
      expect(hashes(world.handedBack).sort()).toEqual(five(world).sort());
      expect(world.queue.add(world.message(0))).toBe("queued");
    }
  });

  it("[M2] forgets what left, so that its custodians may bring it again", async () => {
    const world = await published();
    expect(world.queue.add(world.message(0))).toBe("alreadyHere");
    world.producer.command({ type: "stop" });
    expect(world.queue.add(world.message(0))).toBe("queued");
  });
});

describe("a node that stops", () => {
  it("[P2] waits until the block that is being sealed is out", async () => {
    const world = await recording();
    let isEnded = false;
    void world.producer.end(2_000).then(() => (isEnded = true));
    await world.pass(500);
    world.the("recordSeal").done();
    await world.settle();
    expect([isEnded, world.published.length]).toEqual([false, 0]);
    world.the("signSeal").answer(SIGNED);
    await world.settle();
    expect([isEnded, world.published.length]).toEqual([true, 1]);
  });

  it("does not wait when nothing is being sealed, nor longer than it was told, nor for a disk that is gone", async () => {
    const idle = await producing();
    await idle.producer.end(2_000);
    expect(idle.producer.state.phase).toBe("parked");

    const hanging = await recording();
    let isEnded = false;
    void hanging.producer.end(2_000).then(() => (isEnded = true));
    await hanging.pass(1_999);
    expect(isEnded).toBe(false);
    await hanging.pass(1);
    expect(isEnded).toBe(true);

    for (const isGoneBefore of [true, false]) {
      const gone = await recording();
      const fail = async (): Promise<void> => {
        gone.the("recordSeal").failed(new Error("no disk"));
        await gone.settle();
      };
      if (isGoneBefore) await fail();
      const ended = gone.producer.end(2_000);
      if (!isGoneBefore) await fail();
      await ended;
      expect([gone.failures.length, gone.published.length]).toEqual([1, 0]);
    }
  });

  it("follows no command any more, and no answer after its time", async () => {
    const world = await recording();
    const ended = world.producer.end(100);
    world.producer.command({ type: "prepare", term: term(3) });
    await world.pass(100);
    await ended;
    world.the("recordSeal").done();
    await world.settle();
    expect([world.asked("signSeal").length, world.asked("findStart").length]).toEqual([0, 0]);
  });
});
