/** What one message of a wallet says: the wallet takes only the very next number. */
export interface WalletTurn {
  readonly wallet: number;
  /** Null: it brings the wallet's code. */
  readonly seqno: number | null;
  /** How often the wallet's number had been looked up before. */
  readonly era: number;
}

interface Wallet {
  next: number | null;
  era: number;
  /** Messages of this era without a last word. */
  open: number;
  openUntilMs: number;
  isLost: boolean;
}

/** A message may still be taken for so long after its end, by clocks that differ. */
const CLOCKS_DIFFER_MS = 5_000;

/**
 * Which number each wallet sends next. A message that ends without being executed leaves a gap, and the wallet would
 * refuse all that comes after: it sends nothing until none of its messages is under way, and its number is read again
 * from the chain, for what became of a message that nobody answered is not known.
 */
export class WalletTurns {
  readonly #wallets: readonly Wallet[];

  /** @param seqnos next number of each wallet; null while it has no code */
  constructor(seqnos: readonly (number | null)[]) {
    this.#wallets = seqnos.map((next) => ({ next, era: 0, open: 0, openUntilMs: 0, isLost: false }));
  }

  /** A message of the wished wallet, or of the next one that knows its number; null when none does. */
  take(wished: number, expiresAtMs: number): WalletTurn | null {
    for (let i = 0; i < this.#wallets.length; i++) {
      const index = (wished + i) % this.#wallets.length;
      const wallet = this.#wallets[index]!;
      if (wallet.isLost) continue;
      const { next: seqno, era } = wallet;
      wallet.next = (seqno ?? 0) + 1;
      wallet.open++;
      wallet.openUntilMs = Math.max(wallet.openUntilMs, expiresAtMs);
      return { wallet: index, seqno, era };
    }
    return null;
  }

  /** A message has its last word. */
  ended({ wallet: index, era }: WalletTurn, wasExecuted: boolean): void {
    const wallet = this.#wallets[index]!;
    if (era !== wallet.era) return;
    wallet.open--;
    if (!wasExecuted) wallet.isLost = true;
  }

  /** Wallets whose number can be read from the chain now, because nothing of theirs can change it any more. */
  lost(nowMs: number): readonly number[] {
    return this.#wallets.flatMap(({ isLost, open, openUntilMs }, index) =>
      isLost && (open === 0 || nowMs > openUntilMs + CLOCKS_DIFFER_MS) ? [index] : [],
    );
  }

  /** The chain's word on a wallet that was lost. */
  found(index: number, seqno: number | null): void {
    const wallet = this.#wallets[index]!;
    if (!wallet.isLost) return;
    wallet.next = seqno;
    wallet.era++;
    wallet.open = 0;
    wallet.isLost = false;
  }
}
