import type { UnixMs as Time } from "@sealwright/types";
import { type Static, Type } from "typebox";
import type { NetworkRecord } from "../backend/records.js";
import { Decimal, Hex32, UnixMs } from "./scalars.js";

export const NetworkSchema = Type.Object({
  networkId: Hex32,
  name: Type.String(),
  version: Type.String(),
  keeperId: Hex32,
  executor: Type.String(),
  keepers: Type.Integer(),
  quorum: Type.Integer(),
  faultyMax: Type.Integer(),
  threads: Type.Integer(),
  limits: Type.Object({
    messageBytesMax: Type.Integer(),
    messagesPerBlockMax: Type.Integer(),
    productionTimeoutMs: Type.Integer(),
    minBlockIntervalMs: Type.Integer(),
    transferFee: Decimal,
  }),
  timeMs: UnixMs,
  clockSkewMs: Type.Union([Type.Number(), Type.Null()], {
    description: "Other keepers' clocks minus this node's, in the median; null while too few of them tell their time.",
  }),
});
/** Answer of `/v1/network`; `timeMs` is the node's clock when it answered. */
export type NetworkJson = Static<typeof NetworkSchema>;

export function networkJson(network: NetworkRecord, timeMs: Time): NetworkJson {
  const { limits } = network;
  return { ...network, limits: { ...limits, transferFee: String(limits.transferFee) }, timeMs };
}
