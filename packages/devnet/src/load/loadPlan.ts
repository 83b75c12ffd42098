import type { LatencySample } from "../faults/recovery.js";
import type { Quantiles } from "./quantiles.js";

/** An account that sends, with its secret. */
export interface LoadAccount {
  readonly id: string;
  readonly thread: number;
  /** Ed25519 seed, hex. */
  readonly seed: string;
  /** First nonce to use, decimal. */
  readonly nonce: string;
}

/** What kind of messages a load is made of. */
export type LoadWork =
  /** Signed transfers among the accounts, half of them across threads. */
  | { readonly type: "transfers"; readonly accounts: readonly LoadAccount[]; readonly amount: string }
  /**
   * Transfers among wallets of one key on a TVM network, half of them across threads. One entry per wallet: the number
   * of its next message, null while it has no code.
   */
  | {
      readonly type: "wallets";
      /** Ed25519 seed, hex. */
      readonly seed: string;
      readonly threads: number;
      readonly seqnos: readonly (number | null)[];
      readonly amount: string;
    }
  /** Messages that are only stored: no signature, `payloadBytes` opaque bytes. */
  | { readonly type: "store"; readonly payloadBytes: number };

/**
 * What to send, and when. The schedule is fixed beforehand and waits for nobody (open loop): one client per node sends
 * a burst every `burstMs`, the clients evenly apart; a burst holds what is due by then.
 */
export interface LoadPlan {
  readonly networkId: string;
  readonly apiUrls: readonly string[];
  readonly work: LoadWork;
  readonly ratePerS: number;
  readonly burstMs: number;
  /** Sent first and not counted in latency and throughput. */
  readonly warmUpMs: number;
  /** After the warm-up; null: until it is stopped. */
  readonly windowMs: number | null;
  /** How long to wait at the end for the last words on all messages. */
  readonly settleMs: number;
}

/** What became of the messages of a load, by the word of the nodes. */
export interface LoadCounts {
  readonly sent: number;
  /** Told "included" or more. */
  readonly included: number;
  readonly final: number;
  /** Refused by a node for good, or by the network in a final block. */
  readonly rejected: number;
  readonly expired: number;
  /** Told "included", and no last word came. */
  readonly lost: number;
  /** Accepted, never told "included", and no last word came. */
  readonly unsettled: number;
}

/** So far; told while a load runs. */
export interface LoadProgress {
  readonly sent: number;
  readonly final: number;
  readonly rejected: number;
  /** Of those that became final since the last progress. */
  readonly recentMs: Quantiles;
}

/** What a load measured, from the side of the clients. */
export interface LoadResult {
  readonly messages: LoadCounts;
  /** From the scheduled time to "final" at the client, of all messages scheduled in the window. */
  readonly finalityMs: Quantiles;
  /** The median of each burst by its scheduled wall time, ascending; Infinity where most never became final. */
  readonly latencies: readonly LatencySample[];
  /** Messages that became final in the window, over its length. */
  readonly throughputPerS: number;
  readonly windowMs: number;
  /** Of the messages scheduled in the window, how many became final. */
  readonly finalShare: number;
  /** Code and number of each kind of rejection. */
  readonly rejections: Readonly<Record<string, number>>;
  /** How late bursts left after their scheduled time: the generator's own fault, included in all latencies. */
  readonly sendDelayMs: Quantiles;
}

export type LoadWorkerMessage =
  | { readonly type: "started" }
  | { readonly type: "progress"; readonly progress: LoadProgress }
  | { readonly type: "done"; readonly result: LoadResult };
