import { beginCell, loadShardAccount, type ShardAccount, storeShardAccount } from "@ton/core";
import { readCell, writeCell } from "./bagOfCells.js";

/**
 * An account as the virtual machine keeps it: the bag of cells of a shard account, which is the account with the place of
 * its last transaction. Immutable.
 */
export class TvmAccount {
  #parsed: ShardAccount | null;

  constructor(
    readonly bytes: Uint8Array,
    parsed: ShardAccount | null = null,
  ) {
    this.#parsed = parsed;
  }

  /** Base64 of the bag of cells. */
  get base64(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength).toString("base64");
  }

  /** @returns null when the bytes are no account */
  static decode(bytes: Uint8Array): TvmAccount | null {
    const parsed = parse(bytes);
    return parsed?.account == null ? null : new TvmAccount(bytes, parsed);
  }

  /** As the emulator gave it; null when the account ceased to exist. */
  static fromBase64(text: string): TvmAccount | null {
    return TvmAccount.decode(new Uint8Array(Buffer.from(text, "base64")));
  }

  static fromShardAccount(account: ShardAccount): TvmAccount {
    return new TvmAccount(writeCell(beginCell().store(storeShardAccount(account)).endCell()), account);
  }

  get shardAccount(): ShardAccount {
    this.#parsed ??= parse(this.bytes);
    if (this.#parsed === null) throw new TypeError("an account's bytes were checked when it was made");
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
