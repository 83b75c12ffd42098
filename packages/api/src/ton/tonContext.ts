import type { NodeBackend } from "../backend/nodeBackend.js";
import type { TonBackend } from "../backend/tonBackend.js";
import type { TonParams } from "./tonParams.js";

/** What the methods of TON's interface answer from. */
export interface TonContext {
  readonly backend: NodeBackend;
  readonly ton: TonBackend;
  readonly nowMs: () => number;
}

/** @throws TonError for a refusal */
export type TonMethod = (context: TonContext, params: TonParams) => Promise<unknown>;
