import { producerOf } from "@sealwright/consensus";
import {
  type Attestation,
  attestationSigningBytes,
  decodeSealedBlock,
  encodeWireMessage,
  type KeeperId,
} from "@sealwright/types";
import type { LivingNode } from "../world/livingNode.js";
import type { Liar } from "./liar.js";
import { type LiarTools, messageHeard } from "./liarTools.js";

/** Votes for every block that it sees, with either target, whatever it voted for before. */
export function doubleVoter({ self, signer, key, genesis }: LiarTools): Liar {
  let node: LivingNode | null = null;
  const vote = (attestation: Attestation, seed: Parameters<typeof producerOf>[0]): void => {
    const signature = key.sign(attestationSigningBytes(genesis.networkId, attestation));
    const frame = encodeWireMessage({ type: "attestation", vote: { attestation, signer, signature } });
    const producer: KeeperId = producerOf(seed, attestation.term, genesis.keepers);
    if (producer !== self) node?.sendRaw(producer, frame);
  };
  return {
    begin: (started) => void (node = started),
    heard(_from, frame) {
      const message = messageHeard(frame);
      if (message?.type !== "candidate") return;
      const block = decodeSealedBlock(message.block);
      if (!block.ok) return;
      const { id: blockId, envelopeHash, header } = block.value;
      const { threadId, term, height } = header;
      for (const target of ["primary", "fallback"] as const)
        vote({ threadId, term, height, blockId, envelopeHash, target }, header.selector.seed);
    },
  };
}
