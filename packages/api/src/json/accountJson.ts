import { toHex } from "@sealwright/types";
import { type Static, Type } from "typebox";
import { type AccountRecord, BLOCK_STATUSES } from "../backend/records.js";
import { blockRefJson, BlockRefSchema } from "./blockRefJson.js";
import { inclusionProofJson, InclusionProofSchema } from "./inclusionProofJson.js";
import { Decimal, Hex32, HexBytes, nullable, ThreadIdText } from "./scalars.js";

export const AccountSchema = Type.Object({
  accountId: Hex32,
  threadId: ThreadIdText,
  exists: Type.Boolean({ description: "When false, proof proves the absence." }),
  balance: nullable(Decimal),
  nonce: nullable(Decimal),
  value: nullable(HexBytes),
  block: BlockRefSchema,
  blockStatus: Type.Enum([...BLOCK_STATUSES]),
  stateRoot: Hex32,
  proof: Type.String({ description: "hex, in the engine's encoding, leads to stateRoot" }),
  stateRootPath: nullable(InclusionProofSchema),
});
/** Answer of `/v1/accounts/:id`: an account or its absence, with all that proves it up to `block`. */
export type AccountJson = Static<typeof AccountSchema>;

export function accountJson(account: AccountRecord): AccountJson {
  const { state, stateRootPath } = account;
  const nonce = state?.nonce ?? null;
  return {
    accountId: account.accountId,
    threadId: account.block.threadId,
    exists: state !== null,
    balance: state === null ? null : String(state.balance),
    nonce: nonce === null ? null : String(nonce),
    value: state === null ? null : toHex(state.value),
    block: blockRefJson(account.block),
    blockStatus: account.blockStatus,
    stateRoot: toHex(account.stateRoot),
    proof: toHex(account.proof),
    stateRootPath: stateRootPath === null ? null : inclusionProofJson(stateRootPath),
  };
}
