/** What is wrong with one keeper's surroundings at present. Faults change it; the simulated edges obey it. */
export interface Conditions {
  /** Each write to the disk takes up to this long. */
  syncMsMax: number;
  /** Writes fail until the operator makes room. */
  isDiskFull: boolean;
  /** 0..1 of the signer's calls fail without an answer. */
  signerFailRatio: number;
  /** Checks and executions take up to this long, for a keeper on a slow machine. */
  edgeMsMax: number;
  /** How far the wall clock is off. */
  clockOffsetMs: number;
  /** The power goes when this many more effects of the kind have begun: a write is then lost, a message unsent. */
  crashOn: { readonly effect: EffectKind; left: number } | null;
}

export const EFFECT_KINDS = ["write", "mark", "sign", "send"] as const;
export type EffectKind = (typeof EFFECT_KINDS)[number];

export function goodConditions(syncMsMax: number): Conditions {
  return { syncMsMax, isDiskFull: false, signerFailRatio: 0, edgeMsMax: 0, clockOffsetMs: 0, crashOn: null };
}
