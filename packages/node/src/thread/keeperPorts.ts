import { type FinalizedRun, type KeeperPorts, type KeeperRunner, voteChain } from "@sealwright/keeper";
import type { Penalty } from "@sealwright/network";
import type { BlockVerdict, KeeperId, SignedAck, SignedAttestation, ThreadStatus } from "@sealwright/types";
import { applyBlockUpdate } from "./applyBlockUpdate.js";
import type { ChainNotices } from "./chainNotices.js";
import { executeBlock } from "./executeBlock.js";
import type { FinalityWriter } from "./finalityWriter.js";
import type { ThreadDependencies } from "./threadDependencies.js";
import type { ThreadForge } from "./threadForge.js";
import type { ThreadLink } from "./threadLink.js";
import type { ThreadOptions } from "./threadOptions.js";
import type { VoteSums } from "./voteSums.js";

/** The parts of a thread that its keeper acts through, besides what the thread itself acts through. */
export interface KeeperParts {
  /** Asked for late: it is made with these ports. */
  readonly keeper: () => KeeperRunner;
  readonly signer: ThreadForge;
  readonly finality: FinalityWriter;
  readonly sums: VoteSums;
  readonly link: ThreadLink;
  readonly notices: ChainNotices;
  readonly status: () => ThreadStatus;
  /** This node's own vote or Ack, when it is the producer that gets it. */
  readonly takeVote: (vote: SignedAttestation) => void;
  readonly takeAck: (ack: SignedAck) => void;
  readonly finalize: (run: FinalizedRun) => void;
  /** A block needs imports that are not kept here any more. */
  readonly importsGone: () => void;
}

/** A malformed block may be a bug; what carries a bad signature was made to deceive. */
const PENALTIES = {
  badBlock: "serious",
  badSignature: "ban",
  badCertificate: "ban",
  badNack: "serious",
} as const satisfies Record<string, Penalty>;

/** What the keeper of one thread asks of the world. */
export function keeperPorts(options: ThreadOptions, deps: ThreadDependencies, parts: KeeperParts): KeeperPorts {
  const { signatures, repository, transport, execution } = deps;
  const { signer, finality, sums, link, importsGone } = parts;
  const { rules, self } = options;
  const { threadId } = rules;
  return {
    checkSignatures: (block) => signatures.checkBlock(rules, block),
    checkCertificate: (certificate) => signatures.checkCertificate(rules, certificate),
    execute: (block) => executeBlock(options, { ...deps, importsGone }, block),
    applyUpdate: (block) => applyBlockUpdate(options, deps, block),
    checkNack: (nack) => signatures.checkNack(rules, nack),
    drawTicket: (blockId) => signer.ticket(blockId),
    acknowledge: (to, verdict, ticket) => {
      acknowledge(options, parts, to, verdict, ticket).catch((error: unknown) => deps.fail(error));
    },
    forgeNack: (verdict, reason) => signer.nack(verdict, reason),
    sendNack: (to, nack) => link.tell(to, { type: "nack", nack }),
    commit: (blocks, state) => {
      const bodies = [...finality.takeUnstored(), ...blocks];
      return repository.commit({ blocks: bodies, voteStates: [{ threadId, state }] });
    },
    forgeVote: (attestation, highestQc) =>
      signer.vote(attestation, highestQc, voteChain(parts.keeper().state, attestation)),
    forgeLock: (term, qc) => signer.lock(term, qc),
    sendSuspect: (to, term) => link.tell(to, { type: "suspect", threadId, term }),
    sendYield: (to, term) => link.tell(to, { type: "yield", threadId, term }),
    sendLock: (to, lock) => link.tell(to, { type: "lock", lock }),
    aggregateLocks: (locks) => sums.locks(locks),
    completeCertificate: (attestation, votes) => sums.certificate(attestation, votes),
    sendVote: (to, vote) => (to === self ? parts.takeVote(vote) : link.send(to, { type: "attestation", vote })),
    finalize: (run) => parts.finalize(run),
    sendStatus: (to) => link.tell(to, { type: "status", status: parts.status() }),
    requestBlocks: (to: KeeperId, fromHeight, tipId) =>
      link.send(to, { type: "blockRequest", threadId, fromHeight, tipId }),
    penalize: (peer, cause, detail) => transport.penalize(peer, PENALTIES[cause], `${cause}:${detail}`),
    notify: (notice) => parts.notices.take(notice),
    releaseStates: (ids) => execution.release(ids.map((block) => ({ block }))),
    fail: (error) => deps.fail(error),
  };
}

/** An observer says nothing. */
function acknowledge(
  { self, signer: index }: ThreadOptions,
  { signer, link, takeAck }: KeeperParts,
  to: KeeperId,
  verdict: BlockVerdict,
  ticket: Uint8Array,
): Promise<void> {
  return signer.ack(verdict).then((outcome) => {
    if (outcome.type !== "signed" || index === null) return;
    const ack: SignedAck = { verdict, signer: index, ticket, signature: outcome.signature };
    if (to === self) takeAck(ack);
    else link.send(to, { type: "ack", ack });
  });
}
