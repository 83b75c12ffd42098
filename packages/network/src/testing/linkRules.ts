import type { Random } from "@sealwright/types";
import { fraction } from "../fraction.js";

/** What a simulated link does to frames in one direction. */
export interface LinkRules {
  readonly latencyMs: number;
  /** Added to the latency, evenly from 0 up to this. Order within a priority is kept all the same. */
  readonly jitterMs: number;
  /** 0..1 of the frames vanish. A real connection does not do this: it stands for what reconnects lose. */
  readonly lossRatio: number;
  /** 0..1 of the frames arrive twice. */
  readonly duplicateRatio: number;
  /** 0..1 of the frames may be overtaken, by up to `reorderMs`. */
  readonly reorderRatio: number;
  readonly reorderMs: number;
}

export const PERFECT_LINK: LinkRules = {
  latencyMs: 0,
  jitterMs: 0,
  lossRatio: 0,
  duplicateRatio: 0,
  reorderRatio: 0,
  reorderMs: 0,
};

/** One copy to deliver: `delayMs` from now, before (`overtaken: false`) or regardless of its successors. */
export interface Passage {
  readonly delayMs: number;
  readonly overtaken: boolean;
}

/** Draws the fate of one frame: no copy, one, or two. A perfect link draws nothing from `random`. */
export function drawPassages(rules: LinkRules, random: Random): Passage[] {
  if (happens(rules.lossRatio, random)) return [];
  const copies = happens(rules.duplicateRatio, random) ? 2 : 1;
  return Array.from({ length: copies }, () => {
    const overtaken = happens(rules.reorderRatio, random);
    const extraMs = overtaken ? rules.reorderMs * fraction(random) : 0;
    const jitterMs = rules.jitterMs > 0 ? rules.jitterMs * fraction(random) : 0;
    return { delayMs: rules.latencyMs + jitterMs + extraMs, overtaken };
  });
}

function happens(ratio: number, random: Random): boolean {
  return ratio > 0 && fraction(random) < ratio;
}
