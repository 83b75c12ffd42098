import {
  type BlockId,
  decodeSealedBlock,
  encodeWireMessage,
  NACK_REASON,
  nackSigningBytes,
  type SignedNack,
  ticketSigningBytes,
} from "@sealwright/types";
import type { LivingNode } from "../world/livingNode.js";
import type { Liar } from "./liar.js";
import { type LiarTools, messageHeard } from "./liarTools.js";

/** Calls good blocks bad, also ones that do not exist, with its own ticket whether it won or not. */
export function falseNacker({ self, signer, key, random, genesis }: LiarTools): Liar {
  const hasTickets = genesis.genesis.settings.verification !== "all";
  const nackOf = (verdict: SignedNack["verdict"]): SignedNack => ({
    verdict,
    signer,
    reason: NACK_REASON.execution,
    ticket: hasTickets ? key.sign(ticketSigningBytes(genesis.networkId, verdict.blockId)) : null,
    signature: random.happens(0.9)
      ? key.sign(nackSigningBytes(genesis.networkId, verdict, NACK_REASON.execution))
      : random.bytes(96),
  });
  let node: LivingNode | null = null;
  return {
    begin: (started) => void (node = started),
    heard(_from, frame) {
      const message = random.happens(0.3) ? messageHeard(frame) : null;
      if (message?.type !== "candidate") return;
      const block = decodeSealedBlock(message.block);
      if (!block.ok) return;
      const { id, envelopeHash, header } = block.value;
      const blockId = random.happens(0.8) ? id : (Buffer.from(random.bytes(32)).toString("hex") as BlockId);
      const nack = nackOf({ threadId: header.threadId, blockId, envelopeHash });
      for (const { id: to } of genesis.keepers.members)
        if (to !== self) node?.sendRaw(to, encodeWireMessage({ type: "nack", nack }));
    },
  };
}
