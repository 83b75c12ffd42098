import { type BocView, type TvmAccountState } from "@sealwright/execution";
import { base64 } from "./base64.js";

export interface WalletState {
  readonly name: string;
  readonly seqno: number;
  readonly walletId: number;
}

/** TON's standard wallets by the hash of their code, with the bits in their data before the next number. */
const WALLETS: Readonly<Record<string, { readonly name: string; readonly skippedBits: number }>> = {
  "thBBpYp5gLlG6PueGY48kE0keZ/6NldOpCUcQaVm9YE=": { name: "wallet v3 r1", skippedBits: 0 },
  "hNr6RJ+Ypph3ibojI1gHK8D3bcRSQAKl0JGLmnXS1Zk=": { name: "wallet v3 r2", skippedBits: 0 },
  "/rX/aCDi/w2Ug+fg1iyBfYRniftK5YDIeIZtlZ2r1cA=": { name: "wallet v4 r2", skippedBits: 0 },
  // It begins with whether signatures are allowed.
  "IINLe3KxEhR+Gy+0V7hOdNGjDwT3N9T2KmaOlVLSty8=": { name: "wallet v5 r1", skippedBits: 1 },
};

const NUMBER_BITS = 32;

/** @returns null when the contract is none of TON's standard wallets */
export function walletOf(
  bag: BocView,
  { code, data }: Extract<TvmAccountState, { type: "active" }>,
): WalletState | null {
  const wallet = code === null ? undefined : WALLETS[base64(bag.hash(code))];
  if (wallet === undefined || data === null || bag.isExotic(data)) return null;
  const slice = bag.slice(data);
  // Anybody may put a wallet's code beside data that is none of a wallet.
  if (slice.bitsLeft < wallet.skippedBits + 2 * NUMBER_BITS) return null;
  slice.skip(wallet.skippedBits);
  return { name: wallet.name, seqno: slice.uint(NUMBER_BITS), walletId: slice.uint(NUMBER_BITS) };
}
