import type { Verification } from "./verification/verification.js";

/** Times and bounds that every keeper of a network shares: part of the genesis document, so part of the network id. */
export interface ProtocolSettings {
  /** An idle thread seals a block this often; at most half the time after which a producer without progress is suspected. */
  readonly productionTimeoutMs: number;
  /** Under load blocks follow each other no faster than this. */
  readonly minBlockIntervalMs: number;
  readonly gasPerBlockMax: bigint;
  readonly externalsPerBlockMax: number;
  /** A block whose time lies further ahead of a keeper's clock is attested later. */
  readonly timeAheadMaxMs: number;
  /** A producer asks everybody to keep a snapshot of the state this often, in heights; at least `SHARE_STATE_INTERVAL`. */
  readonly shareStateEvery: number;
  readonly verification: Verification;
}

/** What a network has unless its genesis says otherwise. */
export const DEFAULT_SETTINGS: ProtocolSettings = {
  productionTimeoutMs: 330,
  minBlockIntervalMs: 20,
  gasPerBlockMax: 10_000_000n,
  externalsPerBlockMax: 5_000,
  timeAheadMaxMs: 500,
  shareStateEvery: 1_000,
  verification: "all",
};
