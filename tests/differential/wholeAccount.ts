import { Cell, loadShardAccount, type ShardAccount } from "@ton/core";

/** All of an account that two chains must agree on: logical times and hashes of transactions are each chain's own. */
export interface WholeAccount {
  readonly state: "none" | "uninit" | "active" | "frozen";
  readonly balance: bigint;
  readonly code: string | null;
  readonly data: string | null;
  readonly frozenHash: bigint | null;
  readonly usedCells: bigint;
  readonly usedBits: bigint;
  /** Unix seconds. */
  readonly lastPaidS: number;
  readonly due: bigint;
}

export const NO_ACCOUNT: WholeAccount = {
  state: "none",
  balance: 0n,
  code: null,
  data: null,
  frozenHash: null,
  usedCells: 0n,
  usedBits: 0n,
  lastPaidS: 0,
  due: 0n,
};

export function wholeAccount({ account }: ShardAccount): WholeAccount {
  if (account == null) return NO_ACCOUNT;
  const { storage, storageStats } = account;
  const { state, balance } = storage;
  const active = state.type === "active" ? state.state : null;
  return {
    state: state.type,
    balance: balance.coins,
    code: active?.code?.hash().toString("hex") ?? null,
    data: active?.data?.hash().toString("hex") ?? null,
    frozenHash: state.type === "frozen" ? state.stateHash : null,
    usedCells: storageStats.used.cells,
    usedBits: storageStats.used.bits,
    lastPaidS: storageStats.lastPaid,
    due: storageStats.duePayment ?? 0n,
  };
}

export function shardAccountOf(value: Uint8Array): ShardAccount {
  return loadShardAccount(Cell.fromBoc(Buffer.from(value))[0]!.beginParse());
}

/** The sandbox itself begins with an account that is there and empty, which counts cells and bits in another way. */
export const ABSENT: ShardAccount = { account: null, lastTransactionHash: 0n, lastTransactionLt: 0n };
