import {
  attestationSigningBytes,
  type BlockHeader,
  blockSigningBytes,
  decodeSealedBlock,
  encodeWireMessage,
  type NetworkId,
  sealBlock,
  sha256Hex,
  unwrap,
} from "@sealwright/types";
import type { Liar } from "./liar.js";
import { type LiarTools, messageIn } from "./liarTools.js";

/** Its keys serve in another network too, and it replays here what it signed there. */
export function foreigner({ self, key, random, genesis }: LiarTools): Liar {
  const elsewhere = sha256Hex(Buffer.from(`not ${genesis.networkId}`)) as NetworkId;
  const foreignBlock = (bytes: Uint8Array): Uint8Array => {
    const block = unwrap(decodeSealedBlock(bytes));
    if (block.header.producer !== self) return bytes;
    const header: BlockHeader = { ...block.header, networkId: elsewhere };
    const { threadId, term, height, round } = header;
    const { id: blockId } = sealBlock(header, block.body, block.signature);
    const claim = { threadId, term, height, round, blockId };
    return sealBlock(header, block.body, key.sign(blockSigningBytes(elsewhere, claim))).bytes;
  };
  return {
    sending(_to, frame) {
      if (!random.happens(0.2)) return [frame];
      const message = messageIn(frame);
      if (message.type === "candidate")
        return [encodeWireMessage({ ...message, block: foreignBlock(message.block) }), frame];
      if (message.type !== "attestation") return [frame];
      const signature = key.sign(attestationSigningBytes(elsewhere, message.vote.attestation));
      return [encodeWireMessage({ ...message, vote: { ...message.vote, signature } }), frame];
    },
  };
}
