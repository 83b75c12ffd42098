import { type Address, beginCell, type Cell, internal, SendMode, storeMessageRelaxed } from "@ton/ton";
import { Ed25519SecretKey } from "@sealwright/crypto";
import { encodeExternalTo, encodeTvmEnvelope } from "@sealwright/execution";
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
  // The wallets' own library signs in JavaScript, a hundred times slower than the system's code.
  const key = unwrap(Ed25519SecretKey.fromSeed(seed));
  const senders = loadWallets(seed, work.seqnos.length).map((wallet, i): Sender => ({
    ...wallet,
    seqno: work.seqnos[i] ?? null,
  }));
  const threadIndexes = senders.map(({ id }) => threadIndexOf(threadOf(threadsTable, id)));
  let count = 0;
  return {
    next: (expiresAtMs) => {
      const turn = count++;
      const from = turn % senders.length;
      const wantsOther = Math.floor(turn / senders.length + from) % 2 === 1;
      const to = receiverFor(threadIndexes, from, wantsOther);
      const sender = senders[from]!;
      const signed = signedTransfer(sender, senders[to]!.address, BigInt(work.amount), expiresAtMs, key);
      const init = sender.seqno === null ? sender.init : null;
      sender.seqno = (sender.seqno ?? 0) + 1;
      const boc = encodeExternalTo(sender.address, { body: signed, init });
      return encodeTvmEnvelope({ networkId, expiresAtMs, boc });
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

/** A transfer as a v4R2 wallet takes it: signature, wallet, end of validity, number, plain transfer, mode, message. */
function signedTransfer(sender: Sender, to: Address, value: bigint, expiresAtMs: number, key: Ed25519SecretKey): Cell {
  const message = beginCell()
    .store(storeMessageRelaxed(internal({ to, value, bounce: false })))
    .endCell();
  const unsigned = beginCell()
    .storeUint(sender.walletId, 32)
    .storeUint(Math.ceil(expiresAtMs / 1_000), 32)
    .storeUint(sender.seqno ?? 0, 32)
    .storeUint(0, 8)
    .storeUint(SendMode.PAY_GAS_SEPARATELY, 8)
    .storeRef(message);
  const signature = key.sign(unsigned.endCell().hash());
  return beginCell().storeBuffer(Buffer.from(signature)).storeBuilder(unsigned).endCell();
}
