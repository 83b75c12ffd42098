import { beginCell, loadShardAccount, type ShardAccount, storeShardAccount } from "@ton/core";
import { assert } from "@sealwright/types";
import { readCell, writeCell } from "./bagOfCells.js";

/**
 * An account as the virtual machine keeps it: the bag of cells of a shard account, which is the account with the place of
 * its last transaction. Immutable; read only when somebody asks what is in it, because executing does not.
 */
export class TvmAccount {
  #parsed: ShardAccount | null = null;

  /** @param bytes checked before, or from the emulator */
  constructor(readonly bytes: Uint8Array) {}

  /** @returns null when the bytes are no account */
  static decode(bytes: Uint8Array): TvmAccount | null {
    const parsed = parse(bytes);
    if (parsed?.account == null) return null;
    const account = new TvmAccount(bytes);
    account.#parsed = parsed;
    return account;
  }

  static fromShardAccount(account: ShardAccount): TvmAccount {
    return new TvmAccount(writeCell(beginCell().store(storeShardAccount(account)).endCell()));
  }

  /** Of the bag of cells. */
  get base64(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength).toString("base64");
  }

  get shardAccount(): ShardAccount {
    this.#parsed ??= parse(this.bytes);
    assert(this.#parsed !== null, "an account's bytes are checked where they come from");
    return this.#parsed;
  }

  get balance(): bigint {
    return this.shardAccount.account?.storage.balance.coins ?? 0n;
  }
}

/** Base64 of the shard account of an account that does not exist. */
export const NO_ACCOUNT = Buffer.from(
  writeCell(
    beginCell()
      .store(storeShardAccount({ account: null, lastTransactionHash: 0n, lastTransactionLt: 0n }))
      .endCell(),
  ),
).toString("base64");

function parse(bytes: Uint8Array): ShardAccount | null {
  const cell = readCell(bytes);
  if (cell === null) return null;
  try {
    return loadShardAccount(cell.beginParse());
  } catch {
    return null;
  }
}
