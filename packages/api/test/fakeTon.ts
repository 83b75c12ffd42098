import {
  Address,
  beginCell,
  Cell,
  Dictionary,
  loadMessage,
  type Message,
  storeMessage,
  storeTransaction,
  type Transaction,
  type TransactionDescription,
} from "@ton/core";
import { type AccountId, height, type MessageHash, sha256Hex } from "@sealwright/types";
import type {
  BlockSelector,
  SubmitOutcome,
  TonBackend,
  TonEmulation,
  TonGetMethodCall,
  TonGetMethodResult,
  TonRefusal,
  TonTransaction,
  TonTransactionName,
  TonTransactionQuery,
} from "../src/index.js";
import { FakeBackend } from "../src/testing/index.js";

const [THREAD] = new FakeBackend().threads();

/** A network of contracts that holds the transactions it was given, and answers everything else with a refusal. */
export class FakeTon implements TonBackend {
  /** Of every read of transactions, in order. */
  readonly limitsAsked: number[] = [];
  names: readonly TonTransactionName[] = [];
  readonly #transactions: readonly TonTransaction[];

  /** @param transactions of all accounts, oldest first */
  constructor(transactions: readonly TonTransaction[] = []) {
    this.#transactions = transactions;
  }

  async submitBoc(boc: Uint8Array): Promise<SubmitOutcome> {
    const hash = sha256Hex(boc) as MessageHash;
    const state = { status: "queued" as const, abandonedInTerm: null };
    return { type: "accepted", record: { hash, threadId: THREAD!.threadId, state }, producer: null };
  }

  async runGetMethod(_call: TonGetMethodCall): Promise<TonGetMethodResult | TonRefusal> {
    return { type: "refused", code: "unknownAccount", reason: "no contract stands at this address" };
  }

  async emulate(): Promise<TonEmulation | TonRefusal> {
    return { type: "refused", code: "notAccepted", reason: "it has no code" };
  }

  async transactions(query: TonTransactionQuery): Promise<readonly TonTransaction[]> {
    this.limitsAsked.push(query.limit);
    const all = this.#transactions.filter(({ account }) => account === query.account);
    if (query.order === "oldestFirst") return all.filter(({ lt }) => lt > query.above).slice(0, query.limit);
    const { below } = query;
    return all
      .filter(({ lt }) => below === null || lt < below)
      .reverse()
      .slice(0, query.limit);
  }

  async blockTransactions(_selector: BlockSelector): Promise<readonly TonTransactionName[]> {
    return this.names;
  }
}

export const fakeAddress = (byte: number): Address => new Address(0, Buffer.alloc(32, byte));

export function fakeMessage(src: Address, dest: Address, createdLt: bigint): Message {
  const info = {
    type: "internal" as const,
    ihrDisabled: true,
    bounce: true,
    bounced: false,
    src,
    dest,
    value: { coins: 5n },
    ihrFee: 0n,
    forwardFee: 1n,
    createdLt,
    createdAt: 1_700_000_000,
  };
  return { info, body: Cell.EMPTY };
}

const HASH_UPDATE = { oldHash: Buffer.alloc(32), newHash: Buffer.alloc(32, 1) };
const DESCRIPTION: TransactionDescription = {
  type: "generic",
  creditFirst: true,
  computePhase: { type: "skipped", reason: "no-state" },
  aborted: false,
  destroyed: false,
};

/** A transaction as a node keeps it. */
export function fakeTransaction(
  at: Address,
  lt: bigint,
  { incoming, sent = [] }: { readonly incoming: Message; readonly sent?: readonly Message[] },
): TonTransaction {
  const outMessages: Transaction["outMessages"] = Dictionary.empty(Dictionary.Keys.Uint(15), {
    serialize: (message, builder) => builder.storeRef(beginCell().store(storeMessage(message)).endCell()),
    parse: (slice) => loadMessage(slice.loadRef().beginParse()),
  });
  const transaction: Transaction = {
    address: BigInt(`0x${at.hash.toString("hex")}`),
    lt,
    prevTransactionHash: 0n,
    prevTransactionLt: 0n,
    now: 1_700_000_000,
    outMessagesCount: sent.length,
    oldStatus: "active",
    endStatus: "active",
    inMessage: incoming,
    outMessages,
    totalFees: { coins: 3n },
    stateUpdate: HASH_UPDATE,
    description: DESCRIPTION,
    raw: Cell.EMPTY,
    hash: () => Buffer.alloc(0),
  };
  for (const [i, message] of sent.entries()) outMessages.set(i, message);
  const boc = beginCell().store(storeTransaction(transaction)).endCell().toBoc();
  const account = at.hash.toString("hex") as AccountId;
  return { account, lt, boc: new Uint8Array(boc), threadId: THREAD!.threadId, height: height(1) };
}
