import {
  type BlockHeader,
  type BlockId,
  blockSigningBytes,
  decodeSealedBlock,
  encodeWireMessage,
  sealBlock,
  unixMs,
  unwrap,
} from "@sealwright/types";
import type { Liar } from "./liar.js";
import { type LiarTools, messageIn } from "./liarTools.js";

const RIVALS_KEPT = 64;

/** A producer that shows some keepers another block at the same place, good in itself. */
export function equivocator({ random, key, self, genesis }: LiarTools): Liar {
  const rivals = new Map<BlockId, Uint8Array>();
  const rivalOf = (bytes: Uint8Array): Uint8Array => {
    const block = unwrap(decodeSealedBlock(bytes));
    if (block.header.producer !== self) return bytes;
    const known = rivals.get(block.id);
    if (known !== undefined) return known;
    const header: BlockHeader = { ...block.header, timeMs: unixMs(block.header.timeMs + 1) };
    const { id } = sealBlock(header, block.body, block.signature);
    const { threadId, term, height, round } = header;
    const signature = key.sign(blockSigningBytes(genesis.networkId, { threadId, term, height, round, blockId: id }));
    const rival = sealBlock(header, block.body, signature).bytes;
    if (rivals.size >= RIVALS_KEPT) rivals.clear();
    rivals.set(block.id, rival);
    return rival;
  };
  return {
    sending(_to, frame) {
      const message = messageIn(frame);
      if (message.type !== "candidate" || !random.happens(0.25)) return [frame];
      const rival = encodeWireMessage({ type: "candidate", block: rivalOf(message.block) });
      return random.happens(0.3) ? [frame, rival] : [rival];
    },
  };
}
