import { type BlockId, type KeeperId, sealBlock } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { drawPlan, type SimPlan } from "./plan.js";
import { Simulation } from "./simulation.js";

const QUIET: Partial<SimPlan> = { threads: 1, lottery: null, realBls: false, faults: [], liars: [] };

type Around<F> = F extends (...args: infer A) => infer R ? (real: (...args: A) => R, ...args: A) => R : never;

/** Puts `act` around a method of something that the run uses; `act` may call the method itself. */
function around<T, K extends keyof T>(target: T, name: K, act: Around<T[K]>): void {
  const real = (target[name] as (...args: unknown[]) => unknown).bind(target);
  const wrapped = (...args: unknown[]): unknown => (act as (...all: unknown[]) => unknown)(real, ...args);
  target[name] = wrapped as T[K];
}

/** Something that may never happen, done to a run without faults and liars (unless told). */
interface Planted {
  readonly invariant: string;
  readonly means: string;
  readonly tells: RegExp;
  readonly change?: Partial<SimPlan>;
  readonly plant: (simulation: Simulation) => void;
}

const PLANTED: readonly Planted[] = [
  {
    invariant: "I1",
    means: "a key that votes for another block at the same height",
    tells: /^I1: two votes at height 3 by /,
    plant: ({ witness }) =>
      around(witness, "noteSigned", (real, keeper, request) => {
        real(keeper, request);
        if (request.kind !== "attestation" || request.attestation.height !== 3n) return;
        real(keeper, { ...request, attestation: { ...request.attestation, blockId: otherId(3) } });
      }),
  },
  {
    invariant: "I2",
    means: "a producer that seals a second block at one place",
    tells: /^I2: two blocks sealed at .*\/0\/3$/,
    plant: ({ witness }) =>
      around(witness, "noteSigned", (real, keeper, request) => {
        real(keeper, request);
        if (request.kind !== "candidateBlock" || request.claim.height !== 3n) return;
        real(keeper, { ...request, claim: { ...request.claim, blockId: otherId(3) } });
      }),
  },
  {
    invariant: "I3",
    means: "a keeper that calls another block final than the keepers before it",
    tells: /^I3: two final blocks at .*\/2$/,
    plant: ({ witness }) =>
      around(witness, "noteEvent", (real, keeper, event) => {
        if (event.type !== "block.final" || Number(event.block.height) !== 2) return real(keeper, event);
        const block = witness.ancestry.get(event.block.blockId)!;
        if (witness.finality.finals(block.header.threadId)[2] === undefined) return real(keeper, event);
        const rival = sealBlock({ ...block.header, gasUsed: block.header.gasUsed + 1n }, block.body, block.signature);
        witness.ancestry.add(rival);
        return real(keeper, { ...event, block: { ...event.block, blockId: rival.id } });
      }),
  },
  {
    invariant: "I4",
    means: "a keeper whose last final block is gone after a crash",
    tells: /^I4: .* forgot the final blocks of .* above \d+ of \d+$/,
    change: { faults: [{ type: "crash", atMs: 1_500, forMs: 200, keepers: [1], amount: 0 }] },
    plant: ({ witness }) =>
      around(witness, "noteRestart", (real, keeper, threadId, height, blockId) => {
        if (height === 0n) return real(keeper, threadId, height, blockId);
        const { parentId } = witness.ancestry.get(blockId)!.header;
        return real(keeper, threadId, height - 1n, parentId);
      }),
  },
  {
    invariant: "I4",
    means: "a keeper that finds another final block after a crash",
    tells: /^I4: .* is another block after a crash$/,
    change: { faults: [{ type: "crash", atMs: 1_500, forMs: 200, keepers: [1], amount: 0 }] },
    plant: ({ witness }) =>
      around(witness, "noteRestart", (real, keeper, threadId, height) => real(keeper, threadId, height, otherId(4))),
  },
  {
    invariant: "I5",
    means: "a keeper that tells of a final block before its parent",
    tells: /^I5: .* went from final height 1 to 3$/,
    plant: ({ witness }) =>
      around(witness, "noteEvent", (real, keeper, event) =>
        event.type === "block.final" && Number(event.block.height) === 2 ? null : real(keeper, event),
      ),
  },
  {
    invariant: "I6",
    means: "a keeper that derives other facts of a block than the keepers before it",
    tells: /^I6: .* derived other facts of /,
    plant: ({ witness }) => {
      let last: KeeperId | null = null;
      around(witness.facts, "noteFinal", (real, keeper, entry) => {
        const facts = entry.facts.slice();
        if (last !== null && last !== keeper) facts[facts.length - 1]! ^= 1;
        last = keeper;
        real(keeper, { ...entry, facts });
      });
    },
  },
  {
    invariant: "I7",
    means: "a final block that a keeper finds invalid",
    tells: /^I7: the final block .* is invalid: planted$/,
    plant: (simulation) =>
      around(simulation, "noteEvent", (real, node, event) => {
        real(node, event);
        if (event.type === "block.final") simulation.noteInvalid(node, event.block.blockId, "planted");
      }),
  },
  {
    invariant: "I7",
    means: "a block that a keeper found invalid and that becomes final",
    tells: /^I7: .* is final: planted$/,
    plant: ({ witness }) =>
      around(witness, "noteEvent", (real, keeper, event) => {
        if (event.type === "block.certified") witness.finality.noteInvalid(event.block.blockId, "planted");
        return real(keeper, event);
      }),
  },
  {
    invariant: "I14",
    means: "an honest producer's block that a keeper refuses",
    tells: /^I14: k\d refuses a block of the honest k\d: planted$/,
    plant: (simulation) =>
      around(simulation, "noteEvent", (real, node, event) => {
        real(node, event);
        if (event.type === "block.certified") simulation.noteInvalid(node, event.block.blockId, "planted");
      }),
  },
  {
    invariant: "I14",
    means: "a stored block that no rule allows",
    tells: /^I14: an honest keeper stored .*, which breaks a rule: wrongTerm$/,
    plant: ({ witness }) =>
      around(witness.children, "noteStored", (real, block) =>
        real({ ...block, header: { ...block.header, round: 1n as typeof block.header.round } }),
      ),
  },
  {
    invariant: "nack",
    means: "a Nack that is taken and that nobody signed",
    tells: /^nack: .* took a Nack of .* by .*, who did not sign it$/,
    plant: (simulation) =>
      around(simulation, "noteEvent", (real, node, event) => {
        real(node, event);
        if (event.type !== "block.certified") return;
        const { threadId, height, blockId } = event.block;
        const keeperId = simulation.witness.ancestry.get(blockId)!.header.producer;
        real(node, { type: "block.nacked", atMs: event.atMs, threadId, height, blockId, keeperId });
      }),
  },
];

function otherId(seed: number): BlockId {
  return String(seed).repeat(64) as BlockId;
}

describe("a run in which something happens that never may", () => {
  it.each(PLANTED.map((planted) => [planted.invariant, planted.means, planted] as const))(
    "[%s] tells of %s",
    async (_invariant, _means, { change, plant, tells }) => {
      const plan = drawPlan({ seed: 1, keepers: { min: 4, max: 4 }, faults: [], troubleMs: 2_500 });
      const simulation = new Simulation({ plan: { ...plan, ...QUIET, ...change } });
      plant(simulation);
      const { violation } = await simulation.run();
      expect(violation?.text).toMatch(tells);
    },
  );
});
