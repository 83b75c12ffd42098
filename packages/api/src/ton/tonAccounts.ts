import { BocView, type TvmAccountView, viewShardAccount, writeBag } from "@sealwright/execution";
import type { BlockRef } from "../backend/message.js";
import { ApiRefusal } from "../errors/apiRefusal.js";
import { base64 } from "./base64.js";
import { blockIdJson } from "./tonBlockId.js";
import type { TonContext } from "./tonContext.js";
import { accountOf, addressParam, type TonParams } from "./tonParams.js";
import { walletOf } from "./tonWallet.js";

/** An account after the last final block of its thread. */
interface AccountThen {
  readonly block: BlockRef;
  /** Null when there is none. */
  readonly held: { readonly bag: BocView; readonly account: TvmAccountView } | null;
  readonly lastTransaction: { readonly lt: bigint; readonly hash: Uint8Array };
}

export async function getAddressInformation(context: TonContext, params: TonParams): Promise<unknown> {
  const { block, held, lastTransaction } = await readAccount(context, params);
  const state = held?.account.state ?? { type: "uninitialized" as const };
  const active = state.type === "active" ? state : null;
  const threads = context.backend.threads();
  const index = Math.max(
    0,
    threads.findIndex(({ threadId }) => threadId === block.threadId),
  );
  const bagOf = (cell: number | null): string =>
    held === null || cell === null ? "" : base64(writeBag(held.bag, cell));
  return {
    "@type": "raw.fullAccountState",
    balance: balanceOf(held),
    extra_currencies: [],
    code: bagOf(active?.code ?? null),
    data: bagOf(active?.data ?? null),
    last_transaction_id: transactionIdJson(lastTransaction),
    block_id: blockIdJson(threads[index]!, index, block),
    frozen_hash: state.type === "frozen" ? base64(state.hash) : "",
    sync_utime: Math.floor((await timeOf(context, block)) / 1_000),
    state: state.type,
  };
}

/** When the block was made; a genesis was not made by anybody, so its state is as of now. */
async function timeOf({ backend, nowMs }: TonContext, { blockId }: BlockRef): Promise<number> {
  const answer = await backend.block({ type: "id", blockId });
  return answer.type === "block" ? answer.record.block.header.timeMs : nowMs();
}

export async function getAddressBalance(context: TonContext, params: TonParams): Promise<unknown> {
  return balanceOf((await readAccount(context, params)).held);
}

export async function getAddressState(context: TonContext, params: TonParams): Promise<unknown> {
  return stateOf((await readAccount(context, params)).held);
}

/** What an account is to a wallet: `wallet` is false for every contract that is no known one. */
export async function getWalletInformation(context: TonContext, params: TonParams): Promise<unknown> {
  const { held, lastTransaction } = await readAccount(context, params);
  const state = held?.account.state;
  const wallet = held === null || state?.type !== "active" ? null : walletOf(held.bag, state);
  return {
    wallet: wallet !== null,
    balance: balanceOf(held),
    extra_currencies: [],
    account_state: stateOf(held),
    last_transaction_id: transactionIdJson(lastTransaction),
    ...(wallet === null ? {} : { wallet_type: wallet.name, seqno: wallet.seqno, wallet_id: wallet.walletId }),
  };
}

async function readAccount({ backend }: TonContext, params: TonParams): Promise<AccountThen> {
  const address = addressParam(params, "address");
  const record = await backend.account(accountOf(address), "final");
  if (record === null) throw new ApiRefusal("unavailable", "this node holds no state of that account's thread yet");
  if (record.state === null) return { block: record.block, held: null, lastTransaction: NO_TRANSACTION };
  const bag = new BocView(record.state.value);
  const { account, lastTransaction } = viewShardAccount(bag);
  return { block: record.block, held: account === null ? null : { bag, account }, lastTransaction };
}

const NO_TRANSACTION: AccountThen["lastTransaction"] = { lt: 0n, hash: new Uint8Array(32) };

function balanceOf(held: AccountThen["held"]): string {
  return String(held?.account.balance ?? 0n);
}

function stateOf(held: AccountThen["held"]): TvmAccountView["state"]["type"] {
  return held?.account.state.type ?? "uninitialized";
}

function transactionIdJson({ lt, hash }: AccountThen["lastTransaction"]): Record<string, unknown> {
  return { "@type": "internal.transactionId", lt: String(lt), hash: base64(hash) };
}
