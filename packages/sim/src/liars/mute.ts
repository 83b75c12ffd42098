import type { Liar } from "./liar.js";

/** Hears everything and says nothing at all. */
export function mute(): Liar {
  return { sending: () => [] };
}
