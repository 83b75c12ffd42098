import { producerOf } from "@sealwright/consensus";
import { decodeSealedBlock, encodeWireMessage, term } from "@sealwright/types";
import type { Liar } from "./liar.js";
import { type LiarTools, messageHeard } from "./liarTools.js";

/** Hears nothing of one thread, so as a producer of another it takes none of that one's messages. */
export function shunner({ genesis, self }: LiarTools): Liar {
  const { blocks, keepers } = genesis;
  const isForeign = ({ id }: (typeof blocks)[number]): boolean => producerOf(id, term(0n), keepers) !== self;
  const { threadId: shunned } = (blocks.find(isForeign) ?? blocks[0]!).header;
  const isShunned = (bytes: Uint8Array): boolean => {
    const block = decodeSealedBlock(bytes);
    return block.ok && block.value.header.threadId === shunned;
  };
  return {
    hearing(_from, frame) {
      const message = messageHeard(frame);
      if (message?.type === "candidate") return isShunned(message.block) ? null : frame;
      if (message?.type === "certificate") return message.certificate.attestation.threadId === shunned ? null : frame;
      if (message?.type !== "blockResponse") return frame;
      const blocks = message.blocks.filter((bytes) => !isShunned(bytes));
      return blocks.length === 0 ? null : encodeWireMessage({ ...message, blocks });
    },
  };
}
