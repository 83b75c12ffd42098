import {
  type BlockClaim,
  blockSigningBytes,
  lockSigningBytes,
  type SealedBlock,
  type SwitchCertificate,
} from "@sealwright/types";
import { aggregateSignatureSet, type SignatureSet } from "./certificate.js";
import type { ThreadRules } from "./threadRules.js";

/** The producer's signature on a sealed block. The block's producer must already be known to be the designated one. */
export function producerSignatureSet(rules: ThreadRules, block: SealedBlock): SignatureSet | null {
  const index = rules.keepers.indexOf(block.header.producer);
  if (index === null) return null;
  return {
    publicKeys: [rules.keepers.at(index).blsPublicKey],
    message: blockSigningBytes(rules.networkId, claimOf(block)),
    signature: block.signature,
  };
}

/** What a producer signs of its block. */
export function claimOf(block: Pick<SealedBlock, "header" | "id">): BlockClaim {
  const { threadId, term, height, round } = block.header;
  return { threadId, term, height, round, blockId: block.id };
}

/** The aggregates that a block carries, with their own keys and messages. Null when a signer is not a member. */
export function carriedSignatureSets(rules: ThreadRules, block: Pick<SealedBlock, "body">): SignatureSet[] | null {
  const sets: SignatureSet[] = [];
  for (const aggregate of block.body.attestations) {
    const set = aggregateSignatureSet(rules.networkId, rules.keepers, aggregate);
    if (!set.ok) return null;
    sets.push(set.value);
  }
  const qc = block.body.switchCertificate?.qc ?? null;
  if (qc === null) return sets;
  const set = aggregateSignatureSet(rules.networkId, rules.keepers, qc);
  return set.ok ? [...sets, set.value] : null;
}

/** What every Lock of a switch certificate signed: distinct messages under one aggregate signature. */
export function lockMessages(
  rules: ThreadRules,
  certificate: SwitchCertificate,
): { publicKeys: Uint8Array[]; messages: Uint8Array[] } {
  const publicKeys = certificate.locks.map((lock) => rules.keepers.at(lock.signer).blsPublicKey);
  const messages = certificate.locks.map(({ qcTerm, qcHeight, qcBlockId }) =>
    lockSigningBytes(rules.networkId, {
      threadId: certificate.threadId,
      term: certificate.term,
      qcTerm,
      qcHeight,
      qcBlockId,
    }),
  );
  return { publicKeys, messages };
}
