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
import { loadWallets, seqnoOfWallet } from "../wallets/wallet.js";
import type { MessageSource } from "./loadMessage.js";
import type { LoadWork } from "./loadPlan.js";
import { type WalletTurn, WalletTurns } from "./walletTurns.js";

/**
 * Wallets take turns, so that each has its last message behind it before it sends the next: a wallet takes only the very
 * next number. Every second turn goes to a wallet of another thread.
 */
export function walletSource(networkId: NetworkId, work: Extract<LoadWork, { type: "wallets" }>): MessageSource {
  const seed = fromHex(work.seed);
  assert(seed !== null, "the seed of a load's wallets is hex");
  const threadsTable = createThreadsTable(work.threads, networkId as string as BlockId);
  const key = unwrap(Ed25519SecretKey.fromSeed(seed));
  const wallets = loadWallets(seed, work.seqnos.length);
  const indexOf = new Map<string, number>(wallets.map(({ id }, i) => [id, i]));
  const threadIndexes = wallets.map(({ id }) => threadIndexOf(threadOf(threadsTable, id)));
  const amount = BigInt(work.amount);
  const sign = (turn: WalletTurn, to: number, expiresAtMs: UnixMs): Uint8Array => {
    const { wallet, seqno } = turn;
    const payments = [{ to: wallets[to]!.address, amount }];
    return createLoadTransfer({ networkId, wallet: wallets[wallet]!, key, seqno, payments, expiresAtMs });
  };
  /** As all would go if every message were executed, and as it does. */
  const [ahead, turns] = [new WalletTurns(work.seqnos), new WalletTurns(work.seqnos)];
  let count = 0;
  return {
    next: (expiresAtMs) => {
      const round = count++;
      const from = round % wallets.length;
      const wantsOther = Math.floor(round / wallets.length + from) % 2 === 1;
      const turn = ahead.take(from, expiresAtMs);
      assert(turn !== null, "wallets whose messages have no end yet are never lost");
      return { bytes: sign(turn, receiverFor(threadIndexes, from, wantsOther), expiresAtMs), expiresAtMs, turn };
    },
    due: ({ bytes, expiresAtMs, turn: planned }) => {
      assert(planned !== null, "every message of a wallet has its turn");
      const turn = turns.take(planned.wallet, expiresAtMs);
      if (turn === null) return null;
      if (turn.wallet === planned.wallet && turn.seqno === planned.seqno) return { bytes, expiresAtMs, turn };
      const to = receiverFor(threadIndexes, turn.wallet, (turn.seqno ?? 0) % 2 === 1);
      return { bytes: sign(turn, to, expiresAtMs), expiresAtMs, turn };
    },
    ended: ({ turn }, wasExecuted) => {
      if (turn !== null) turns.ended(turn, wasExecuted);
    },
    lost: (nowMs) => turns.lost(nowMs).map((wallet) => wallets[wallet]!.id),
    found: (id, value) => turns.found(indexOf.get(id)!, seqnoOfWallet("v4R2", value)),
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
