/** Why a command changes nothing. */
export const IGNORED_REASONS = [
  /** This node is no member of the keeper set. */
  "notInKeeperSet",
  /** Another keeper produces in that term. */
  "termOfAnother",
  /** It is at work in a later term. */
  "olderTerm",
  /** It sealed a block in that term that the start would contradict: there is one at each place (protocol I2). */
  "sealedOtherwise",
] as const;

/** One of `IGNORED_REASONS`. */
export type IgnoredReason = (typeof IGNORED_REASONS)[number];
