import { Ed25519SecretKey } from "@sealwright/crypto";
import {
  assert,
  type BlockId,
  createThreadsTable,
  fromHex,
  type NetworkId,
  threadIndexOf,
  threadOf,
  type UnixMs,
  unwrap,
} from "@sealwright/types";
import { createLoadTransfer } from "../wallets/loadTransfer.js";
import { type LoadWallet, loadWallets } from "../wallets/wallet.js";
import type { LoadWork } from "./loadPlan.js";

interface Sender extends LoadWallet {
  /** Null: its next message brings its code. */
  seqno: number | null;
}

/**
 * Wallets take turns, so that each has its last message behind it before it sends the next: a wallet takes only the very
 * next number. Every second turn goes to a wallet of another thread.
 */
export function walletSource(
  networkId: NetworkId,
  work: Extract<LoadWork, { type: "wallets" }>,
): { next(expiresAtMs: UnixMs): Uint8Array } {
  const seed = fromHex(work.seed);
  assert(seed !== null, "the seed of a load's wallets is hex");
  const threadsTable = createThreadsTable(work.threads, networkId as string as BlockId);
  const key = unwrap(Ed25519SecretKey.fromSeed(seed));
  const senders = loadWallets(seed, work.seqnos.length).map((wallet, i): Sender => ({
    ...wallet,
    seqno: work.seqnos[i] ?? null,
  }));
  const threadIndexes = senders.map(({ id }) => threadIndexOf(threadOf(threadsTable, id)));
  const amount = BigInt(work.amount);
  let count = 0;
  return {
    next: (expiresAtMs) => {
      const turn = count++;
      const from = turn % senders.length;
      const wantsOther = Math.floor(turn / senders.length + from) % 2 === 1;
      const to = receiverFor(threadIndexes, from, wantsOther);
      const sender = senders[from]!;
      const { seqno } = sender;
      sender.seqno = (seqno ?? 0) + 1;
      const receiver = senders[to]!.address;
      return createLoadTransfer({ networkId, wallet: sender, key, seqno, to: receiver, amount, expiresAtMs });
    },
  };
}

/** The next wallet whose thread is the sender's, or is not; any other one when there is none. */
function receiverFor(threadIndexes: readonly number[], from: number, wantsOther: boolean): number {
  const count = threadIndexes.length;
  for (let step = 1; step < count; step++) {
    const to = (from + step) % count;
    if ((threadIndexes[to] !== threadIndexes[from]) === wantsOther) return to;
  }
  return (from + 1) % count;
}
