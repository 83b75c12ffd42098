import type { BlockHeader, ChainId } from "@sealwright/tezos";
import type { Result } from "@sealwright/types";
import type { TezosKeyHash } from "../keyId.js";
import type { BlockToBake } from "../requests/blockToBake.js";

/** A header that is ready to be signed. */
export interface PreparedBlock {
  /** Of whose chain the node is that applied it. A header does not say so; the forge signs for no other chain than was asked. */
  readonly chainId: ChainId;
  readonly header: BlockHeader;
  /** Operations, fees, seed nonce: carried into the `tezosBlockReady` outcome as it is. */
  readonly extra: unknown;
}

/** Why there is no block to sign; no mark was burnt for it. */
export interface PreparationFailure {
  readonly message: string;
  readonly retryable: boolean;
  readonly cause?: unknown;
}

/** For which chain, and until when anybody waits. */
export interface PrepareOptions {
  readonly chainId: ChainId;
  readonly signal: AbortSignal;
}

/**
 * Makes unsigned blocks: chooses operations, asks a node to apply them, finds the proof of work. Runs in the background,
 * several at once, and delays neither votes nor other blocks.
 */
export interface BlockPreparer {
  /** Settles soon after `signal` is aborted. */
  prepare(
    block: BlockToBake,
    key: TezosKeyHash,
    options: PrepareOptions,
  ): Promise<Result<PreparedBlock, PreparationFailure>>;
}
