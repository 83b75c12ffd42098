import { type InclusionProof, toHex } from "@sealwright/types";
import { type Static, Type } from "typebox";
import { Hex32 } from "./scalars.js";

export const InclusionProofSchema = Type.Object({
  index: Type.Integer(),
  count: Type.Integer(),
  siblings: Type.Array(Hex32),
});
/** An `InclusionProof`, for `verifyInclusion` once its hex is bytes again. */
export type InclusionProofJson = Static<typeof InclusionProofSchema>;

export function inclusionProofJson(proof: InclusionProof): InclusionProofJson {
  return { index: proof.index, count: proof.count, siblings: proof.siblings.map(toHex) };
}
