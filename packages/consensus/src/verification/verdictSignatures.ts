import {
  type BlockId,
  nackSigningBytes,
  type SignedNack,
  type SignerIndex,
  ticketSigningBytes,
} from "@sealwright/types";
import type { SignatureSet } from "../certificate.js";
import type { ThreadRules } from "../threadRules.js";

type Signing = Pick<ThreadRules, "networkId" | "keepers">;

/** What a Nack's signer signed. The signer must already be known to be a member. */
export function nackSignatureSet({ networkId, keepers }: Signing, nack: SignedNack): SignatureSet {
  const { blsPublicKey } = keepers.at(nack.signer);
  const message = nackSigningBytes(networkId, nack.verdict, nack.reason);
  return { publicKeys: [blsPublicKey], message, signature: nack.signature };
}

/** A ticket is its holder's signature over the block alone. */
export function ticketSignatureSet(
  { networkId, keepers }: Signing,
  signer: SignerIndex,
  blockId: BlockId,
  ticket: Uint8Array,
): SignatureSet {
  const { blsPublicKey } = keepers.at(signer);
  return { publicKeys: [blsPublicKey], message: ticketSigningBytes(networkId, blockId), signature: ticket };
}
