import type { Height } from "@sealwright/types";

/** What one of the next blocks shall carry about a keeper's conduct. */
export interface WaitingAccusation {
  readonly bytes: Uint8Array;
  /** Once a block at this height is final, nobody has use for it in a block. */
  readonly height: Height;
}
