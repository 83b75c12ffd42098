import type { AccountJson } from "@sealwright/api/client";
import type { AccountId, NetworkId, UnixMs } from "@sealwright/types";

/** Who sends what to whom, whatever the engine. */
export interface Transfer {
  readonly from: AccountId;
  readonly to: AccountId;
  /** Of the sender, for people. */
  readonly name: string;
  /** @param account the sender's, at the head */
  readonly sign: (account: AccountJson, place: TransferPlace) => Uint8Array;
}

export interface TransferPlace {
  readonly networkId: NetworkId;
  readonly expiresAtMs: UnixMs;
}

/** What a person asks for. */
export interface TransferWishes {
  readonly from?: string;
  readonly key?: string;
  readonly to: string;
  readonly amount: bigint;
}
