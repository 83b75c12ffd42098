import type { AccountId, MessageHash, OutboundMessage, Result } from "@sealwright/types";
import type {
  BlockContext,
  EngineAnswer,
  EngineQuery,
  MessageFacts,
  PrecheckContext,
  QueryContext,
  Totals,
  Trace,
} from "./executor.js";
import type { Rejection } from "./rejection.js";

/** What an engine read from a client's bytes; their hash is computed for it. */
export type ParsedMessage<Message> = Omit<MessageFacts, "hash"> & {
  /** Whatever the engine wants to see again when it executes the message. */
  readonly content: Message;
};

/** Reads accounts as the messages before left them. */
export interface AccountReader<Account> {
  get(id: AccountId): Account | null;
}

/** One account as it is after a message. */
export interface AccountWrite<Account> {
  readonly id: AccountId;
  /** Null: the account ceases to exist. */
  readonly account: Account | null;
}

/** Where a message executes: in a block, after all those before it. */
export interface MessageContext extends BlockContext {
  /** The thread's logical time: whatever was given so far lies at or below it. */
  readonly lt: bigint;
}

/**
 * What came of one message, as data; the builder performs it, or drops it whole when the block is full.
 */
export interface Outcome<Account> {
  /** 0 = done. What another code leaves unchanged is the engine's to say. */
  readonly code: number;
  /** A u32. */
  readonly gasUsed: number;
  /** At most `limits.RECEIPT_DETAIL_BYTES_MAX`. */
  readonly detail: Uint8Array;
  readonly writes: readonly AccountWrite<Account>[];
  /**
   * In order. Those to accounts of this very thread wait in its queue and come back through `receive`, in this block or
   * a later one; the others leave it.
   */
  readonly outbound: readonly OutboundMessage[];
  /** Differences. */
  readonly totals: Partial<Totals>;
  /** The thread's logical time afterwards; as it was when left out. */
  readonly lt?: bigint;
  /** What those who ask later are shown of it, in the engine's own form; no part of the block. */
  readonly trace?: Trace;
}

/**
 * What the author of an engine writes: what messages mean and what they do to accounts. Everything that is the same
 * for all engines (dedupe, expiry, routing, imports, limits, state update, root, proofs) is `createExecutor`'s.
 * All functions are pure and deterministic and never throw for anything that a client sent. Accounts are immutable.
 */
export interface Engine<Message, Account> {
  readonly name: string;
  /** Every static check but signatures. */
  parse(bytes: Uint8Array): Result<ParsedMessage<Message>, Rejection>;
  /** Those that `parse` accepted: null where nothing is wrong with the signature, or there is none. */
  verifySignatures(messages: readonly Message[]): readonly (Rejection | null)[];
  /** Whether checking the signature of this message costs enough to be remembered. */
  isSigned(message: Message): boolean;
  /** At the door: what `execute` would refuse on these accounts. */
  precheck(message: Message, accounts: AccountReader<Account>, context: PrecheckContext): Rejection | null;
  execute(
    message: Message,
    hash: MessageHash,
    accounts: AccountReader<Account>,
    context: MessageContext,
  ): Outcome<Account>;
  /** A message that another account sent here, of another thread or of this one. */
  receive(message: OutboundMessage, accounts: AccountReader<Account>, context: MessageContext): Outcome<Account>;
  /** Instead of `receive`, when what that gives fits no block: changes no account, so it always fits. */
  discard(message: OutboundMessage): Outcome<Account>;
  encodeAccount(account: Account): Uint8Array;
  /** Of bytes that `encodeAccount` gave or `isAccount` accepted. */
  decodeAccount(bytes: Uint8Array): Account;
  /** Whether bytes from elsewhere are an account. */
  isAccount(bytes: Uint8Array): boolean;
  /** The length of `encodeAccount`, cheaper. */
  accountSizeBytes(account: Account): number;
  /** Left out by an engine without contracts. */
  query?(query: EngineQuery, accounts: AccountReader<Account>, context: QueryContext): EngineAnswer;
  describeReceipt(code: number): Rejection | null;
}
