import { blockIdOf, encodeFinalityProof, type FinalityProof, toHex } from "@sealwright/types";
import { type Static, Type } from "typebox";
import { aggregateJson, AggregateSchema } from "./attestationJson.js";
import { headerJson, HeaderSchema } from "./headerJson.js";
import { inclusionProofJson, InclusionProofSchema } from "./inclusionProofJson.js";
import { Hex32, HexBytes } from "./scalars.js";

export const FinalityProofSchema = Type.Object({
  blockId: Hex32,
  headers: Type.Array(HeaderSchema, { description: "One chain, ascending, from the block in question." }),
  carrierIndex: Type.Integer({ description: "Which header's attestations hold `carried`." }),
  carried: AggregateSchema,
  carriedPath: InclusionProofSchema,
  certificate: AggregateSchema,
  encoded: HexBytes,
});
/** Answer of `/v1/finality-proof/…` as JSON; the bytes are what `decodeFinalityProof` takes. */
export type FinalityProofJson = Static<typeof FinalityProofSchema>;

export function finalityProofJson(proof: FinalityProof): FinalityProofJson {
  const first = proof.headers[0];
  return {
    blockId: first === undefined ? "" : blockIdOf(first),
    headers: proof.headers.map(headerJson),
    carrierIndex: proof.carrierIndex,
    carried: aggregateJson(proof.carried),
    carriedPath: inclusionProofJson(proof.carriedPath),
    certificate: aggregateJson(proof.certificate),
    encoded: toHex(encodeFinalityProof(proof)),
  };
}
