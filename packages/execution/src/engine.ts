import type { AccountId, MessageHash, OutboundMessage, Result } from "@sealwright/types";
import type { BlockContext, MessageFacts, Totals } from "./executor.js";
import type { Rejection } from "./rejection.js";

export type ParsedMessage<Message> = Omit<MessageFacts, "hash"> & {
  /** Whatever the engine wants to see again when it executes the message. */
  readonly content: Message;
};

/** Reads accounts as the messages before left them. */
export interface AccountReader<Account> {
  get(id: AccountId): Account | null;
}

export interface AccountWrite<Account> {
  readonly id: AccountId;
  readonly account: Account;
}

/**
 * What came of one message, as data; the builder performs it, or drops it whole when the block is full.
 * A code other than 0 goes with no writes, no outbound messages and no change of totals.
 */
export interface Outcome<Account> {
  readonly code: number;
  /** A u32. */
  readonly gasUsed: number;
  /** At most `limits.RECEIPT_DETAIL_BYTES_MAX`. */
  readonly detail: Uint8Array;
  readonly writes: readonly AccountWrite<Account>[];
  readonly outbound: readonly OutboundMessage[];
  /** Differences. */
  readonly totals: Partial<Totals>;
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
  precheck(message: Message, accounts: AccountReader<Account>): Rejection | null;
  execute(
    message: Message,
    hash: MessageHash,
    accounts: AccountReader<Account>,
    context: BlockContext,
  ): Outcome<Account>;
  /** A message that another thread sent here. */
  receive(message: OutboundMessage, accounts: AccountReader<Account>, context: BlockContext): Outcome<Account>;
  encodeAccount(account: Account): Uint8Array;
  /** Null when the bytes are no account. */
  decodeAccount(bytes: Uint8Array): Account | null;
  /** The length of `encodeAccount`, cheaper. */
  accountSizeBytes(account: Account): number;
  describeReceipt(code: number): Rejection | null;
}
