import {
  type BlockBody,
  type BlockHeader,
  blockSigningBytes,
  bodyRootsOf,
  decodeSealedBlock,
  encodeWireMessage,
  height,
  type LockClaim,
  sealBlock,
  signerIndex,
  type SwitchCertificate,
  term,
  threadsTableHash,
  unwrap,
} from "@sealwright/types";
import type { Liar } from "./liar.js";
import { type LiarTools, messageIn } from "./liarTools.js";

/** A producer that opens its terms with Locks which nobody gave: it says that nobody knows a certificate. */
export function usurper({ random, key, self, genesis }: LiarTools): Liar {
  const tableHash = threadsTableHash(genesis.table);
  const forged = (certificate: SwitchCertificate): SwitchCertificate => {
    const genesisId = genesis.blocks.find(({ header }) => header.threadId === certificate.threadId)!.id;
    const nothing = { qcTerm: term(0), qcHeight: height(0), qcBlockId: genesisId };
    const locks = genesis.keepers.members.map((_, place): LockClaim => ({ ...nothing, signer: signerIndex(place) }));
    return { ...certificate, locks, signature: random.bytes(certificate.signature.length) };
  };
  const usurped = (bytes: Uint8Array): Uint8Array | null => {
    const block = unwrap(decodeSealedBlock(bytes));
    const { switchCertificate } = block.body;
    if (block.header.producer !== self || switchCertificate === null) return null;
    const body: BlockBody = { ...block.body, switchCertificate: forged(switchCertificate) };
    const header: BlockHeader = { ...block.header, roots: bodyRootsOf(body, tableHash) };
    const { id: blockId } = sealBlock(header, body, block.signature);
    const claim = { threadId: header.threadId, term: header.term, height: header.height, round: header.round, blockId };
    const signature = key.sign(blockSigningBytes(genesis.networkId, claim));
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
