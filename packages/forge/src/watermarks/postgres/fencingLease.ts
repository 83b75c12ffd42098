import type { Clock, Logger, Timer } from "@sealwright/types";
import { GIVE_LEASE, TAKE_LEASE } from "./schema.js";

/** Who takes turns with whom, and for how long one turn is. */
export interface LeaseOptions {
  /** Which forges take turns: those with one name. */
  readonly name: string;
  /** A dead holder is replaced after this long. */
  readonly ttlMs: number;
}

/** What a lease asks of a database. Those of `pg` are one; its types are not named here, as few who compile have them. */
export interface LeaseDatabase {
  query<Row extends object>(sql: string, values: unknown[]): Promise<{ readonly rows: readonly Row[] }>;
}

/** What a write must prove: this holder, in this epoch. */
export interface LeaseToken {
  readonly name: string;
  readonly holder: string;
  readonly epoch: string;
}

/** Why a lease is not ours now. */
export type LeaseAbsence =
  | { readonly kind: "elsewhere" }
  /** It was ours, and nobody has answered since whether it still is. */
  | { readonly kind: "ranOut" }
  /** The database does not say whose it is: perhaps nobody's. */
  | { readonly kind: "unknown"; readonly cause: unknown };

/** Renewals per lifetime: one may fail without loss. */
const RENEWALS = 3;

/**
 * At most one holder at a time, by the database's clock alone. It only chooses who tries: that nothing is signed twice
 * rests on the comparison in every write, which also names the epoch, so a holder that lost the lease without noticing
 * writes nothing.
 */
export class FencingLease {
  #token: LeaseToken | null = null;
  /** When the last renewal that succeeded was asked for: the database's own count began later. */
  #renewedAtMs = -Infinity;
  /** Why the last question after it got no answer; null: it got one. */
  #unanswered: { readonly cause: unknown } | null = null;
  #timer: Timer | null = null;
  #ended = false;
  readonly #options: LeaseOptions;
  readonly #holder: string;
  readonly #database: LeaseDatabase;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #onTaken: () => void;

  /** @param holder different for every start of every process @param onTaken the lease is newly ours: believe no cache */
  constructor(
    options: LeaseOptions & { readonly holder: string },
    dependencies: {
      readonly database: LeaseDatabase;
      readonly clock: Clock;
      readonly logger: Logger;
      readonly onTaken: () => void;
    },
  ) {
    this.#options = options;
    this.#holder = options.holder;
    this.#database = dependencies.database;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#onTaken = dependencies.onTaken;
  }

  /** Null while somebody else holds it, and when its time is over without a renewal: the database would refuse it. */
  get token(): LeaseToken | null {
    const isOver = this.#clock.monotonicMs() - this.#renewedAtMs >= this.#options.ttlMs;
    return isOver ? null : this.#token;
  }

  /** Null while there is a token. */
  get absence(): LeaseAbsence | null {
    if (this.token !== null) return null;
    if (this.#unanswered !== null) return { kind: "unknown", ...this.#unanswered };
    return { kind: this.#token === null ? "elsewhere" : "ranOut" };
  }

  /** Tries once, then goes on by itself. */
  async start(): Promise<void> {
    await this.#try();
    this.#schedule();
  }

  /** A write was refused for it: somebody else has it now. */
  lost(): void {
    if (this.#token === null) return;
    this.#token = null;
    this.#logger.log("warn", "forge.leaseLost", { name: this.#options.name });
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#timer?.cancel();
    if (this.#token === null) return;
    this.#token = null;
    await this.#database.query(GIVE_LEASE, [this.#options.name, this.#holder]).catch(() => undefined);
  }

  #schedule(): void {
    if (this.#ended) return;
    this.#timer = this.#clock.setTimer(this.#options.ttlMs / RENEWALS, () => {
      void this.#try().then(() => this.#schedule());
    });
  }

  async #try(): Promise<void> {
    const askedAtMs = this.#clock.monotonicMs();
    try {
      const { rows } = await this.#database.query<{ epoch: string }>(TAKE_LEASE, [
        this.#options.name,
        this.#holder,
        this.#options.ttlMs,
      ]);
      if (this.#ended) return;
      this.#unanswered = null;
      const epoch = rows[0]?.epoch;
      if (epoch === undefined) return this.lost();
      this.#renewedAtMs = askedAtMs;
      if (this.#token?.epoch === epoch) return;
      this.#onTaken();
      this.#token = { name: this.#options.name, holder: this.#holder, epoch };
      this.#logger.log("info", "forge.leaseTaken", { name: this.#options.name, epoch });
    } catch (cause) {
      this.#unanswered = { cause };
      // Kept while its time lasts: the database decides with every write whether it is still ours.
      this.#logger.log("warn", "forge.leaseNotRenewed", { name: this.#options.name, cause: String(cause) });
    }
  }
}
