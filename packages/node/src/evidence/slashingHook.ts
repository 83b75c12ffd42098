import type { Offence } from "@sealwright/consensus";
import type { Evidence } from "@sealwright/types";

/** A proved fault, durable here, and known to the other keepers or on its way to them. */
export interface ProvedOffence {
  readonly offence: Offence;
  readonly evidence: Evidence;
  /** The encoding that anyone can check with the BK set alone. */
  readonly bytes: Uint8Array;
}

/**
 * What punishes. Every proved offence is handed over at least once: all that is kept comes again after a restart, so tell
 * offences apart by `offenceKey`. A hook that fails is logged and harms nothing else.
 */
export interface SlashingHook {
  offenceProved(proved: ProvedOffence): void | Promise<void>;
}
