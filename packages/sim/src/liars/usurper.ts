import {
  type BlockBody,
  type BlockHeader,
  blockSigningBytes,
  bodyRootsOf,
  decodeSealedBlock,
  encodeWireMessage,
  type LockClaim,
  sealBlock,
  signerIndex,
  type SwitchCertificate,
  threadsTableHash,
  unwrap,
} from "@sealwright/types";
import type { Liar } from "./liar.js";
import { type LiarTools, messageIn } from "./liarTools.js";

/** A producer that opens its terms with Locks which nobody gave: it says that all name its parent. */
export function usurper({ random, key, self, genesis }: LiarTools): Liar {
  const tableHash = threadsTableHash(genesis.table);
  const forged = (certificate: SwitchCertificate): SwitchCertificate => {
    const highest = [...certificate.locks].sort((a, b) => Number(b.qcTerm - a.qcTerm || b.qcHeight - a.qcHeight))[0]!;
    const locks = genesis.keepers.members.map((_, place): LockClaim => ({ ...highest, signer: signerIndex(place) }));
    return { ...certificate, locks, signature: random.bytes(certificate.signature.length) };
  };
  const usurped = (bytes: Uint8Array): Uint8Array | null => {
    const block = unwrap(decodeSealedBlock(bytes));
    const { switchCertificate } = block.body;
    if (block.header.producer !== self || switchCertificate === null) return null;
    const body: BlockBody = { ...block.body, switchCertificate: forged(switchCertificate) };
    const header: BlockHeader = { ...block.header, roots: bodyRootsOf(body, tableHash) };
    const { id: blockId } = sealBlock(header, body, block.signature);
    const { threadId, term, height, round } = header;
    const signature = key.sign(blockSigningBytes(genesis.networkId, { threadId, term, height, round, blockId }));
    return sealBlock(header, body, signature).bytes;
  };
  return {
    sending(_to, frame) {
      const message = messageIn(frame);
      const block = message.type === "candidate" ? usurped(message.block) : null;
      return [block === null ? frame : encodeWireMessage({ type: "candidate", block })];
    },
  };
}
