import { beginCell, type Cell, contractAddress } from "@ton/core";
import { Ed25519SecretKey } from "@sealwright/crypto";
import {
  accountIdOfAddress,
  encodeExternalTo,
  encodeTvmEnvelope,
  tvmGenesisEntries,
  WORKCHAIN,
} from "@sealwright/execution";
import {
  type AccountId,
  assert,
  createThreadsTable,
  type NetworkId,
  sha256,
  sha256Hex,
  type StateChange,
  type ThreadId,
  threadOf,
  type ThreadsTable,
  type UnixMs,
  unixMs,
  unwrap,
  ZERO_BLOCK_ID,
} from "@sealwright/types";
import { createLoadTransfer } from "../../wallets/loadTransfer.js";
import { loadWallets } from "../../wallets/wallet.js";

export const TVM_WORK = ["wallets", "counters"] as const;
export type TvmWorkName = (typeof TVM_WORK)[number];

/** External messages for contracts of one thread, in an order in which every contract accepts each of its own. */
export interface TvmWorkload {
  readonly networkId: NetworkId;
  readonly threadId: ThreadId;
  readonly threadsTable: ThreadsTable;
  readonly genesis: readonly StateChange[];
  readonly messages: readonly Uint8Array[];
}

export const WORK_BEGINS_MS = 1_700_000_000_000;
/** Within what a block takes from the first to the last one of a run. */
const EXPIRES_MS = unixMs(WORK_BEGINS_MS + 55_000);
const CONTRACTS = 512;
const BALANCE = 1_000_000_000_000n;
const NETWORK = sha256Hex(Buffer.from("sealwright bench")) as NetworkId;

export interface TvmWorkOptions {
  readonly messages: number;
  readonly threads: number;
  /** Of the threads table. */
  readonly thread: number;
}

export function createTvmWorkload(name: TvmWorkName, options: TvmWorkOptions): TvmWorkload {
  const threadsTable = createThreadsTable(options.threads, ZERO_BLOCK_ID);
  const { threadId } = threadsTable[options.thread]!;
  const isOwn = (id: AccountId): boolean => threadOf(threadsTable, id) === threadId;
  const { ids, message } = name === "wallets" ? walletWork(isOwn) : counterWork(isOwn);
  const accounts = ids.map((id) => ({ id, balance: BALANCE }));
  return {
    networkId: NETWORK,
    threadId,
    threadsTable,
    genesis: tvmGenesisEntries(threadId, threadsTable, accounts, WORK_BEGINS_MS as UnixMs),
    messages: Array.from({ length: options.messages }, (_, i) => message(i)),
  };
}

interface Work {
  readonly ids: readonly AccountId[];
  readonly message: (i: number) => Uint8Array;
}

/** Each wallet in turn pays the next one: two transactions a message. */
function walletWork(isOwn: (id: AccountId) => boolean): Work {
  const seed = sha256(Buffer.from("sealwright bench wallets"));
  const key = unwrap(Ed25519SecretKey.fromSeed(seed));
  const wallets = loadWallets(seed, CONTRACTS * 8)
    .filter(({ id }) => isOwn(id))
    .slice(0, CONTRACTS);
  assert(wallets.length === CONTRACTS, "there are enough wallets in every thread");
  const message = (i: number): Uint8Array => {
    const round = Math.floor(i / CONTRACTS);
    const [wallet, to] = [wallets[i % CONTRACTS]!, wallets[(i + 1) % CONTRACTS]!.address];
    const seqno = round === 0 ? null : round;
    return createLoadTransfer({
      networkId: NETWORK,
      wallet,
      key,
      seqno,
      payments: [{ to, amount: 1_000_000n }],
      expiresAtMs: EXPIRES_MS,
    });
  };
  return { ids: wallets.map(({ id }) => id), message };
}

/**
 * Counts the messages that it accepts, from anybody: one transaction each. In the words of the machine: IFNOTRET ACCEPT
 * DROP c4 PUSH CTOS 64 LDU DROP INC NEWC 64 STU ENDC c4 POP.
 */
const COUNTER = beginCell().storeBuffer(Buffer.from("ddf80030ed44d0d33f30a4c8cb3fc9ed54", "hex")).endCell();

function counterWork(isOwn: (id: AccountId) => boolean): Work {
  const counters: { readonly id: AccountId; readonly init: { readonly code: Cell; readonly data: Cell } }[] = [];
  for (let start = 0n; counters.length < CONTRACTS; start += 1_000_000n) {
    const init = { code: COUNTER, data: beginCell().storeUint(start, 64).endCell() };
    const id = accountIdOfAddress(contractAddress(WORKCHAIN, init))!;
    if (isOwn(id)) counters.push({ id, init });
  }
  const message = (i: number): Uint8Array => {
    const { init } = counters[i % CONTRACTS]!;
    const body = beginCell().storeUint(i, 64).endCell();
    const boc = encodeExternalTo(contractAddress(WORKCHAIN, init), { body, init: i < CONTRACTS ? init : null });
    return encodeTvmEnvelope({ networkId: NETWORK, expiresAtMs: EXPIRES_MS, boc });
  };
  return { ids: counters.map(({ id }) => id), message };
}
