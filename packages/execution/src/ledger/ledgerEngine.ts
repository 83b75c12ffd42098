import { ed25519VerifyBatch } from "@sealwright/crypto";
import { assert, type MessageHash, type NetworkId, type OutboundMessage, threadOf } from "@sealwright/types";
import type { AccountReader, AccountWrite, Engine, Outcome } from "../engine.js";
import type { BlockContext } from "../executor.js";
import { type Rejection, rejection } from "../rejection.js";
import { decodeLedgerAccount, encodeLedgerAccount, LEDGER_ACCOUNT_BYTES, type LedgerAccount } from "./account.js";
import { decodeCredit, encodeCredit } from "./credit.js";
import { type LedgerMessage, parseLedgerMessage } from "./ledgerMessage.js";
import { describeLedgerReceipt, LEDGER_RECEIPT, ledgerRejection, type LedgerRefusal } from "./ledgerReceipt.js";
import { nonceStatus, UNUSED_NONCES, withNonce } from "./nonceWindow.js";

/** What the keepers of a network agree on. */
export interface LedgerOptions {
  readonly networkId: NetworkId;
  /** Base units that each executed transfer pays beside its amount. */
  readonly transferFee: bigint;
}

/** What a message takes of a block's gas. */
export const LEDGER_GAS = { transfer: 100, credit: 60, refused: 40, store: 20, storePerKiB: 2 } as const;

type Transfer = Extract<LedgerMessage, { type: "transfer" }>;
type LedgerOutcome = Outcome<LedgerAccount>;

/**
 * Accounts with balances, signed transfers, and messages that are only stored. A transfer to an account of the same
 * thread credits at once; to another thread it leaves as an internal message and is credited when imported there.
 */
export function ledgerEngine({ networkId, transferFee }: LedgerOptions): Engine<LedgerMessage, LedgerAccount> {
  assert(transferFee >= 0n && transferFee <= BALANCE_MAX, "the fee is a u64");
  return {
    name: "ledger",
    parse: (bytes) => parseLedgerMessage(networkId, bytes),
    verifySignatures: verifyTransfers,
    isSigned: (message) => message.type === "transfer",
    precheck: (message, accounts) =>
      message.type === "store" ? null : precheckTransfer(message, accounts, transferFee),
    execute: (message, hash, accounts, context) =>
      message.type === "store"
        ? stored(message.payloadBytes)
        : transferred(message, hash, { accounts, context, transferFee }),
    receive: credited,
    discard: () => refused("malformed"),
    encodeAccount: encodeLedgerAccount,
    decodeAccount: (bytes) => {
      const account = decodeLedgerAccount(bytes);
      assert(account !== null, "a state's accounts were checked when it was loaded");
      return account;
    },
    isAccount: (bytes) => decodeLedgerAccount(bytes) !== null,
    accountSizeBytes: () => LEDGER_ACCOUNT_BYTES,
    describeReceipt: describeLedgerReceipt,
  };
}

const BALANCE_MAX = 0xffff_ffff_ffff_ffffn;
const NO_DETAIL = new Uint8Array(0);

interface TransferSurroundings {
  readonly accounts: AccountReader<LedgerAccount>;
  readonly context: BlockContext;
  readonly transferFee: bigint;
}

function verifyTransfers(messages: readonly LedgerMessage[]): (Rejection | null)[] {
  const transfers = messages.filter((message) => message.type === "transfer");
  const good = ed25519VerifyBatch(
    transfers.map(({ publicKey, signedBytes, signature }) => ({ publicKey, message: signedBytes, signature })),
  );
  let next = 0;
  return messages.map((message) =>
    message.type === "store" || good[next++] === 1
      ? null
      : rejection("badSignature", "the signature is not that of the sending key over this message"),
  );
}

function precheckTransfer(transfer: Transfer, accounts: AccountReader<LedgerAccount>, fee: bigint): Rejection | null {
  const refusal = refusalOf(transfer, accounts.get(transfer.from), fee);
  return refusal === null ? null : ledgerRejection(refusal);
}

function refusalOf(transfer: Transfer, sender: LedgerAccount | null, fee: bigint): LedgerRefusal | null {
  if (sender === null) return "unknownAccount";
  const nonce = nonceStatus(sender.nonces, transfer.nonce);
  if (nonce !== "free") return NONCE_REFUSALS[nonce];
  return sender.balance < transfer.amount + fee ? "insufficientFunds" : null;
}

const NONCE_REFUSALS = { used: "nonceUsed", tooOld: "nonceTooOld", tooHigh: "nonceTooHigh" } as const;

function transferred(transfer: Transfer, hash: MessageHash, around: TransferSurroundings): LedgerOutcome {
  const { accounts, context, transferFee: fee } = around;
  const sender = accounts.get(transfer.from);
  const refusal = refusalOf(transfer, sender, fee);
  if (sender === null || refusal !== null) return refused(refusal ?? "unknownAccount");
  const { from, to, amount } = transfer;
  const nonces = withNonce(sender.nonces, transfer.nonce);
  const debited: AccountWrite<LedgerAccount> = {
    id: from,
    account: { balance: sender.balance - amount - fee, nonces },
  };
  if (threadOf(context.threadsTable, to) !== context.threadId) {
    const outbound = { source: from, destination: to, body: encodeCredit({ amount, origin: hash }) };
    return done(LEDGER_GAS.transfer, [debited], { balances: -amount - fee, fees: fee, sent: amount }, [outbound]);
  }
  if (to === from) {
    return done(LEDGER_GAS.transfer, [{ id: from, account: { balance: sender.balance - fee, nonces } }], {
      balances: -fee,
      fees: fee,
    });
  }
  const credit = creditTo(accounts.get(to), amount);
  if (credit === null) return refused("balanceOverflow");
  return done(LEDGER_GAS.transfer, [debited, { id: to, account: credit }], { balances: -fee, fees: fee });
}

function credited(message: OutboundMessage, accounts: AccountReader<LedgerAccount>): LedgerOutcome {
  const credit = decodeCredit(message.body);
  if (credit === null) return refused("malformed");
  const account = creditTo(accounts.get(message.destination), credit.amount);
  if (account === null) return refused("balanceOverflow");
  const totals = { balances: credit.amount, received: credit.amount };
  return done(LEDGER_GAS.credit, [{ id: message.destination, account }], totals);
}

/** Null when the balance would not fit: genesis bounds the supply, so only broken state leads there. */
function creditTo(account: LedgerAccount | null, amount: bigint): LedgerAccount | null {
  const { balance, nonces } = account ?? { balance: 0n, nonces: UNUSED_NONCES };
  return balance + amount > BALANCE_MAX ? null : { balance: balance + amount, nonces };
}

function stored(payloadBytes: number): LedgerOutcome {
  return done(LEDGER_GAS.store + LEDGER_GAS.storePerKiB * Math.ceil(payloadBytes / 1_024), [], {});
}

function refused(refusal: LedgerRefusal): LedgerOutcome {
  return {
    code: LEDGER_RECEIPT[refusal],
    gasUsed: LEDGER_GAS.refused,
    detail: NO_DETAIL,
    writes: [],
    outbound: [],
    totals: {},
  };
}

function done(
  gasUsed: number,
  writes: LedgerOutcome["writes"],
  totals: LedgerOutcome["totals"],
  outbound: readonly OutboundMessage[] = [],
): LedgerOutcome {
  return { code: LEDGER_RECEIPT.done, gasUsed, detail: NO_DETAIL, writes, outbound, totals };
}
