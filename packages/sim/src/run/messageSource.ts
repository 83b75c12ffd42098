import type { ThreadId } from "@sealwright/types";

export interface ClientMessage {
  readonly bytes: Uint8Array;
  readonly threadId: ThreadId;
}

/** Draws the next message, as a client whose clock shows `nowMs`; null: none can be sent now. */
export type MessageSource = (nowMs: number) => ClientMessage | null;
