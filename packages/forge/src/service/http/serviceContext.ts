import type { BlsVerifier } from "@sealwright/crypto";
import type { Clock, Logger } from "@sealwright/types";
import type { ForgeWorker } from "../../forgeWorker.js";
import type { WatermarkStore } from "../../watermarks/watermarkStore.js";
import type { ServiceConfig } from "../config/serviceConfig.js";
import type { ServiceKeys } from "../keys/serviceKeys.js";
import type { Reloader } from "../reloader.js";
import type { ScopeLimit } from "../scopeLimit.js";
import type { ServiceMetrics } from "../serviceMetrics.js";
import type { SharedProbe } from "../sharedProbe.js";
import type { Found } from "./storeProbe.js";

/** What the routes share. */
export interface ServiceContext {
  /** In force now; a reload replaces it. */
  readonly config: () => ServiceConfig;
  readonly keys: ServiceKeys;
  readonly forge: ForgeWorker;
  readonly watermarks: WatermarkStore;
  /** Do watermarks answer now? */
  readonly storeProbe: SharedProbe<Found>;
  readonly scopeLimit: ScopeLimit;
  readonly reloader: Reloader;
  readonly metrics: ServiceMetrics;
  /** Of the process, in Prometheus' text; empty when nobody measures it. */
  readonly processMetrics: () => Promise<string>;
  readonly verifier: BlsVerifier;
  readonly clock: Clock;
  readonly logger: Logger;
  /** True from the moment of a stop: nothing new is taken. */
  readonly isDraining: () => boolean;
}
