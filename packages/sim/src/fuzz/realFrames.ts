import { drawPlan, type SimPlan } from "../run/plan.js";
import { Simulation } from "../run/simulation.js";
import type { KeeperId } from "@sealwright/types";
import type { SimGenesis } from "../world/simGenesis.js";

const TROUBLE_MS = 1_500;
const FRAMES_PER_KIND = 8;

export interface RealFrames {
  readonly genesis: SimGenesis;
  /** In the order in which they left; each went to one or several keepers. */
  readonly frames: readonly Uint8Array[];
}

/** Of a network in which one keeper never said a word. */
export interface FramesWithout extends RealFrames {
  readonly silent: KeeperId;
}

const KEEPERS = 4;

/** Some frames of every kind that keepers really sent each other in a short simulation. */
export function realFrames(seed: number): Promise<RealFrames> {
  return record(planOf(seed, ["crash", "badLinks", "equivocator"]), FRAMES_PER_KIND);
}

/** All that the other keepers sent in a short simulation in which the one at a place said nothing. */
export async function framesWithout(seed: number, place: number): Promise<FramesWithout> {
  const liars = [{ type: "mute" as const, keeper: place }];
  const recorded = await record({ ...planOf(seed, []), liars }, Infinity);
  return { ...recorded, silent: recorded.genesis.keepers.members[place]!.id };
}

function planOf(seed: number, faults: Parameters<typeof drawPlan>[0]["faults"]): SimPlan {
  const plan = drawPlan({ seed, keepers: { min: KEEPERS, max: KEEPERS }, faults, troubleMs: TROUBLE_MS });
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
