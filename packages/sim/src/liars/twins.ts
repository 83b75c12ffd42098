import type { KeeperId } from "@sealwright/types";
import type { Liar } from "./liar.js";
import type { LiarTools } from "./liarTools.js";

const REDRAW_MS = { min: 100, max: 2_500 };

/**
 * One key on two machines, each with the real software and watermarks of its own: what an operator makes who starts the
 * spare while the first still runs. Each peer talks with one of them or with both, and that changes with time.
 *
 * @see Bano et al., "Twins: BFT Systems Made Robust" (2021)
 */
export function twins({ self, genesis, random }: LiarTools): Liar {
  const audience = new Map<KeeperId, readonly number[]>();
  const redraw = (): void => {
    for (const { id } of genesis.keepers.members) if (id !== self) audience.set(id, random.pick([[0], [1], [0, 1]]));
  };
  const copy = (number: number): Pick<Required<Liar>, "sending" | "hearing"> => ({
    sending: (to, frame) => (audience.get(to)!.includes(number) ? [frame] : []),
    hearing: (from, frame) => (audience.get(from)!.includes(number) ? frame : null),
  });
  redraw();
  return {
    ...copy(0),
    begin({ clock }) {
      const later = (): void => {
        redraw();
        clock.setTimer(random.between(REDRAW_MS.min, REDRAW_MS.max), later);
      };
      later();
    },
    twin: copy(1),
  };
}
