import { TVM_RECEIPT } from "@sealwright/execution";
import {
  type AccountId,
  type MessageHash,
  messageHashFromBytes,
  sha256,
  threadOf,
  toHex,
  unixMs,
} from "@sealwright/types";
import type { MessageWitness } from "../witness/messageWitness.js";
import { START_UNIX_MS, type SimGenesis, type SimUser } from "../world/simGenesis.js";
import type { SimRandom } from "../world/simRandom.js";
import { createWalletOrder, type Payment } from "../world/simWallet.js";
import type { MessageSource } from "./messageSource.js";

const LIFE_MS = 20_000;
/** After a message's end nobody takes it any more, whatever the keepers' clocks show. */
const CLOCKS_DIFFER_MS = 5_000;
const PAYMENTS_MAX = 3;
const STRANGER_RATIO = 0.4;
const OUT_OF_TURN_RATIO = 0.1;
const COIN = 1_000_000_000;

/** The contract's number stays what it was. */
const UNTAKEN: ReadonlySet<number> = new Set([TVM_RECEIPT.notAccepted, TVM_RECEIPT.computeSkipped]);

/** A wallet takes its orders in turn: the next one waits for the last word on the one before. */
interface Wallet {
  readonly user: SimUser;
  readonly sent: MessageHash[];
  openUntilMs: number;
}

/**
 * Orders to wallets: one to three payments each, to other wallets and to accounts that do not exist, which come back when
 * they may bounce. Some orders are out of turn.
 */
export function walletMessages(
  { users, networkId, table }: SimGenesis,
  { random, messages }: { readonly random: SimRandom; readonly messages: MessageWitness },
): MessageSource {
  const wallets = users.map((user): Wallet => ({ user, sent: [], openUntilMs: 0 }));
  const seqnoOf = ({ sent }: Wallet): number =>
    sent.filter((hash) => !UNTAKEN.has(messages.codeOf(hash) ?? TVM_RECEIPT.notAccepted)).length;
  const isFree = ({ sent, openUntilMs }: Wallet, nowMs: number): boolean => {
    const last = sent.at(-1);
    return last === undefined || messages.isDone(last) || nowMs > openUntilMs + CLOCKS_DIFFER_MS;
  };
  const payment = (): Payment => {
    const isToStranger = random.happens(STRANGER_RATIO);
    return {
      to: isToStranger ? (toHex(random.bytes(32)) as AccountId) : random.pick(users).id,
      value: BigInt(random.between(COIN / 100, COIN)),
      bounce: random.happens(0.5),
    };
  };
  return (nowMs) => {
    const wallet = random.pick(wallets);
    const payments = Array.from({ length: random.between(1, PAYMENTS_MAX) }, payment);
    const isOutOfTurn = random.happens(OUT_OF_TURN_RATIO);
    if (!isOutOfTurn && !isFree(wallet, nowMs)) return null;
    const { key, id } = wallet.user;
    const seqno = seqnoOf(wallet) + (isOutOfTurn ? random.between(1, 3) : 0);
    const expiresAtMs = unixMs(START_UNIX_MS + nowMs + LIFE_MS);
    const bytes = createWalletOrder({ networkId, key, seqno, payments, expiresAtMs });
    if (!isOutOfTurn) {
      wallet.sent.push(messageHashFromBytes(sha256(bytes)));
      wallet.openUntilMs = nowMs + LIFE_MS;
    }
    // An order out of turn may take the number of one that comes later.
    return { bytes, threadId: threadOf(table, id), expiresAtMs, isIrrefusable: false };
  };
}
