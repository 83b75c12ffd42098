import { BETA_MAX, certificatesIn, fallbackDeadline, type KeeperSet } from "@sealwright/consensus";
import { type BlockId, type Height, height, type SealedBlock, type SignerIndex } from "@sealwright/types";

/** How far above a block its quorum may be carried (protocol §5). */
const DISTANCE_MAX = BigInt(fallbackDeadline(BETA_MAX));

/** How the chain that a keeper follows settles a block. */
export interface Carrier {
  /** The lowest block above it that carries its quorum or that of a descendant; null while there is none. */
  readonly carriedBy: BlockId | null;
  /** Whom the chain up to there names as attesting it. */
  readonly signers: readonly SignerIndex[];
}

export interface CarrierDependencies {
  readonly keepers: KeeperSet;
  /** The newest block of the chain. */
  readonly tipHeight: Height;
  /** The block at a height of the chain; null when it is not at hand. */
  readonly blockAt: (height: Height) => Promise<SealedBlock | null>;
}

/**
 * Looks the carrier up in the chain itself, so that an abandoned block never counts and a restart forgets nothing. A
 * quorum counts for all ancestors of its block, also when it comes inside a switch certificate.
 */
export async function carrierOf(
  block: { readonly blockId: BlockId; readonly height: Height },
  { keepers, tipHeight, blockAt }: CarrierDependencies,
): Promise<Carrier> {
  const signers = new Set<SignerIndex>();
  const end = block.height + DISTANCE_MAX < tipHeight ? block.height + DISTANCE_MAX : tipHeight;
  for (let at = block.height + 1n; at <= end; at++) {
    const above = await blockAt(height(at));
    if (above === null) continue;
    const certificates = certificatesIn(keepers, above);
    for (const { attestation, signers: named } of [...above.body.attestations, ...certificates])
      if (attestation.blockId === block.blockId) for (const signer of named) signers.add(signer);
    if (certificates.some(({ attestation }) => attestation.height >= block.height))
      return { carriedBy: above.id, signers: [...signers] };
  }
  return { carriedBy: null, signers: [...signers] };
}
