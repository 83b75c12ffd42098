import { Cell, getMethodId } from "@ton/core";
import { BocView, GIVEN_BAG, readBag, viewMessage, viewTransaction, writeBag } from "@sealwright/execution";
import { assert, limits } from "@sealwright/types";
import type { TonRefusal } from "../backend/tonBackend.js";
import { ApiRefusal } from "../errors/apiRefusal.js";
import { base64 } from "./base64.js";
import { externalBag, normalizedHash } from "./externalBag.js";
import { getAddressBalance, getAddressInformation, getAddressState, getWalletInformation } from "./tonAccounts.js";
import { getBlockTransactions, getConsensusBlock, getMasterchainInfo, lookupBlock, shards } from "./tonBlocks.js";
import type { TonContext, TonMethod } from "./tonContext.js";
import { badParam, TonError } from "./tonError.js";
import { accountOf, addressParam, bagParam, bytesParam, intParam, type TonParams } from "./tonParams.js";
import { stackJson } from "./stackJson.js";
import { encodeStack } from "./tonStack.js";
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
  const done = answered(await context.ton.runGetMethod({ account, methodId, stack: encodeStack(params["stack"]) }));
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
  const bag = readBag(boc, GIVEN_BAG);
  const message = bag === null ? null : viewMessage(bag, bag.root);
  assert(bag !== null && message?.type === "external", "what was accepted is an external message");
  return {
    "@type": "raw.extMessageInfo",
    hash: base64(bag.hash(bag.root)),
    hash_norm: base64(normalizedHash(message.dest, new BocView(writeBag(bag, message.body)))),
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

async function estimateFee({ ton }: TonContext, params: TonParams): Promise<unknown> {
  const to = addressParam(params, "address");
  const bagOf = (name: string): BocView | null => bagParam(params, name, limits.EXTERNAL_MESSAGE_BYTES_MAX);
  const [body, code, data] = [bagOf("body"), bagOf("init_code"), bagOf("init_data")];
  const init = code === null && data === null ? null : { code, data };
  const boc = externalBag({ to, body: body ?? NO_BODY, init });
  const done = answered(await ton.emulate(boc, { ignoresSignatures: String(params["ignore_chksig"]) !== "false" }));
  const { totalFees, fees } = viewTransaction(new BocView(done.transaction));
  const sourceFees = {
    in_fwd_fee: Number(totalFees - fees.storage - fees.gas - fees.actions),
    storage_fee: Number(fees.storage),
    gas_fee: Number(fees.gas),
    fwd_fee: Number(fees.forward),
  };
  return { "@type": "query.fees", source_fees: { "@type": "fees", ...sourceFees }, destination_fees: [] };
}

const NO_BODY = new BocView(Cell.EMPTY.toBoc());

function answered<T extends { readonly type: "done" }>(answer: T | TonRefusal): T {
  if (answer.type === "done") return answer;
  throw new TonError(422, `${answer.code}: ${answer.reason}`);
}
