import { drawPlan } from "../run/plan.js";
import { Simulation } from "../run/simulation.js";

const TROUBLE_MS = 1_500;
const FRAMES_PER_KIND = 8;

/** Some frames of every kind that keepers really sent each other in a short simulation. */
export async function realFrames(
  seed: number,
): Promise<{ readonly frames: Uint8Array[]; readonly simulation: Simulation }> {
  const plan = drawPlan({
    seed,
    keepers: { min: 4, max: 4 },
    faults: ["crash", "badLinks", "equivocator"],
    troubleMs: TROUBLE_MS,
  });
  const byKind = new Map<number, Uint8Array[]>();
  const simulation = new Simulation({
    plan,
    onFrame: (frame) => {
      const known = byKind.get(frame[0]!) ?? [];
      if (known.length < FRAMES_PER_KIND) byKind.set(frame[0]!, [...known, frame]);
    },
  });
  await simulation.run();
  return { frames: [...byKind.values()].flat(), simulation };
}
