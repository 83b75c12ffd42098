import type { BlockFacts } from "@sealwright/consensus";
import type { SealedBlock } from "@sealwright/types";

/** A block with its identity but without its signature, on its way to leave. */
export interface SealDraft {
  /** Its signature is 96 zero bytes until the forge gave one. */
  readonly unsigned: SealedBlock;
  readonly facts: BlockFacts;
  /** Build number of its state; null after a restart, when the keeper executes it like any other block. */
  readonly build: number | null;
  /** Its state was made here and is still held; else the keeper executes the block like any other. */
  readonly isStateHeld: boolean;
}

/** Recorded before it is signed, signed before it leaves: a crash between the steps repeats them with the same bytes. */
export type Sealing = { readonly stage: "idle" } | UnderSeal;

/** How far the block is that is being sealed. */
export type UnderSeal =
  | { readonly stage: "recording"; readonly draft: SealDraft }
  /** `retryAtMs`: monotonic, when a signer that failed is asked again; null while it is asked. */
  | { readonly stage: "signing"; readonly draft: SealDraft; readonly retryAtMs: number | null };
