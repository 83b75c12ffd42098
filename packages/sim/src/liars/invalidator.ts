import { verificationRules, verifierCount } from "@sealwright/consensus";
import {
  type BlockHeader,
  type BlockId,
  blockSigningBytes,
  decodeSealedBlock,
  encodeWireMessage,
  sealBlock,
  type SealedBlock,
  unwrap,
} from "@sealwright/types";
import type { SimGenesis } from "../world/simGenesis.js";
import type { Liar } from "./liar.js";
import { type LiarTools, messageIn } from "./liarTools.js";

/** What others get of an own block: it as it is, another one that claims too much, or nothing. */
type Fate = { readonly type: "true" | "hidden" } | { readonly type: "invalid"; readonly bytes: Uint8Array };

const INVALID_RATIO = 0.1;

/**
 * A producer whose blocks claim what execution does not yield. Where everybody who has a say executes them, the lie is one
 * that only execution finds; where a few verify, as no real network may have it, also who applies the update finds it.
 */
export function invalidator({ random, key, self, genesis }: LiarTools): Liar {
  const isVerified = isSafelyVerified(genesis);
  const fates = new Map<BlockId, Fate>();
  const invalidOf = ({ header, body, signature }: SealedBlock): Uint8Array => {
    const stateRoot = header.stateRoot.slice();
    stateRoot[0]! ^= 1;
    const lie: BlockHeader = isVerified ? { ...header, gasUsed: header.gasUsed + 1n } : { ...header, stateRoot };
    const { id: blockId } = sealBlock(lie, body, signature);
    const { threadId, term, height, round } = lie;
    const claim = { threadId, term, height, round, blockId };
    return sealBlock(lie, body, key.sign(blockSigningBytes(genesis.networkId, claim))).bytes;
  };
  const fateOf = (block: SealedBlock): Fate => {
    if (block.header.producer !== self) return { type: "true" };
    const known = fates.get(block.id);
    if (known !== undefined) return known;
    // What stands on the block that nobody got would only show that there are two.
    const isOnLie = (fates.get(block.header.parentId)?.type ?? "true") !== "true";
    const isLie = !isOnLie && random.happens(INVALID_RATIO);
    const fate: Fate = isLie ? { type: "invalid", bytes: invalidOf(block) } : { type: isOnLie ? "hidden" : "true" };
    fates.set(block.id, fate);
    return fate;
  };
  return {
    sending(_to, frame) {
      const message = messageIn(frame);
      if (message.type === "blockResponse") {
        const blocks = message.blocks.map((bytes) => unwrap(decodeSealedBlock(bytes)));
        return blocks.every((block) => fateOf(block).type === "true") ? [frame] : [];
      }
      if (message.type !== "candidate") return [frame];
      const fate = fateOf(unwrap(decodeSealedBlock(message.block)));
      if (fate.type === "invalid") return [encodeWireMessage({ type: "candidate", block: fate.bytes })];
      return fate.type === "true" ? [frame] : [];
    },
  };
}

function isSafelyVerified({ genesis, keepers }: SimGenesis): boolean {
  const rules = verificationRules(genesis.settings.verification, keepers.size);
  return rules.mode === "all" || rules.verifiers >= verifierCount(keepers.size);
}
