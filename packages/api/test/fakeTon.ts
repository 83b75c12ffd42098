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

  async emulate(_boc: Uint8Array): Promise<TonEmulation | TonRefusal> {
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

  turns = 0;

  async turn(): Promise<void> {
    this.turns += 1;
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

/**
 * A message between accounts that brings a contract whose libraries are a dictionary of 2^200 entries in 200 cells: nobody
 * can ever visit them all.
 */
export function endlessMessage(src: Address, dest: Address, createdLt: bigint): Cell {
  const init = beginCell().storeUint(0, 2).storeMaybeRef(Cell.EMPTY).storeMaybeRef(null).storeMaybeRef(endlessForks());
  return beginCell()
    .storeUint(0b0110, 4)
    .storeAddress(src)
    .storeAddress(dest)
    .storeCoins(5n)
    .storeBit(false)
    .storeCoins(0n)
    .storeCoins(1n)
    .storeUint(createdLt, 64)
    .storeUint(1_700_000_000, 32)
    .storeUint(0b11, 2)
    .storeRef(init)
    .storeBit(false)
    .storeUint(7, 32)
    .endCell();
}

/** A dictionary of 2^200 entries in 200 cells. */
export function endlessForks(): Cell {
  let cell = beginCell().storeUint(0, 2).storeUint(0, 8).endCell();
  for (let i = 0; i < 200; i++) cell = beginCell().storeUint(0, 2).storeRef(cell).storeRef(cell).endCell();
  return cell;
}

/** A transaction as a node keeps it. */
export function fakeTransaction(
  at: Address,
  lt: bigint,
  { incoming, sent = [] }: { readonly incoming: Message; readonly sent?: readonly (Message | Cell)[] },
): TonTransaction {
  // The library would write its own reading of a message, which is not always the message.
  const cells = new Map(
    sent.map((one): readonly [Message, Cell] => [
      { ...incoming },
      one instanceof Cell ? one : beginCell().store(storeMessage(one)).endCell(),
    ]),
  );
  const outMessages: Transaction["outMessages"] = Dictionary.empty(Dictionary.Keys.Uint(15), {
    serialize: (message, builder) => builder.storeRef(cells.get(message)!),
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
  for (const [i, message] of [...cells.keys()].entries()) outMessages.set(i, message);
  const boc = beginCell().store(storeTransaction(transaction)).endCell().toBoc();
  const account = at.hash.toString("hex") as AccountId;
  return { account, lt, boc: new Uint8Array(boc), threadId: THREAD!.threadId, height: height(1) };
}
