import { Cell, loadShardAccount, type ShardAccount } from "@ton/core";
import type { BlockRef } from "../backend/message.js";
import { ApiRefusal } from "../errors/apiRefusal.js";
import { blockIdJson } from "./tonBlockId.js";
import type { TonContext } from "./tonContext.js";
import { accountOf, addressParam, type TonParams } from "./tonParams.js";
import { walletOf } from "./tonWallet.js";

/** An account after the last final block of its thread. */
interface AccountThen {
  readonly block: BlockRef;
  readonly account: ShardAccount["account"];
  readonly lastLt: bigint;
  readonly lastHash: bigint;
}

export async function getAddressInformation(context: TonContext, params: TonParams): Promise<unknown> {
  const { block, account, lastLt, lastHash } = await readAccount(context, params);
  const state = account?.storage.state ?? { type: "uninit" as const };
  const init = state.type === "active" ? state.state : null;
  const threads = context.backend.threads();
  const index = Math.max(
    0,
    threads.findIndex(({ threadId }) => threadId === block.threadId),
  );
  return {
    "@type": "raw.fullAccountState",
    balance: balanceOf(account),
    extra_currencies: [],
    code: init?.code?.toBoc().toString("base64") ?? "",
    data: init?.data?.toBoc().toString("base64") ?? "",
    last_transaction_id: transactionIdJson(lastLt, lastHash),
    block_id: blockIdJson(threads[index]!, index, block),
    frozen_hash: state.type === "frozen" ? hashText(state.stateHash) : "",
    sync_utime: Math.floor((threads[index]!.headTimeMs ?? context.nowMs()) / 1_000),
    state: stateOf(account),
  };
}

export async function getAddressBalance(context: TonContext, params: TonParams): Promise<unknown> {
  return balanceOf((await readAccount(context, params)).account);
}

export async function getAddressState(context: TonContext, params: TonParams): Promise<unknown> {
  return stateOf((await readAccount(context, params)).account);
}

/** What an account is to a wallet: `wallet` is false for every contract that is no known one. */
export async function getWalletInformation(context: TonContext, params: TonParams): Promise<unknown> {
  const { account, lastLt, lastHash } = await readAccount(context, params);
  const state = account?.storage.state;
  const wallet = state?.type === "active" ? walletOf(state.state) : null;
  return {
    wallet: wallet !== null,
    balance: balanceOf(account),
    extra_currencies: [],
    account_state: stateOf(account),
    last_transaction_id: transactionIdJson(lastLt, lastHash),
    ...(wallet === null ? {} : { wallet_type: wallet.name, seqno: wallet.seqno, wallet_id: wallet.walletId }),
  };
}

async function readAccount({ backend }: TonContext, params: TonParams): Promise<AccountThen> {
  const address = addressParam(params, "address");
  const record = await backend.account(accountOf(address), "final");
  if (record === null) throw new ApiRefusal("unavailable", "this node holds no state of that account's thread yet");
  const shard = record.state === null ? null : readShardAccount(record.state.value);
  return {
    block: record.block,
    account: shard?.account ?? null,
    lastLt: shard?.lastTransactionLt ?? 0n,
    lastHash: shard?.lastTransactionHash ?? 0n,
  };
}

function readShardAccount(value: Uint8Array): ShardAccount {
  return loadShardAccount(Cell.fromBoc(Buffer.from(value))[0]!.beginParse());
}

function balanceOf(account: AccountThen["account"]): string {
  return String(account?.storage.balance.coins ?? 0n);
}

function stateOf(account: AccountThen["account"]): "active" | "frozen" | "uninitialized" {
  const type = account?.storage.state.type ?? "uninit";
  return type === "uninit" ? "uninitialized" : type;
}

function transactionIdJson(lt: bigint, hash: bigint): Record<string, unknown> {
  return { "@type": "internal.transactionId", lt: String(lt), hash: hashText(hash) };
}

function hashText(hash: bigint): string {
  return Buffer.from(hash.toString(16).padStart(64, "0"), "hex").toString("base64");
}
