import type { UnixMs as Time } from "@sealwright/types";
import { type Static, Type } from "typebox";
import type { NetworkRecord } from "../backend/records.js";
import { Hex32, nullable, UnixMs } from "./scalars.js";

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
  limits: Type.Record(Type.String(), Type.Number()),
  timeMs: UnixMs,
  clockSkewMs: nullable(Type.Number()),
});
export type NetworkJson = Static<typeof NetworkSchema>;

export function networkJson(network: NetworkRecord, timeMs: Time): NetworkJson {
  return { ...network, limits: { ...network.limits }, timeMs };
}
