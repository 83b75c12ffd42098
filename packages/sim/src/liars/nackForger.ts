import { isVerifier, verificationRules } from "@sealwright/consensus";
import {
  type AggregatedAttestation,
  type BlockBody,
  type BlockHeader,
  type BlockId,
  blockSigningBytes,
  bodyRootsOf,
  decodeSealedBlock,
  encodeAccusation,
  encodeEvidence,
  encodeWireMessage,
  type KeeperId,
  limits,
  NACK_REASON,
  nackSigningBytes,
  sealBlock,
  type SealedBlock,
  type SignedNack,
  type SignerIndex,
  threadsTableHash,
  ticketSigningBytes,
  unwrap,
} from "@sealwright/types";
import type { LivingNode } from "../world/livingNode.js";
import type { Liar } from "./liar.js";
import { type LiarTools, messageHeard, messageIn } from "./liarTools.js";

const WAYS = ["send", "carry", "show"] as const;
const FORGED_RATIO = 0.3;
const CARRIED_RATIO = 0.1;
const HEARD_MAX = 64;
const TICKET_TRIES_MAX = 200;

/**
 * Puts Nacks of good blocks into the mouths of others: it sends them, carries them in its blocks, or shows them, with the
 * certificate of the block, as proof that the others lie. In one way per life: the first lie of two of them has it banned.
 */
export function nackForger({ self, key, random, genesis }: LiarTools): Liar {
  const { keepers, networkId } = genesis;
  const rules = verificationRules(genesis.genesis.settings.verification, keepers.size);
  const tableHash = threadsTableHash(genesis.table);
  const others = keepers.members.map(({ id }) => id).filter((id) => id !== self);
  const heard = new Map<BlockId, SealedBlock>();
  const fates = new Map<BlockId, Uint8Array | "true" | "hidden">();
  const way = random.pick(WAYS);
  let node: LivingNode | null = null;

  /** One that wins: only its holder can make a real one, but anybody can look for bytes that would win. */
  const ticketFor = (blockId: BlockId): Uint8Array | null => {
    if (rules.mode === "all") return null;
    const tries = Array.from({ length: TICKET_TRIES_MAX }, (_, i) =>
      i === 0 ? key.sign(ticketSigningBytes(networkId, blockId)) : random.bytes(96),
    );
    return tries.find((ticket) => isVerifier(ticket, rules.verifiers, keepers.size)) ?? tries[0]!;
  };
  const forged = (signer: SignerIndex, { id: blockId, envelopeHash, header }: SealedBlock): SignedNack => {
    const verdict = { threadId: header.threadId, blockId, envelopeHash };
    const ownHand = key.sign(nackSigningBytes(networkId, verdict, NACK_REASON.execution));
    const signature = random.happens(0.5) ? ownHand : random.bytes(96);
    return { verdict, signer, reason: NACK_REASON.execution, ticket: ticketFor(blockId), signature };
  };
  const victim = (): SignerIndex => keepers.indexOf(random.pick(others))!;
  const tellAll = (frame: Uint8Array): void => others.forEach((to) => node?.sendRaw(to, frame));

  const accuse = (certificate: AggregatedAttestation): void => {
    const block = heard.get(certificate.attestation.blockId);
    if (block === undefined) return;
    const accused = victim();
    const nack = forged(accused, block);
    const evidence = encodeEvidence({ kind: "wrongNack", accused, nack, certificate, headers: [block.header] });
    tellAll(encodeWireMessage({ type: "evidence", evidence }));
  };
  /** The same block, which also carries what others are said to have said of its parent. */
  const withNacks = (block: SealedBlock): Uint8Array => {
    const parent = heard.get(block.header.parentId) ?? block;
    const nacks = [victim(), victim()].map((signer) =>
      encodeAccusation({ type: "nack", nack: forged(signer, parent) }),
    );
    const accusations = [...block.body.accusations, ...nacks].slice(0, limits.ACCUSATIONS_PER_BLOCK_MAX);
    const body: BlockBody = { ...block.body, accusations };
    const header: BlockHeader = { ...block.header, roots: bodyRootsOf(body, tableHash) };
    const { id: blockId } = sealBlock(header, body, block.signature);
    const { threadId, term, height, round } = header;
    const signature = key.sign(blockSigningBytes(networkId, { threadId, term, height, round, blockId }));
    return sealBlock(header, body, signature).bytes;
  };
  /** Everybody gets the same. */
  const fateOf = (block: SealedBlock): Uint8Array | "true" | "hidden" => {
    if (way !== "carry" || block.header.producer !== self) return "true";
    const known = fates.get(block.id);
    if (known !== undefined) return known;
    const isOnLie = (fates.get(block.header.parentId) ?? "true") !== "true";
    const fate = isOnLie ? "hidden" : random.happens(CARRIED_RATIO) ? withNacks(block) : "true";
    fates.set(block.id, fate);
    return fate;
  };
  const remember = (block: SealedBlock): void => {
    heard.set(block.id, block);
    const oldest = heard.keys().next();
    if (heard.size > HEARD_MAX && oldest.done !== true) heard.delete(oldest.value);
  };
  return {
    begin: (started) => void (node = started),
    heard(_from: KeeperId, frame) {
      const message = messageHeard(frame);
      if (way === "show" && message?.type === "certificate" && random.happens(FORGED_RATIO))
        accuse(message.certificate);
      const block = message?.type === "candidate" ? decodeSealedBlock(message.block) : null;
      if (block === null || !block.ok) return;
      remember(block.value);
      if (way === "send" && random.happens(FORGED_RATIO))
        tellAll(encodeWireMessage({ type: "nack", nack: forged(victim(), block.value) }));
    },
    sending(_to, frame) {
      const message = messageIn(frame);
      if (message.type === "blockResponse") {
        const blocks = message.blocks.map((bytes) => unwrap(decodeSealedBlock(bytes)));
        return blocks.every((block) => fateOf(block) === "true") ? [frame] : [];
      }
      if (message.type !== "candidate") return [frame];
      const block = unwrap(decodeSealedBlock(message.block));
      remember(block);
      const fate = fateOf(block);
      if (fate === "true") return [frame];
      return fate === "hidden" ? [] : [encodeWireMessage({ type: "candidate", block: fate })];
    },
  };
}
