import {
  beginCell,
  Cell,
  external,
  getMethodId,
  loadShardAccount,
  loadStateInit,
  storeMessage,
  type ShardAccount,
} from "@ton/core";
import { height, limits } from "@sealwright/types";
import type { NodeBackend } from "../backend/nodeBackend.js";
import { TON_TRANSACTIONS_MAX, type TonBackend, type TonRefusal } from "../backend/tonBackend.js";
import { API_ERRORS } from "../errors/apiErrors.js";
import { blockIdJson, threadParam } from "./tonBlockId.js";
import { badParam, TonError } from "./tonError.js";
import { accountOf, addressParam, bytesParam, intParam, ltParam, type TonParams } from "./tonParams.js";
import { encodeStack, stackJson } from "./tonStack.js";
import { readTransaction, storageFeeOf, transactionJson } from "./tonTransactionJson.js";

/** Transactions in one answer, as TON's public nodes bound it. */
const PAGE_MAX = 100;

export interface TonContext {
  readonly backend: NodeBackend;
  readonly ton: TonBackend;
  readonly nowMs: () => number;
}

type Method = (context: TonContext, params: TonParams) => Promise<unknown>;

/** The methods of TON's HTTP interface (version 2) that this network has an answer to. */
export const TON_METHODS: Readonly<Record<string, Method>> = {
  getMasterchainInfo,
  shards,
  getBlockTransactions,
  getAddressInformation,
  getAddressBalance: async (context, params) => String((await readAccount(context, params)).balance),
  getAddressState: async (context, params) => (await readAccount(context, params)).state,
  runGetMethod,
  sendBoc,
  estimateFee,
  getTransactions,
  tryLocateResultTx,
  tryLocateSourceTx,
  tryLocateTx: tryLocateResultTx,
};

async function getMasterchainInfo({ backend }: TonContext): Promise<unknown> {
  const [master] = backend.threads();
  if (master === undefined) throw new TonError(500, "this network has no thread");
  const last = blockIdJson(master, 0, master.final);
  return {
    "@type": "blocks.masterchainInfo",
    last,
    state_root_hash: last["root_hash"],
    init: blockIdJson(master, 0, null),
  };
}

/** Threads do not depend on each other's heights: the newest final block of each is the answer for every seqno that exists. */
async function shards({ backend }: TonContext, params: TonParams): Promise<unknown> {
  const threads = backend.threads();
  const newest = Number(threads[0]?.final?.height ?? 0n);
  intParam(params, "seqno", { min: 0, max: newest });
  return {
    "@type": "blocks.shards",
    shards: threads.slice(1).map((thread, i) => blockIdJson(thread, i + 1, thread.final)),
  };
}

async function getBlockTransactions({ backend, ton }: TonContext, params: TonParams): Promise<unknown> {
  const { thread, index } = threadParam(backend.threads(), params);
  const seqno = intParam(params, "seqno", { min: 0, max: Number.MAX_SAFE_INTEGER });
  const count = intParam(params, "count", { min: 1, max: PAGE_MAX * 10, fallback: 40 });
  const selector = { type: "height", threadId: thread.threadId, height: height(seqno) } as const;
  const names = await ton.blockTransactions(selector);
  const block = names === null ? null : await backend.block(selector);
  if (names === null || block === null) throw new TonError(404, `no block ${seqno} of that shard is kept here`);
  const { id: blockId, header } = block.block;
  return {
    "@type": "blocks.transactions",
    id: blockIdJson(thread, index, { threadId: thread.threadId, height: header.height, term: header.term, blockId }),
    req_count: count,
    incomplete: names.length > count,
    transactions: names.slice(0, count).map(({ account, lt, hash }) => ({
      "@type": "blocks.shortTxId",
      mode: 135,
      account: `0:${account}`,
      lt: String(lt),
      hash: Buffer.from(hash).toString("base64"),
    })),
  };
}

type AccountInformation = Record<string, unknown> & { readonly balance: string; readonly state: string };

async function getAddressInformation(context: TonContext, params: TonParams): Promise<AccountInformation> {
  return readAccount(context, params);
}

async function readAccount({ backend, nowMs }: TonContext, params: TonParams): Promise<AccountInformation> {
  const address = addressParam(params, "address");
  const record = await backend.account(accountOf(address), "final");
  if (record === null) throw new TonError(503, "this node holds no state of that account's thread yet");
  const shard = record.state === null ? null : readShardAccount(record.state.value);
  const state = shard?.account?.storage.state ?? { type: "uninit" as const };
  const init = state.type === "active" ? state.state : null;
  const threads = backend.threads();
  const index = Math.max(
    0,
    threads.findIndex(({ threadId }) => threadId === record.block.threadId),
  );
  return {
    "@type": "raw.fullAccountState",
    balance: String(shard?.account?.storage.balance.coins ?? 0n),
    extra_currencies: [],
    code: init?.code?.toBoc().toString("base64") ?? "",
    data: init?.data?.toBoc().toString("base64") ?? "",
    last_transaction_id: {
      "@type": "internal.transactionId",
      lt: String(shard?.lastTransactionLt ?? 0n),
      hash: Buffer.from((shard?.lastTransactionHash ?? 0n).toString(16).padStart(64, "0"), "hex").toString("base64"),
    },
    block_id: blockIdJson(threads[index]!, index, record.block),
    frozen_hash:
      state.type === "frozen"
        ? Buffer.from(state.stateHash.toString(16).padStart(64, "0"), "hex").toString("base64")
        : "",
    sync_utime: Math.floor((threads[index]!.headTimeMs ?? nowMs()) / 1_000),
    state: state.type === "active" ? "active" : state.type === "frozen" ? "frozen" : "uninitialized",
  };
}

function readShardAccount(value: Uint8Array): ShardAccount {
  return loadShardAccount(Cell.fromBoc(Buffer.from(value))[0]!.beginParse());
}

async function runGetMethod(context: TonContext, params: TonParams): Promise<unknown> {
  const account = accountOf(addressParam(params, "address"));
  const method = params["method"];
  if (typeof method !== "string" && typeof method !== "number") throw badParam("method", "a name or a number");
  const methodId =
    typeof method === "number" ? intParam(params, "method", { min: 0, max: 0xffff_ffff }) : getMethodId(method);
  const done = answered(
    await context.ton.runGetMethod({ account, methodId, stack: encodeStack(params["stack"] ?? []) }),
  );
  return {
    "@type": "smc.runResult",
    gas_used: Number(done.gasUsed),
    exit_code: done.exitCode,
    stack: stackJson(done.stack),
  };
}

/** Accepted is what the answer means; finality is told by `/v1/messages/{hash}` of this node, whose hash it names. */
async function sendBoc({ ton }: TonContext, params: TonParams): Promise<unknown> {
  const boc = bytesParam(params, "boc", limits.EXTERNAL_MESSAGE_BYTES_MAX);
  if (boc === null) throw badParam("boc", "base64 of a bag of cells");
  const outcome = await ton.submitBoc(boc);
  if (outcome.type === "accepted") return { "@type": "ok", message_hash: outcome.record.hash };
  throw new TonError(API_ERRORS[outcome.code].status, `${outcome.code}: ${outcome.reason}`);
}

async function estimateFee({ ton }: TonContext, params: TonParams): Promise<unknown> {
  const to = addressParam(params, "address");
  const body = cellParam(params, "body") ?? Cell.EMPTY;
  const [code, data] = [cellParam(params, "init_code"), cellParam(params, "init_data")];
  const init = code === null || data === null ? undefined : loadStateInit(stateInitOf(code, data).beginParse());
  const message = external({ to, body, ...(init === undefined ? {} : { init }) });
  const boc = beginCell().store(storeMessage(message)).endCell().toBoc();
  const done = answered(await ton.emulate(boc, { ignoresSignatures: String(params["ignore_chksig"]) !== "false" }));
  const transaction = readTransaction(done.transaction);
  const { description } = transaction;
  if (description.type !== "generic") throw new TonError(500, "that message makes no ordinary transaction");
  const storage = storageFeeOf(transaction);
  const gas = description.computePhase.type === "vm" ? description.computePhase.gasFees : 0n;
  const forward = description.actionPhase?.totalFwdFees ?? 0n;
  const actions = description.actionPhase?.totalActionFees ?? 0n;
  const imported = transaction.totalFees.coins - storage - gas - actions;
  const fees = {
    in_fwd_fee: Number(imported),
    storage_fee: Number(storage),
    gas_fee: Number(gas),
    fwd_fee: Number(forward),
  };
  return { "@type": "query.fees", source_fees: { "@type": "fees", ...fees }, destination_fees: [] };
}

function stateInitOf(code: Cell, data: Cell): Cell {
  return beginCell().storeUint(0, 2).storeMaybeRef(code).storeMaybeRef(data).storeBit(false).endCell();
}

function cellParam(params: TonParams, name: string): Cell | null {
  const bytes = bytesParam(params, name, limits.EXTERNAL_MESSAGE_BYTES_MAX);
  if (bytes === null) return null;
  try {
    return Cell.fromBoc(bytes)[0] ?? null;
  } catch {
    throw badParam(name, "base64 of a bag of cells");
  }
}

async function getTransactions({ ton }: TonContext, params: TonParams): Promise<unknown> {
  const account = accountOf(addressParam(params, "address"));
  const limit = intParam(params, "limit", { min: 1, max: PAGE_MAX + 1, fallback: 10 });
  const fromLt = ltParam(params, "lt");
  const toLt = ltParam(params, "to_lt") ?? 0n;
  const found = await ton.transactions({ account, beforeLt: fromLt === null ? null : fromLt + 1n, limit });
  const first = found[0];
  if (fromLt !== null && typeof params["hash"] === "string" && first?.lt === fromLt)
    checkHash(params["hash"], first.boc);
  return found.filter(({ lt }) => lt > toLt).map(({ boc }) => transactionJson(boc));
}

/** Clients give a hash in hex or base64. */
function checkHash(given: string, boc: Uint8Array): void {
  const hash = readTransaction(boc).hash();
  if (given.toLowerCase() !== hash.toString("hex") && given !== hash.toString("base64"))
    throw badParam("hash", "the hash of the transaction at that logical time");
}

/** The transaction at the destination that took the message with this logical time. */
async function tryLocateResultTx(context: TonContext, params: TonParams): Promise<unknown> {
  const source = addressParam(params, "source");
  const createdLt = ltParam(params, "created_lt") ?? 0n;
  return locate(context, addressParam(params, "destination"), (boc) => {
    const info = readTransaction(boc).inMessage?.info;
    return info?.type === "internal" && info.createdLt === createdLt && info.src.equals(source);
  });
}

/** The transaction at the source that sent the message with this logical time. */
async function tryLocateSourceTx(context: TonContext, params: TonParams): Promise<unknown> {
  const destination = addressParam(params, "destination");
  const createdLt = ltParam(params, "created_lt") ?? 0n;
  return locate(context, addressParam(params, "source"), (boc) =>
    readTransaction(boc)
      .outMessages.values()
      .some(({ info }) => info.type === "internal" && info.createdLt === createdLt && info.dest.equals(destination)),
  );
}

async function locate(
  { ton }: TonContext,
  at: ReturnType<typeof addressParam>,
  matches: (boc: Uint8Array) => boolean,
): Promise<unknown> {
  const recent = await ton.transactions({ account: accountOf(at), beforeLt: null, limit: TON_TRANSACTIONS_MAX });
  const found = recent.find(({ boc }) => matches(boc));
  if (found === undefined)
    throw new TonError(404, `no such transaction among the last ${TON_TRANSACTIONS_MAX} of ${at.toRawString()}`);
  return transactionJson(found.boc);
}

function answered<T extends { readonly type: "done" }>(answer: T | TonRefusal): T {
  if (answer.type === "done") return answer;
  throw new TonError(422, `${answer.code}: ${answer.reason}`);
}
