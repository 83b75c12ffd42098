import type { AccountId, BlockId, MessageHash, UnixMs } from "@sealwright/types";

/** What a block says of one external message. */
export interface ExecutedMessage {
  readonly blockTimeMs: UnixMs;
  /** Null when the contract did not accept the message, or did not run, so that no transaction was made. */
  readonly transaction: { readonly account: AccountId; readonly lt: bigint; readonly hash: Uint8Array } | null;
  /** How the contract ended; null when it did not run, which leaves no transaction. */
  readonly exitCode: number | null;
  /** How doing what it wanted ended, 0 when well; null when nothing was tried. */
  readonly actionCode: number | null;
  /** Paid for, and nothing else happened. */
  readonly aborted: boolean;
}

/** What Acki Nacki's SDK asks of a keeper beside what TON's tools do; there where the engine is the TVM. */
export interface AckiNackiBackend {
  /** @returns null when the block is not held here any more, or does not hold the message */
  executed(message: MessageHash, blockId: BlockId): Promise<ExecutedMessage | null>;
}
