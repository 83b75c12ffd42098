import type { Liar } from "./liar.js";
import { type LiarTools, messageIn } from "./liarTools.js";

/** Does all its work and gives most of its votes to nobody. */
export function withholder({ random }: LiarTools): Liar {
  return {
    sending: (_to, frame) => (messageIn(frame).type === "attestation" && random.happens(0.8) ? [] : [frame]),
  };
}
