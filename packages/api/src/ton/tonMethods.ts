import { beginCell, Cell, external, getMethodId, loadStateInit, storeMessage } from "@ton/core";
import { limits } from "@sealwright/types";
import type { TonRefusal } from "../backend/tonBackend.js";
import { ApiRefusal } from "../errors/apiRefusal.js";
import { readExternalMessage } from "./externalMessage.js";
import { getAddressBalance, getAddressInformation, getAddressState, getWalletInformation } from "./tonAccounts.js";
import { getBlockTransactions, getConsensusBlock, getMasterchainInfo, lookupBlock, shards } from "./tonBlocks.js";
import type { TonContext, TonMethod } from "./tonContext.js";
import { badParam, TonError } from "./tonError.js";
import { accountOf, addressParam, bytesParam, intParam, type TonParams } from "./tonParams.js";
import { encodeStack, stackJson } from "./tonStack.js";
import { readTransaction, storageFeeOf } from "./tonTransactionJson.js";
import { getTransactions, tryLocateResultTx, tryLocateSourceTx } from "./tonTransactions.js";

/** The methods of TON's HTTP interface (version 2) that this network has an answer to. */
export const TON_METHODS: Readonly<Record<string, TonMethod>> = {
  getMasterchainInfo,
  getConsensusBlock,
  shards,
  lookupBlock,
  getBlockTransactions,
  getAddressInformation,
  getAddressBalance,
  getAddressState,
  getWalletInformation,
  runGetMethod,
  sendBoc,
  sendBocReturnHash,
  estimateFee,
  getTransactions,
  tryLocateResultTx,
  tryLocateSourceTx,
  tryLocateTx: tryLocateResultTx,
};

async function runGetMethod(context: TonContext, params: TonParams): Promise<unknown> {
  const account = accountOf(addressParam(params, "address"));
  const methodId = methodIdOf(params);
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

/** A name is hashed letter by letter, so it has a bound. */
const METHOD_CHARS_MAX = 256;

function methodIdOf(params: TonParams): number {
  const method = params["method"];
  if (typeof method === "number") return intParam(params, "method", { min: 0, max: 0xffff_ffff });
  if (typeof method !== "string" || method === "" || method.length > METHOD_CHARS_MAX)
    throw badParam("method", `a name of at most ${METHOD_CHARS_MAX} characters, or a number`);
  return getMethodId(method);
}

/** Accepted is what the answer means; finality is told by `/v1/messages/{hash}` of this node, whose hash it names. */
async function sendBoc(context: TonContext, params: TonParams): Promise<unknown> {
  return { "@type": "ok", message_hash: (await submit(context, params)).messageHash };
}

/** With the hash by which TON's tools know the message, as it is and in the form that does not depend on who wrote it. */
async function sendBocReturnHash(context: TonContext, params: TonParams): Promise<unknown> {
  const { boc, messageHash } = await submit(context, params);
  const cell = Cell.fromBoc(boc)[0]!;
  return {
    "@type": "raw.extMessageInfo",
    hash: cell.hash().toString("base64"),
    hash_norm: normalized(cell).hash().toString("base64"),
    message_hash: messageHash,
  };
}

async function submit({ ton }: TonContext, params: TonParams): Promise<{ boc: Buffer; messageHash: string }> {
  const boc = bytesParam(params, "boc", limits.EXTERNAL_MESSAGE_BYTES_MAX);
  if (boc === null) throw badParam("boc", "base64 of a bag of cells");
  const outcome = await ton.submitBoc(boc);
  if (outcome.type === "accepted") return { boc, messageHash: outcome.record.hash };
  const { code, reason, retryAfterMs } = outcome;
  throw new ApiRefusal(code, `${code}: ${reason}`, retryAfterMs === null ? {} : { retryAfterMs });
}

/** Neither source nor fee nor code, and the body in a cell of its own. */
function normalized(cell: Cell): Cell {
  const { dest, body } = readExternalMessage(cell);
  return beginCell()
    .storeUint(0b10, 2)
    .storeAddress(null)
    .storeAddress(dest)
    .storeCoins(0)
    .storeBit(false)
    .storeBit(true)
    .storeRef(body)
    .endCell();
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

function answered<T extends { readonly type: "done" }>(answer: T | TonRefusal): T {
  if (answer.type === "done") return answer;
  throw new TonError(422, `${answer.code}: ${answer.reason}`);
}
