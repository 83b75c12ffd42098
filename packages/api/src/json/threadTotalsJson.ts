import { type Static, Type } from "typebox";
import type { ThreadTotals } from "../backend/records.js";
import { Decimal, Hex32, ThreadIdText } from "./scalars.js";

export const ThreadTotalsSchema = Type.Object({
  threadId: ThreadIdText,
  blockId: Hex32,
  balances: Decimal,
  fees: Decimal,
  sent: Decimal,
  received: Decimal,
});
/** Answer of `/v1/threads/:thread/totals`; amounts are in base units. */
export type ThreadTotalsJson = Static<typeof ThreadTotalsSchema>;

export function threadTotalsJson(totals: ThreadTotals): ThreadTotalsJson {
  return {
    threadId: totals.threadId,
    blockId: totals.blockId,
    balances: String(totals.balances),
    fees: String(totals.fees),
    sent: String(totals.sent),
    received: String(totals.received),
  };
}
