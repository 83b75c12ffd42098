import type { UnixMs } from "@sealwright/types";
import type { WalletTurn } from "./walletTurns.js";

/** One message of a load, signed. */
export interface LoadMessage {
  readonly bytes: Uint8Array;
  readonly expiresAtMs: UnixMs;
  /** Null: what becomes of it has no effect on others. */
  readonly turn: WalletTurn | null;
}

/** Makes the messages of a load, in order; the n-th one is always the same kind of work. */
export interface MessageSource {
  /** Signed ahead of its time. */
  next(expiresAtMs: UnixMs): LoadMessage;
  /** What leaves in its place when its time has come; null: nobody can send now. */
  due(ahead: LoadMessage): LoadMessage | null;
  /** A message that left has its last word. */
  ended(message: LoadMessage, wasExecuted: boolean): void;
  /** Ids of accounts that have to be read before they can send again. */
  lost(nowMs: UnixMs): readonly string[];
  /** @param value of an account that was lost */
  found(id: string, value: Uint8Array | null): void;
}
