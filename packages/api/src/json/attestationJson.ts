import { type AggregatedAttestation, toHex } from "@sealwright/types";
import { type Static, Type } from "typebox";
import { Decimal, Hex32, HexBytes } from "./scalars.js";

export const AggregateSchema = Type.Object({
  height: Decimal,
  term: Decimal,
  blockId: Hex32,
  envelopeHash: Hex32,
  target: Type.Enum(["primary", "fallback"]),
  signers: Type.Array(Type.Integer(), { description: "Places in the BK set, ascending." }),
  signature: HexBytes,
});
/** An `AggregatedAttestation`: the votes of its `signers` for one block, added up. */
export type AggregateJson = Static<typeof AggregateSchema>;

export function aggregateJson(aggregate: AggregatedAttestation): AggregateJson {
  const { attestation, signers, signature } = aggregate;
  return {
    height: String(attestation.height),
    term: String(attestation.term),
    blockId: attestation.blockId,
    envelopeHash: attestation.envelopeHash,
    target: attestation.target,
    signers: [...signers],
    signature: toHex(signature),
  };
}
