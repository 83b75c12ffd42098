import { drawPlan, type SimPlan } from "../run/plan.js";
import { Simulation } from "../run/simulation.js";
import type { SimGenesis } from "../world/simGenesis.js";

const TROUBLE_MS = 1_500;
const FRAMES_PER_KIND = 8;

export interface RealFrames {
  readonly genesis: SimGenesis;
  /** In the order in which they left; each went to one or several keepers. */
  readonly frames: readonly Uint8Array[];
}

/** Some frames of every kind that keepers really sent each other in a short simulation. */
export function realFrames(seed: number): Promise<RealFrames> {
  return record(planOf(seed, ["crash", "badLinks", "equivocator"]), FRAMES_PER_KIND);
}

/** All that the others sent in a short simulation in which one keeper, which it names, never said a word. */
export async function framesWithout(seed: number, keeper: number): Promise<RealFrames> {
  return record({ ...planOf(seed, []), liars: [{ type: "mute", keeper }] }, Infinity);
}

function planOf(seed: number, faults: Parameters<typeof drawPlan>[0]["faults"]): SimPlan {
  const plan = drawPlan({ seed, keepers: { min: 4, max: 4 }, faults, troubleMs: TROUBLE_MS });
  return { ...plan, realBls: false };
}

async function record(plan: SimPlan, framesPerKind: number): Promise<RealFrames> {
  const counts = new Map<number, number>();
  const frames: Uint8Array[] = [];
  const simulation = new Simulation({
    plan,
    onFrame: (frame) => {
      const count = (counts.get(frame[0]!) ?? 0) + 1;
      counts.set(frame[0]!, count);
      if (count <= framesPerKind) frames.push(frame);
    },
  });
  await simulation.run();
  return { genesis: simulation.genesis, frames };
}
