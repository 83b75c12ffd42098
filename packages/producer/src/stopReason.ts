/** Why production ended, but for a signer's refusal, which brings its own code. */
export const STOP_REASONS = [
  /** It was told to: by a switch, or because the node ends. */
  "stopped",
  /** What it stood on can never be final, and it was told to stop already. */
  "chainBroken",
  /** In this term there is no own block that could be continued. */
  "nothingToContinue",
  /** A block that was recorded before a restart does not fit the chain any more, and no other may stand in its place. */
  "recordedBlockUnusable",
  /** This node is no member of the keeper set. */
  "notInKeeperSet",
] as const;

/** One of `STOP_REASONS`, or the code with which the signer refused the block. */
export type StopReason = (typeof STOP_REASONS)[number] | `sealRefused:${string}`;
