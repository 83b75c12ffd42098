import type { AccountId, BlockId, Height, ThreadId } from "@sealwright/types";
import type { SubmitOutcome } from "./message.js";
import type { BlockSelector } from "./records.js";

/** One transaction of a final block. */
export interface TonTransaction {
  readonly account: AccountId;
  readonly lt: bigint;
  /** Bag of cells. */
  readonly boc: Uint8Array;
  readonly threadId: ThreadId;
  readonly height: Height;
}

/** Names a transaction, as a block's receipts do. */
export interface TonTransactionName {
  readonly account: AccountId;
  readonly lt: bigint;
  /** Of the transaction's cell, 32 bytes. */
  readonly hash: Uint8Array;
}

/** A page of one account's transactions, by logical time. */
export type TonTransactionQuery = {
  readonly account: AccountId;
  /** 1 to `TON_TRANSACTIONS_MAX`. */
  readonly limit: number;
} & (
  | {
      readonly order: "newestFirst";
      /** Only transactions with a smaller logical time; null: from the newest on. */
      readonly below: bigint | null;
    }
  | {
      readonly order: "oldestFirst";
      /** Only transactions with a larger logical time. */
      readonly above: bigint;
    }
);

/** Transactions on one page. */
export const TON_TRANSACTIONS_MAX = 1_000;

/** Why a question has no answer, in the engine's words: a code and one sentence. */
export interface TonRefusal {
  readonly type: "refused";
  readonly code: string;
  readonly reason: string;
}

/** A method of a contract to run, without any effect. */
export interface TonGetMethodCall {
  readonly account: AccountId;
  readonly methodId: number;
  /** Bag of cells of a serialized stack (`serializeTuple` of @ton/core). */
  readonly stack: Uint8Array;
}

/** How it ended; an `exitCode` other than 0 and 1 is a failure of the contract. */
export interface TonGetMethodResult {
  readonly type: "done";
  readonly exitCode: number;
  readonly gasUsed: bigint;
  /** Bag of cells of a serialized stack (`parseTuple` of @ton/core). */
  readonly stack: Uint8Array;
}

/** The transaction that the message would have made. */
export interface TonEmulation {
  readonly type: "done";
  /** Bag of cells. */
  readonly transaction: Uint8Array;
}

/**
 * What TON's own tools ask of a keeper, on a network whose engine is the TVM; the node implements it. All reads are of
 * final blocks unless a block is named. An account itself is read with `NodeBackend.account`: its value is the bag of
 * cells of a shard account (`viewShardAccount` of @sealwright/execution). Everything that runs a contract runs off the main thread
 * and after blocks: a flood of questions delays questions. Rejects only with the node's own failures.
 */
export interface TonBackend {
  /**
   * Offers an external message as TON's tools make it, which names no expiry: it lives 30 to 60 s here. Resolves when it
   * is durable here or refused; the hash in the outcome is the one that `NodeBackend.message` and `/v1/messages` know.
   * @param boc bag of cells with one external inbound message
   */
  submitBoc(boc: Uint8Array): Promise<SubmitOutcome>;
  /** @param at a block whose state this node holds; the last final one unless given */
  runGetMethod(call: TonGetMethodCall, at?: BlockId): Promise<TonGetMethodResult | TonRefusal>;
  /**
   * What an external message would do at the last final block: its fees, its result. Nothing is changed.
   * @param options.ignoresSignatures every signature counts as good: to price a message before it is signed
   */
  emulate(boc: Uint8Array, options: { readonly ignoresSignatures: boolean }): Promise<TonEmulation | TonRefusal>;
  /** Blocks that this node took over without executing them, or pruned, leave gaps. */
  transactions(query: TonTransactionQuery): Promise<readonly TonTransaction[]>;
  /** In the order of execution; null when the block is not known here, or pruned. */
  blockTransactions(selector: BlockSelector): Promise<readonly TonTransactionName[] | null>;
  /** Resolves after what waits for the main thread now has had its turn: for work of many parts, between two of them. */
  turn(): Promise<void>;
}
