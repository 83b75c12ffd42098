import type { AccountId } from "@sealwright/types";

export interface Gift {
  readonly to: AccountId;
  /** Nanotons. */
  readonly amount: bigint;
}

export interface GiftQueueOptions {
  /** Gifts that wait; whoever asks for one more is refused. */
  readonly waitingMax: number;
  /** Receivers of one round. */
  readonly receiversMax: number;
}

interface Waiting<Answer> extends Gift {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gifts by one wallet, which takes one message after the other: those that wait meanwhile go together, in their order.
 * Gifts to one receiver are one payment, so that its arrival can be told from that of another.
 */
export class GiftQueue<Answer> {
  #waiting: Waiting<Answer>[] = [];
  #isPaying = false;

  /** @param pay one round: each receiver once. @returns what came of each payment, in order */
  constructor(
    private readonly options: GiftQueueOptions,
    private readonly pay: (payments: readonly Gift[]) => Promise<readonly Answer[]>,
  ) {}

  /** @returns null when too many wait */
  give(gift: Gift): Promise<Answer> | null {
    if (this.#waiting.length >= this.options.waitingMax) return null;
    const given = new Promise<Answer>((resolve, reject) => this.#waiting.push({ ...gift, resolve, reject }));
    if (!this.#isPaying) void this.#payAll();
    return given;
  }

  async #payAll(): Promise<void> {
    this.#isPaying = true;
    // Those that are asked for in this very moment go together.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#payRound();
    this.#isPaying = false;
  }

  async #payRound(): Promise<void> {
    const round = this.#takeRound();
    const receivers = [...round.keys()];
    const payments = receivers.map((to) => {
      return { to, amount: round.get(to)!.reduce((sum, { amount }) => sum + amount, 0n) };
    });
    try {
      const answers = await this.pay(payments);
      for (const [i, to] of receivers.entries()) for (const { resolve } of round.get(to)!) resolve(answers[i]!);
    } catch (error) {
      for (const { reject } of [...round.values()].flat()) reject(error);
    }
  }

  /** The oldest that fit into one round, by receiver. */
  #takeRound(): Map<AccountId, Waiting<Answer>[]> {
    const round = new Map<AccountId, Waiting<Answer>[]>();
    const end = this.#waiting.findIndex((gift) => {
      const others = round.get(gift.to);
      if (others !== undefined) others.push(gift);
      else if (round.size < this.options.receiversMax) round.set(gift.to, [gift]);
      return !round.has(gift.to);
    });
    this.#waiting = end < 0 ? [] : this.#waiting.slice(end);
    return round;
  }
}
