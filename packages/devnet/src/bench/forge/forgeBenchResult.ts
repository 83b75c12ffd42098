import type { Quantiles } from "../../load/quantiles.js";
import type { Circumstances } from "../benchResult.js";

/** Keys that are all asked at the same instant; the next burst comes when the last one is signed. */
export interface ForgeBurst {
  readonly scheme: "bls" | "ed25519";
  readonly keys: number;
  /** Requests for each key in one burst: one key alone gets several, which wait for each other. */
  readonly perKey: number;
  readonly bursts: number;
  /** Median of the bursts. */
  readonly signaturesPerS: number;
  /** The same signer without forge and watermarks, asked the same way, in turns with the forge. */
  readonly barePerS: number;
  /** Median of the bursts' own ratios: a noisy machine hits both halves of a pair. */
  readonly ofBare: number;
  /** From the instant of asking to the signature, over all bursts. */
  readonly latencyMs: Quantiles;
  readonly bareLatencyMs: Quantiles;
}

/** Requests at a steady pace, on schedule whatever the answers do. */
export interface ForgePace {
  readonly keys: number;
  readonly offeredPerS: number;
  readonly signatures: number;
  /** From the scheduled time to the signature. */
  readonly latencyMs: Quantiles;
}

/** What `sealwright bench w7` writes: how fast the forge signs, against a bare loop. */
export interface ForgeBenchResult extends Circumstances {
  readonly sealwright: string;
  readonly benchmark: "w7";
  readonly quick: boolean;
  /** Every mark is on disk before its signer is asked. */
  readonly durable: true;
  readonly signThreads: number;
  readonly bursts: readonly ForgeBurst[];
  readonly paces: readonly ForgePace[];
  /** Of one request through queue, claim and outcome, with a signer and a store that answer at once; microseconds. */
  readonly queueOverheadUs: number;
}
