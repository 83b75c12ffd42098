/** Why a command changes nothing. */
export type IgnoredReason =
  /** This node is no member of the keeper set. */
  | "notInKeeperSet"
  /** Another keeper produces in that term. */
  | "termOfAnother"
  /** It is at work in a later term. */
  | "olderTerm"
  /** It sealed a block in that term that the start would contradict: there is one at each place (protocol I2). */
  | "sealedOtherwise";
