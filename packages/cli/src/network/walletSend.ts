import { createWalletTransfer, openWallet, seqnoOf, type TestWallet } from "@sealwright/devnet";
import { accountIdOfText, addressOf } from "@sealwright/execution";
import { type AccountId, fromHex } from "@sealwright/types";
import { CliError } from "../cliError.js";
import { EXIT } from "../exitCodes.js";
import type { Transfer, TransferWishes } from "./transfer.js";

/** A transfer between wallets of a TVM network. */
export async function walletSend(wallets: readonly TestWallet[], wishes: TransferWishes): Promise<Transfer> {
  if (wishes.key !== undefined) {
    const advice = "name a wallet of accounts.json with --from";
    throw new CliError(EXIT.usage, "badKeyFile", "a key file holds no wallet", advice);
  }
  const to = receiverOf(wallets, wishes.to);
  const index = senderIndex(wallets, wishes.from, to);
  const wallet = await openWallet(wallets[index]!);
  return {
    from: wallet.id,
    to,
    name: `account-${index}`,
    sign: ({ balance, value }, place) => {
      checkCovered(wishes.amount, { name: `account-${index}`, balance: BigInt(balance ?? 0) });
      const seqno = seqnoOf(wallet, value === null ? null : fromHex(value));
      return createWalletTransfer({ ...place, wallet, seqno, to: addressOf(to), amount: wishes.amount });
    },
  };
}

/** More than a transfer costs, its wallet's code included, and little beside what a wallet of a test network has. */
const FEES_MAX = 50_000_000n;

/** A v5R1 wallet skips what it cannot pay and ends well, so that nobody would tell afterwards. */
function checkCovered(amount: bigint, { name, balance }: { readonly name: string; readonly balance: bigint }): void {
  if (balance >= amount + FEES_MAX) return;
  const advice = `send at most ${balance > FEES_MAX ? balance - FEES_MAX : 0n}, or from another wallet with --from`;
  const text = `${name} has ${balance} nanotons: less than ${amount} and ${FEES_MAX} for fees`;
  throw new CliError(EXIT.failed, "insufficientFunds", text, advice);
}

function senderIndex(wallets: readonly TestWallet[], from: string | undefined, to: AccountId): number {
  const index =
    from === undefined ? wallets.findIndex((wallet) => accountIdOfText(wallet.address) !== to) : indexOf(wallets, from);
  if (index >= 0) return index;
  throw unknownWallet(wallets, from);
}

function receiverOf(wallets: readonly TestWallet[], text: string): AccountId {
  const known = wallets[indexOf(wallets, text)];
  const id = accountIdOfText(known?.address ?? text);
  if (id !== null) return id;
  throw unknownWallet(wallets, text);
}

/** By its place (account-3, 3) or its address in any form. */
function indexOf(wallets: readonly TestWallet[], text: string): number {
  const number = /^(?:account-)?([0-9]{1,6})$/.exec(text)?.[1];
  if (number !== undefined) return Number(number) < wallets.length ? Number(number) : -1;
  const id = accountIdOfText(text);
  return id === null ? -1 : wallets.findIndex(({ address }) => accountIdOfText(address) === id);
}

function unknownWallet(wallets: readonly TestWallet[], text: string | undefined): CliError {
  const advice = `allowed: an address, 64 hex digits, or account-0 to account-${wallets.length - 1}`;
  return new CliError(EXIT.usage, "unknownAccount", `no wallet ${JSON.stringify(text)}`, advice);
}
