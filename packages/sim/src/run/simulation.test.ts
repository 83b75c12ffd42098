import { decodeAccusation, decodeSealedBlock, decodeWireMessage, type SealedBlock, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { FAULT_NAMES } from "../faults/fault.js";
import { LIAR_NAMES } from "../liars/liarKinds.js";
import { EFFECT_KINDS } from "../world/conditions.js";
import { drawPlan, type SimPlan } from "./plan.js";
import { type SimOutcome, Simulation } from "./simulation.js";

const ACK_TAG = 16;
const NACK_TAG = 17;
const ALL = [...FAULT_NAMES, ...LIAR_NAMES];

function planOf(seed: number, change: Partial<SimPlan> = {}): SimPlan {
  return { ...drawPlan({ seed, keepers: { min: 4, max: 4 }, faults: ALL, troubleMs: 2_000 }), ...change };
}

async function outcomeOf(plan: SimPlan): Promise<SimOutcome> {
  return new Simulation({ plan }).run();
}

/** Kinds of the accusations in a sealed block that a frame announces. */
function carriedBy(frame: Uint8Array): string[] {
  const message = unwrap(decodeWireMessage(frame));
  if (message.type !== "candidate") return [];
  const { accusations } = unwrap(decodeSealedBlock(message.block)).body;
  return accusations.map((bytes) => unwrap(decodeAccusation(bytes)).type);
}

describe("a simulation", () => {
  it("gives every thread final blocks and every message its last word when nothing fails", async () => {
    const outcome = await outcomeOf(planOf(1, { faults: [], liars: [] }));
    expect(outcome.violation).toBeNull();
    expect(outcome.finalizedBlocks).toBeGreaterThan(8);
  });

  it("replays a seed to the same bytes of trace", async () => {
    const [first, second] = [await outcomeOf(planOf(3)), await outcomeOf(planOf(3))];
    expect(second.traceDigest).toBe(first.traceDigest);
    expect(second.steps).toBe(first.steps);
  });

  it("does not give two seeds the same trace", async () => {
    const [first, second] = [await outcomeOf(planOf(3)), await outcomeOf(planOf(4))];
    expect(second.traceDigest).not.toBe(first.traceDigest);
  });

  it("keeps every invariant with real BLS signatures too", async () => {
    const outcome = await outcomeOf(planOf(5, { realBls: true, liars: [] }));
    expect(outcome.violation).toBeNull();
  });

  it("[§7] lets blocks become final that a lottery's verifiers alone execute, whatever a liar calls bad", async () => {
    const lottery = { verifiers: 3, verifyWindowMs: 100 };
    const plan = planOf(6, { keepers: 7, lottery, faults: [], liars: [{ type: "falseNacker", keeper: 2 }] });
    const tags = new Map<number, number>();
    const carried = new Set<string>();
    const onFrame = (frame: Uint8Array): void => {
      tags.set(frame[0]!, (tags.get(frame[0]!) ?? 0) + 1);
      for (const type of carriedBy(frame)) carried.add(type);
    };
    const told = new Set<string>();
    const print = (line: string): void => void told.add(line.split(" ").at(-1)!);
    const outcome = await new Simulation({ plan, onFrame, print }).run();
    expect(outcome.violation).toBeNull();
    expect(told).toContain("block.nacked");
    expect(outcome.finalizedBlocks).toBeGreaterThanOrEqual(8);
    expect(tags.get(ACK_TAG)).toBeGreaterThan(0);
    expect(tags.get(NACK_TAG)).toBeUndefined();
    expect([...carried].sort()).toEqual(["ack", "evidence", "nack"]);
  });

  it.each([
    { way: "sends", seed: 1, keeper: 0, trace: / blames k0: verdictOfAnother$/ },
    { way: "shows as proofs", seed: 2, keeper: 2, trace: / blames k2: badEvidence:badSignature$/ },
    { way: "carries in final blocks", seed: 4, keeper: 1, trace: null },
  ])("[§7] believes no Nack that a liar $way in the name of others", async ({ seed, keeper, trace }) => {
    const liars = [{ type: "nackForger" as const, keeper }];
    const lines: string[] = [];
    const print = (line: string): void => void lines.push(line);
    const plan = planOf(seed, { threads: 1, realBls: false, lottery: null, faults: [], liars, troubleMs: 3_000 });
    const simulation = new Simulation({ plan, print });
    expect((await simulation.run()).violation).toBeNull();
    const [{ header }] = simulation.genesis.blocks as [SealedBlock];
    const carried = simulation.witness.finality.finals(header.threadId).flatMap(({ body }) => body.accusations);
    const isCarried = carried.some((bytes) => unwrap(decodeAccusation(bytes)).type === "nack");
    expect(trace === null ? isCarried : lines.some((line) => trace.test(line))).toBe(true);
    expect(lines.filter((line) => line.includes("block.nacked"))).toEqual([]);
  });

  it.each([null, { verifiers: null, verifyWindowMs: 100 }])(
    "[§7] replaces a producer whose blocks only execution refutes, by Nacks (lottery: %j)",
    async (lottery) => {
      let nacks = 0;
      const onFrame = (frame: Uint8Array): void => void (nacks += frame[0] === NACK_TAG ? 1 : 0);
      const violations: unknown[] = [];
      // Whoever produces first, every second place lies.
      for (const first of [0, 1]) {
        const liars = [0, 2, 4].map((place) => ({ type: "invalidator" as const, keeper: place + first }));
        const plan = planOf(8, { keepers: 13, threads: 2, lottery, faults: [], liars });
        const { violation } = await new Simulation({ plan, onFrame }).run();
        if (violation !== null) violations.push(violation);
      }
      expect(violations).toEqual([]);
      expect(nacks).toBeGreaterThan(0);
    },
  );

  it.each(["boaster", "doubleVoter", "falseNacker"] as const)(
    "survives two liars who hear each other's garbage (garbler and %s)",
    async (type) => {
      const liars = [
        { type: "garbler" as const, keeper: 0 },
        { type, keeper: 1 },
      ];
      const outcome = await outcomeOf(
        planOf(1, { keepers: 7, threads: 1, realBls: false, troubleMs: 3_000, faults: [], liars }),
      );
      expect(outcome.violation).toBeNull();
    },
  );

  it("[§8] stays safe and alive when one key signs on two machines, and proves it of nobody else", async () => {
    const proofs = new Set<string>();
    for (const keeper of [0, 1, 2, 3]) {
      const plan = planOf(2, { threads: 1, lottery: null, faults: [], liars: [{ type: "twins", keeper }] });
      const print = (line: string): void => {
        const proof = / holds proof of (\w+) by (\w+)$/.exec(line);
        if (proof !== null) proofs.add(`${proof[1]} by liar ${proof[2] === `k${keeper}`}`);
      };
      expect((await new Simulation({ plan, print }).run()).violation).toBeNull();
    }
    expect([...proofs]).toContain("doubleBlock by liar true");
    expect([...proofs].filter((proof) => proof.endsWith("false"))).toEqual([]);
  });

  it.each([
    { keepers: 4, censors: [0, 1, 2, 3].map((keeper) => [keeper]) },
    {
      keepers: 7,
      censors: [
        [0, 1],
        [2, 3],
        [4, 5],
        [6, 0],
      ],
    },
  ])(
    "[S1] makes all messages final though a producer takes none of one account ($keepers keepers)",
    async (network) => {
      let suspicions = 0;
      for (const censors of network.censors) {
        const liars = censors.map((keeper) => ({ type: "censor" as const, keeper }));
        const change = { keepers: network.keepers, threads: 1, lottery: null, faults: [], liars, messageEveryMs: 200 };
        const print = (line: string): void => void (suspicions += line.endsWith(" of censorship") ? 1 : 0);
        const simulation = new Simulation({ plan: planOf(9, change), print });
        const expired: string[] = [];
        const { messages } = simulation.witness;
        const noteStatus = messages.noteStatus.bind(messages);
        messages.noteStatus = (keeper, event) => {
          if (event.state.status === "expired") expired.push(...event.messages);
          noteStatus(keeper, event);
        };
        const outcome = await simulation.run();
        expect(outcome.violation).toBeNull();
        expect(expired).toEqual([]);
      }
      expect(suspicions).toBeGreaterThan(0);
    },
  );

  it("[S1] replaces a producer that takes no final messages of another thread", async () => {
    let suspicions = 0;
    const liars = [{ type: "shunner" as const, keeper: 1 }];
    const change = { threads: 2, lottery: null, faults: [], liars, messageEveryMs: 200, troubleMs: 14_000 };
    const print = (line: string): void => void (suspicions += line.endsWith(" of censorship") ? 1 : 0);
    expect((await new Simulation({ plan: planOf(9, change), print }).run()).violation).toBeNull();
    expect(suspicions).toBeGreaterThan(0);
  });

  it("[I9] finds a message that an honest keeper took and that ends in no final block", async () => {
    const run = (liars: SimPlan["liars"]) => {
      const simulation = new Simulation({ plan: planOf(1, { faults: [], liars }) });
      simulation.witness.messages.isExecuted = () => false;
      return simulation.run();
    };
    const { violation } = await run([]);
    expect(violation?.invariant).toBe("I9");
    expect(violation?.text).toMatch(
      /which nothing speaks against, is in no final block .* though the honest k\d took it$/,
    );
    // A producer that censors may keep it waiting.
    expect((await run([{ type: "censor", keeper: 0 }])).violation).toBeNull();
  });

  it("counts only faults that happened, each as often as its trace tells", async () => {
    const onlyFaults = (faults: SimPlan["faults"]): SimPlan => planOf(1, { faults, liars: [], lottery: null });
    const begun = { atMs: 200, forMs: 1_000, keepers: [1] };
    const never = { ...begun, type: "powerCut" as const, amount: EFFECT_KINDS.length * 1_000_000 };
    expect((await outcomeOf(onlyFaults([never]))).faults).toEqual({});
    const soon = { ...begun, type: "powerCut" as const, amount: EFFECT_KINDS.indexOf("send") };
    // Its node is down when the other two come.
    const crash = { ...begun, type: "crash" as const, atMs: 800, amount: 0 };
    const pause = { ...begun, type: "pause" as const, atMs: 800, amount: 0 };
    const cuts: string[] = [];
    const print = (line: string): void => void (line.includes("power cut at") ? cuts.push(line) : 0);
    const plan = onlyFaults([soon, crash, pause]);
    const { faults, violation } = await new Simulation({ plan, print }).run();
    expect(violation).toBeNull();
    expect(cuts).toHaveLength(1);
    expect(faults).toEqual({ powerCut: 1 });
  });

  /** @returns what the trace tells of one keeper whose disk fails, in runs in which that comes at different moments */
  async function tracesOf(faults: readonly SimPlan["faults"][number][]): Promise<string[]> {
    const lines: string[] = [];
    for (const fault of faults) {
      const plan = planOf(1, { faults: [fault], liars: [], threads: 2, lottery: null, syncMsMax: 8 });
      const print = (line: string): void => void lines.push(line);
      expect((await new Simulation({ plan, print }).run()).violation).toBeNull();
    }
    return lines;
  }

  it("[§9] tears watermarks when the power goes, and cuts them at the next start", async () => {
    const kinds = EFFECT_KINDS.length;
    const cuts = [0, 1, 2].map((n) => ({
      type: "powerCut" as const,
      atMs: 700,
      forMs: 500,
      keepers: [n % 4],
      amount: EFFECT_KINDS.indexOf("mark") + kinds * n,
    }));
    expect((await tracesOf(cuts)).some((line) => line.endsWith(" cuts its watermarks"))).toBe(true);
  });

  it("fails to write watermarks on a full disk too, and goes on when there is room", async () => {
    const full = [3, 4, 5].map((n) => ({
      type: "fullDisk" as const,
      atMs: 700 + 13 * n,
      forMs: 500,
      keepers: [n % 4],
      amount: 0,
    }));
    expect((await tracesOf(full)).some((line) => line.endsWith(" disk full at mark"))).toBe(true);
  });

  it("tells of a violation with its invariant and the events before it", async () => {
    const simulation = new Simulation({ plan: planOf(1, { faults: [], liars: [] }) });
    simulation.time.at(
      500,
      () =>
        (simulation.witness.finality.noteFinal = () => {
          throw new Error("planted");
        }),
    );
    const { violation } = await simulation.run();
    expect(violation?.invariant).toBe("I12");
    expect(violation?.text).toContain("planted");
    expect(violation?.story.length).toBeGreaterThan(10);
  });
});
