import type { Clock } from "@sealwright/types";
import type { TezosKeyHash } from "../../keyId.js";
import type { WatermarkStore } from "../../watermarks/watermarkStore.js";
import { READY_MS_MAX } from "../readyLimit.js";
import { SharedProbe } from "../sharedProbe.js";

/** Of no key: nothing is recorded there. */
const PROBED_SCOPE = { chain: "tezos", chainId: "readiness", key: "" as TezosKeyHash } as const;

/** What one look at a part of the service found. */
export interface Found {
  readonly ok: boolean;
  readonly detail: string;
}

/** Looked at, not remembered: a database that went away or came back shows here without a request for a signature. */
export function storeProbe(watermarks: WatermarkStore, clock: Clock): SharedProbe<Found> {
  const ask = async (): Promise<Found> => {
    await watermarks.marksOf(PROBED_SCOPE);
    const health = watermarks.health();
    return health.ok
      ? { ok: true, detail: "watermarks can be written" }
      : { ok: false, detail: `${health.failure.code}: ${health.failure.message}` };
  };
  const late = { ok: false, detail: `storeFailed: no answer in ${READY_MS_MAX} ms` };
  return new SharedProbe({ waitMsMax: READY_MS_MAX, late }, { clock, ask });
}
