import { toHex } from "@sealwright/types";
import { type Static, Type } from "typebox";
import type { EvidenceRecord, KeeperRecord } from "../backend/records.js";
import { Decimal, Hex32, HexBytes, nullable, ThreadIdText, UnixMs } from "./scalars.js";

export const KeeperSchema = Type.Object({
  keeperId: Hex32,
  index: Type.Integer({ description: "Place in the BK set." }),
  publicKey: HexBytes,
  link: Type.Enum(["self", "connected", "disconnected"]),
  score: Type.Number(),
  apiUrl: nullable(Type.String()),
  producing: Type.Array(ThreadIdText),
});
/** A keeper in the answer of `/v1/keepers`. */
export type KeeperJson = Static<typeof KeeperSchema>;

export const KeeperListSchema = Type.Object({ keepers: Type.Array(KeeperSchema) });

export function keeperJson(keeper: KeeperRecord): KeeperJson {
  const { keeperId, index, publicKey, link, score, apiUrl, producing } = keeper;
  return { keeperId, index, publicKey: toHex(publicKey), link, score, apiUrl, producing: [...producing] };
}

export const EvidenceSchema = Type.Object({
  id: Hex32,
  kind: Type.Enum(["doubleBlock", "doubleFirstBlock", "doubleAttestation", "splitAttestation", "wrongNack"]),
  accused: Hex32,
  threadId: ThreadIdText,
  term: Decimal,
  height: Decimal,
  seenAtMs: UnixMs,
  encoded: HexBytes,
});
/** A proof in the answer of `/v1/evidence`; `encoded` is what `decodeEvidence` takes. */
export type EvidenceJson = Static<typeof EvidenceSchema>;

export const EvidenceListSchema = Type.Object({ evidence: Type.Array(EvidenceSchema) });

export function evidenceJson(evidence: EvidenceRecord): EvidenceJson {
  const { id, kind, accused, threadId, seenAtMs } = evidence;
  const place = { term: String(evidence.term), height: String(evidence.height) };
  return { id, kind, accused, threadId, ...place, seenAtMs, encoded: toHex(evidence.bytes) };
}
