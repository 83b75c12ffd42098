import type { BlockName, SealwrightClient } from "@sealwright/api/client";
import { checkFinalityProof, KeeperSet, networkIdOf, parseGenesis, type ProofFault } from "@sealwright/consensus";
import { verifyAggregate, verifyPossession } from "@sealwright/crypto";
import { type BlockHeader, type BlockId, err, type NetworkId, ok, type Result, unwrap } from "@sealwright/types";

/** What a client has to know of a network, and all that it has to trust. */
export interface KnownNetwork {
  readonly networkId: NetworkId;
  readonly keepers: KeeperSet;
}

/** A block that a quorum of keepers made final, whichever node said so. */
export interface FinalBlock {
  readonly blockId: BlockId;
  /** With the root of the state after this block, against which `verifyAccount` checks what a node says of an account. */
  readonly header: BlockHeader;
}

export type NotProved = ProofFault | { readonly code: "noProof" };

/** @param genesisJson the parsed `genesis.json`, from a place that is trusted */
export function knownNetwork(genesisJson: unknown): KnownNetwork {
  const genesis = unwrap(parseGenesis(genesisJson, verifyPossession));
  return { networkId: networkIdOf(genesis), keepers: unwrap(KeeperSet.create(genesis.keepers)) };
}

/** Asks one node for a final block, and believes nothing but the proof. @throws ApiClientError when the node is away */
export async function finalBlock(
  { networkId, keepers }: KnownNetwork,
  client: SealwrightClient,
  name: BlockName,
  signal?: AbortSignal,
): Promise<Result<FinalBlock, NotProved>> {
  const proof = await client.finalityProof(name, signal === undefined ? {} : { signal });
  if (proof === null) return err({ code: "noProof" });
  const checked = checkFinalityProof(networkId, keepers, proof);
  if (!checked.ok) return checked;
  const { blockId, header, signatureSets } = checked.value;
  const signed = signatureSets.every(({ publicKeys, message, signature }) =>
    verifyAggregate(publicKeys, message, signature),
  );
  return signed ? ok({ blockId, header }) : err({ code: "badSignature" });
}
