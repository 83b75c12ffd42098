import type { AccountId, NetworkId, OutboundMessage } from "@sealwright/types";
import type { AccountReader, Engine, MessageContext, Outcome } from "../engine.js";
import type { TvmMachine } from "./emulator.js";
import { BocView } from "./bocView.js";
import { answerQuery, NO_SEED, refusalAtTheDoor } from "./tvmQuery.js";
import { carriedOf, sentMessages } from "./sentMessages.js";
import { lastTransactionHash, viewTransaction } from "./transaction.js";
import { NO_ACCOUNT, TvmAccount } from "./tvmAccount.js";
import { BLOCK_GAS_PER_VM_GAS, EXTERNAL_GAS_CREDIT, TRANSACTION_GAS_BASE } from "./tvmConfig.js";
import { parseTvmMessage, type TvmMessage } from "./tvmMessage.js";
import { describeTvmReceipt, encodeRefusalDetail, encodeTransactionDetail, TVM_RECEIPT } from "./tvmReceipt.js";

/** What the engine is told of its network: messages to another one are refused. */
export interface TvmOptions {
  readonly networkId: NetworkId;
}

type TvmOutcome = Outcome<TvmAccount>;

/** Its gas alone ends what is asked. */
const NEVER_OVER = (): boolean => false;
const NO_DETAIL = new Uint8Array(0);

/** The TON Virtual Machine: accounts are contracts, messages are those of TON. */
export function tvmEngine(
  { networkId }: TvmOptions,
  { emulator }: { readonly emulator: TvmMachine },
): Engine<TvmMessage, TvmAccount> {
  return {
    name: "tvm",
    parse: (bytes) => parseTvmMessage(networkId, bytes),
    // Contracts check their messages themselves, with keys that only they know.
    verifySignatures: (messages) => messages.map(() => null),
    isSigned: () => false,
    precheck: ({ account, message }, accounts, { nowMs }) => {
      const context = { nowS: secondsOf(nowMs), lt: 1n, randomSeed: NO_SEED };
      const shardAccount = accounts.get(account)?.base64 ?? NO_ACCOUNT;
      const emulated = emulator.tryAtTheDoor({ shardAccount, message, context });
      return emulated.type === "done" ? null : refusalAtTheDoor(emulated);
    },
    execute: ({ account, message }, _hash, accounts, context) =>
      transact(emulator, { account, message, carried: 0n, forwarding: 0n, isExternal: true }, accounts, context),
    receive: (message, accounts, context) => received(emulator, message, accounts, context),
    discard: discarded,
    query: (query, accounts, { nowMs, isOver = NEVER_OVER }) =>
      answerQuery(emulator, query, accounts, { nowS: secondsOf(nowMs), isOver }),
    encodeAccount: (account) => account.bytes,
    decodeAccount: (bytes) => new TvmAccount(bytes),
    isAccount: (bytes) => TvmAccount.decode(bytes) !== null,
    accountSizeBytes: (account) => account.bytes.length,
    describeReceipt: describeTvmReceipt,
  };
}

interface Incoming {
  readonly account: AccountId;
  /** Base64 of the message's cell. */
  readonly message: string;
  readonly carried: bigint;
  /** The part of it that pays for the way here. */
  readonly forwarding: bigint;
  readonly isExternal: boolean;
}

function received(
  emulator: TvmMachine,
  { destination, body, source }: OutboundMessage,
  accounts: AccountReader<TvmAccount>,
  context: MessageContext,
): TvmOutcome {
  const internal = carriedOf(body);
  if (internal === null) return discarded({ source, destination, body });
  const message = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("base64");
  return transact(emulator, { account: destination, message, ...internal, isExternal: false }, accounts, context);
}

function transact(
  emulator: TvmMachine,
  { account: id, message, carried, forwarding, isExternal }: Incoming,
  accounts: AccountReader<TvmAccount>,
  context: MessageContext,
): TvmOutcome {
  const before = accounts.get(id);
  const emulated = emulator.runTransaction({
    shardAccount: before?.base64 ?? NO_ACCOUNT,
    message,
    context: { nowS: secondsOf(context.timeMs), lt: context.lt + 1n, randomSeed: context.randomnessSeed },
  });
  if (emulated.type !== "done") {
    if (!isExternal) return lost(carried);
    return emulated.type === "skipped" ? SKIPPED : notAccepted(emulated.type === "failed" ? null : emulated.exitCode);
  }
  const boc = new Uint8Array(Buffer.from(emulated.transaction, "base64"));
  const transaction = new BocView(boc);
  const { lt: startLt, isAccountGone, totalFees, outMessages, ...result } = viewTransaction(transaction);
  const { code, gasUsed, exitCode, actionCode } = result;
  const shardAccount = new Uint8Array(Buffer.from(emulated.shardAccount, "base64"));
  const hash = lastTransactionHash(new BocView(shardAccount));
  const after = isAccountGone ? null : new TvmAccount(shardAccount);
  const lt = maxOf(context.lt, startLt + BigInt(outMessages.length) + 1n);
  const sent = sentMessages(id, transaction, outMessages, lt);
  // What the account paid, what it took to bring the message here, and what was sent to nowhere.
  const fees = totalFees + forwarding + sent.lost;
  return {
    code,
    gasUsed: blockGasOf(gasUsed),
    detail: encodeTransactionDetail({ account: id, lt: startLt, hash, exitCode, actionCode }),
    writes: [{ id, account: after }],
    outbound: sent.messages,
    totals: { balances: carried - sent.carried - fees, received: carried, sent: sent.carried, fees },
    lt,
    trace: { account: id, lt: startLt, bytes: boc },
  };
}

function blockGasOf(vmGas: number): number {
  return TRANSACTION_GAS_BASE + BLOCK_GAS_PER_VM_GAS * vmGas;
}

function notAccepted(exitCode: number | null): TvmOutcome {
  return {
    code: TVM_RECEIPT.notAccepted,
    gasUsed: blockGasOf(EXTERNAL_GAS_CREDIT),
    detail: encodeRefusalDetail(exitCode),
    writes: [],
    outbound: [],
    totals: {},
  };
}

const SKIPPED: TvmOutcome = {
  code: TVM_RECEIPT.computeSkipped,
  gasUsed: blockGasOf(0),
  detail: NO_DETAIL,
  writes: [],
  outbound: [],
  totals: {},
};

function discarded({ body }: OutboundMessage): TvmOutcome {
  return lost(carriedOf(body)?.carried ?? 0n);
}

/** The message did nothing; its value went to the fees. */
function lost(carried: bigint): TvmOutcome {
  return {
    code: TVM_RECEIPT.discarded,
    gasUsed: blockGasOf(0),
    detail: NO_DETAIL,
    writes: [],
    outbound: [],
    totals: { received: carried, fees: carried },
  };
}

function secondsOf(timeMs: number): number {
  return Math.floor(timeMs / 1_000);
}

function maxOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
