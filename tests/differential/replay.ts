import { type Address, beginCell, Cell, type ShardAccount, storeShardAccount, type Transaction } from "@ton/core";
import { Blockchain } from "@ton/sandbox";
import { TVM_CONFIG } from "@sealwright/execution";
import { ABSENT } from "./wholeAccount.js";

/** What a plain sandbox makes of an account's messages. */
export interface Replayed {
  /** Of the transactions, in hex. */
  readonly hashes: readonly string[];
  /** Of the account with the place of its last transaction, in hex. */
  readonly account: string;
}

/**
 * Sends an account the messages of its transactions once more, one by one, at the same second and logical time, so that
 * what comes of them may be compared to the last bit.
 * @param start null: it did not exist
 * @param transactions in order
 */
export async function replay(
  address: Address,
  start: ShardAccount | null,
  transactions: readonly Transaction[],
): Promise<Replayed> {
  const blockchain = await Blockchain.create({ config: Cell.fromBase64(TVM_CONFIG) });
  await blockchain.setShardAccount(address, start ?? ABSENT);
  const contract = await blockchain.getContract(address);
  const hashes: string[] = [];
  for (const { inMessage, lt, now } of transactions) {
    await blockchain.loadFrom({ ...blockchain.snapshot(), lt });
    const { hash } = await contract.receiveMessage(inMessage!, { now });
    hashes.push(hash().toString("hex"));
  }
  return { hashes, account: hashOfAccount(contract.account) };
}

export function hashOfAccount(account: ShardAccount): string {
  return beginCell().store(storeShardAccount(account)).endCell().hash().toString("hex");
}
