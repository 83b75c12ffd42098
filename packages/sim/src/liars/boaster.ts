import { type AggregatedAttestation, decodeSealedBlock, encodeWireMessage, height, term } from "@sealwright/types";
import type { LivingNode } from "../world/livingNode.js";
import type { Liar } from "./liar.js";
import { type LiarTools, messageHeard, messageIn } from "./liarTools.js";

/** Claims to be ahead, shows certificates that nobody signed, and asks for blocks again and again. */
export function boaster({ self, random, genesis }: LiarTools): Liar {
  const forged = (certificate: AggregatedAttestation): AggregatedAttestation => ({
    ...certificate,
    attestation: { ...certificate.attestation, height: height(certificate.attestation.height + BigInt(random.int(3))) },
    signers: genesis.keepers.members.map((_, place) => place as AggregatedAttestation["signers"][number]),
  });
  let node: LivingNode | null = null;
  return {
    begin: (started) => void (node = started),
    heard(_from, frame) {
      const message = random.happens(0.3) ? messageHeard(frame) : null;
      const block = message?.type === "candidate" ? decodeSealedBlock(message.block) : null;
      if (block === null || !block.ok) return;
      const { id: blockId, envelopeHash, header } = block.value;
      const { threadId, term: at, height: high } = header;
      const attestation = { threadId, term: at, height: high, blockId, envelopeHash, target: "primary" } as const;
      const certificate = forged({ attestation, signers: [], signature: random.bytes(96) });
      for (const { id } of genesis.keepers.members)
        if (id !== self) node?.sendRaw(id, encodeWireMessage({ type: "certificate", certificate }));
    },
    sending(_to, frame) {
      const message = messageIn(frame);
      if (message.type === "certificate" && random.happens(0.5))
        return [encodeWireMessage({ ...message, certificate: forged(message.certificate) }), frame];
      if (message.type !== "status" || !random.happens(0.5)) return [frame];
      const { status } = message;
      const ahead = {
        ...status,
        finalHeight: height(status.finalHeight + BigInt(random.int(1_000))),
        currentTerm: term(status.currentTerm + BigInt(random.int(5))),
        highestQc: status.highestQc === null ? null : forged(status.highestQc),
      };
      const { threadId } = status;
      const requests = Array.from({ length: 5 }, () =>
        encodeWireMessage({ type: "blockRequest", threadId, fromHeight: height(0), tipId: null }),
      );
      return [encodeWireMessage({ type: "status", status: ahead }), ...requests];
    },
  };
}
