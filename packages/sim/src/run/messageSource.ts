import type { ThreadId, UnixMs } from "@sealwright/types";

export interface ClientMessage {
  readonly bytes: Uint8Array;
  readonly threadId: ThreadId;
  readonly expiresAtMs: UnixMs;
  /** Nothing in the state of its thread, now or later, can refuse it. */
  readonly isIrrefusable: boolean;
}

/** Draws the next message, as a client whose clock shows `nowMs`; null: none can be sent now. */
export type MessageSource = (nowMs: number) => ClientMessage | null;
