import type { BlockHash, BlockPayloadHash, ChainId, Level, Round, Slot } from "@sealwright/tezos";
import type { TezosKeyHash } from "../keyId.js";
import type { TezosRequest } from "./tezosRequest.js";

/** Votes of many keys for one payload. What they share is said once, so no batch can be mixed. */
export interface TezosVoteBatch {
  readonly chainId: ChainId;
  readonly branch: BlockHash;
  readonly level: Level;
  readonly round: Round;
  readonly payloadHash: BlockPayloadHash;
  readonly votes:
    | { readonly kind: "preattestation"; readonly by: readonly { readonly key: TezosKeyHash; readonly slot: Slot }[] }
    | {
        readonly kind: "attestation";
        readonly by: readonly {
          readonly key: TezosKeyHash;
          readonly slot: Slot;
          readonly dalAttestation?: bigint;
          readonly companionKey?: TezosKeyHash;
        }[];
      };
}

/** One request per vote: pushed together they share one sync of the watermarks, and one failing vote harms no other. */
export function votesOfBatch(batch: TezosVoteBatch): TezosRequest[] {
  const { chainId, branch, level, round, payloadHash } = batch;
  const target = { branch, level, round, payloadHash };
  if (batch.votes.kind === "preattestation") {
    return batch.votes.by.map(({ key, slot }) => ({
      kind: "tezosPreattestation",
      key,
      chainId,
      vote: { kind: "preattestation", slot, ...target },
    }));
  }
  return batch.votes.by.map(({ key, slot, dalAttestation, companionKey }) => ({
    kind: "tezosAttestation",
    key,
    chainId,
    vote: { kind: "attestation", slot, ...target, dalAttestation: dalAttestation ?? null },
    ...(companionKey === undefined ? {} : { companionKey }),
  }));
}
