import type { Penalty, Transport, TransportListener } from "@sealwright/network";
import {
  assertNever,
  type BlockDecodeError,
  decodeEvidence,
  decodeSealedBlock,
  decodeWireMessage,
  encodeWireMessage,
  type KeeperId,
  type Result,
  type SealedBlock,
  type SignedAck,
  type SignedLock,
  type SignedNack,
  type ThreadId,
  type WireMessage,
} from "@sealwright/types";
import type { KeeperSet } from "@sealwright/consensus";
import type { EvidenceDesk } from "../evidence/evidenceDesk.js";
import type { MessageDesk } from "../messages/messageDesk.js";
import type { ThreadService } from "../thread/threadService.js";
import type { BlockServer } from "./blockServer.js";
import { DecodedBlocks, type KnownBlock } from "./decodedBlocks.js";
import type { SnapshotFetcher } from "./snapshotFetcher.js";
import type { SnapshotKeeper } from "./snapshotKeeper.js";

export interface WireRouterDependencies {
  readonly transport: Transport;
  readonly keepers: KeeperSet;
  readonly threads: ReadonlyMap<ThreadId, ThreadService>;
  readonly desk: MessageDesk;
  readonly blockServer: BlockServer;
  readonly evidence: EvidenceDesk;
  readonly snapshots: SnapshotKeeper;
  readonly fetcher: SnapshotFetcher;
  readonly fail: (error: unknown) => void;
  readonly peerChanged: (peer: KeeperId, connected: boolean) => void;
}

/** What each kind of bad input costs its sender. */
const PENALTY_FOR = {
  malformedMessage: "ban",
  malformedBlock: "ban",
  voteOfAnother: "ban",
  lockOfAnother: "ban",
  malformedLock: "ban",
  verdictOfAnother: "ban",
  unknownThread: "slight",
} as const satisfies Record<string, Penalty>;

/** Takes frames from other keepers to the parts that they concern; whatever is malformed is the peer's answer to make. */
export class WireRouter implements TransportListener {
  readonly #deps: WireRouterDependencies;
  readonly #decoded = new DecodedBlocks();

  constructor(dependencies: WireRouterDependencies) {
    this.#deps = dependencies;
  }

  message(from: KeeperId, frame: Uint8Array): void | Promise<void> {
    const decoded = decodeWireMessage(frame);
    if (!decoded.ok) return this.#penalize(from, "malformedMessage");
    const message = decoded.value;
    switch (message.type) {
      case "candidate":
        return this.#onBlock(from, decodeSealedBlock(message.block));
      case "attestation":
        return this.#onVote(from, message);
      case "certificate":
        return this.#withThread(from, message.certificate.attestation.threadId, (thread) =>
          thread.takeCertificate(message.certificate, from),
        );
      case "externals":
        return this.#deps.desk.takeForwarded(message.messages, from);
      case "status":
        return this.#withThread(from, message.status.threadId, (thread) => thread.takeStatus(message.status, from));
      case "blockRequest":
        return this.#onRequest(from, message);
      case "blockResponse":
        if (this.#deps.fetcher.takeBlocks(from, message.threadId, message.blocks)) return;
        this.#onAnswer(from, message.blocks);
        if (message.certificate === null) return;
        return this.#withThread(from, message.threadId, (thread) => thread.takeCertificate(message.certificate!, from));
      case "suspect":
        return this.#withThread(from, message.threadId, (thread) => thread.takeSuspect(from, message.term));
      case "yield":
        return this.#withThread(from, message.threadId, (thread) => thread.takeYield(from, message.term));
      case "lock":
        return this.#onLock(from, message.lock);
      case "snapshotRequest":
        return this.#reply(from, message.threadId, () =>
          this.#deps.snapshots.answer(message.threadId, message.finalAt),
        );
      case "snapshots":
        return this.#deps.fetcher.takeShown(from, message);
      case "snapshotChunkRequest":
        return this.#reply(from, message.threadId, () =>
          this.#deps.snapshots.chunk(message.threadId, message.height, message.index),
        );
      case "snapshotChunk":
        return this.#deps.fetcher.takeChunk(from, message);
      case "ack":
        return this.#onVerdict(from, message.ack, (thread) => thread.takeAck(message.ack));
      case "nack":
        return this.#onVerdict(from, message.nack, (thread) => thread.takeNack(message.nack, from));
      case "evidence":
        return this.#onEvidence(from, message.evidence);
      default:
        return assertNever(message);
    }
  }

  connected(peer: KeeperId): void {
    this.#deps.peerChanged(peer, true);
    for (const thread of this.#deps.threads.values()) thread.keeper.dispatch({ type: "peerConnected", peer });
    this.#deps.evidence.peerConnected(peer);
  }

  disconnected(peer: KeeperId): void {
    this.#deps.peerChanged(peer, false);
    this.#deps.fetcher.peerGone(peer);
    for (const thread of this.#deps.threads.values()) thread.peerGone(peer);
  }

  #onAnswer(from: KeeperId, blocks: readonly Uint8Array[]): void {
    const isHeld = (block: KnownBlock): boolean => this.#deps.threads.get(block.threadId)?.holds(block) ?? false;
    for (const bytes of blocks) {
      const block = this.#decoded.decode(bytes, isHeld);
      if (block === null) continue;
      this.#onBlock(from, block);
      if (!block.ok) return;
    }
  }

  #onBlock(from: KeeperId, block: Result<SealedBlock, BlockDecodeError>): void {
    if (!block.ok) return this.#penalize(from, "malformedBlock");
    this.#withThread(from, block.value.header.threadId, (thread) => thread.takeCandidate(block.value, from));
  }

  /** A vote counts only over the link of the keeper whose vote it is; the signature is checked when votes are added up. */
  #onVote(from: KeeperId, { vote }: WireMessage & { type: "attestation" }): void {
    if (this.#deps.keepers.indexOf(from) !== vote.signer) return this.#penalize(from, "voteOfAnother");
    this.#withThread(from, vote.attestation.threadId, (thread) => thread.takeVote(vote));
  }

  /** A Lock counts only over the link of the keeper whose promise it is. */
  #onLock(from: KeeperId, lock: SignedLock): void {
    if (this.#deps.keepers.indexOf(from) !== lock.signer) return this.#penalize(from, "lockOfAnother");
    this.#withThread(from, lock.threadId, (thread) => {
      if (!thread.takeLock(from, lock)) this.#penalize(from, "malformedLock");
    });
  }

  /** A verdict counts only over the link of the keeper whose word it is. */
  #onVerdict(from: KeeperId, { signer, verdict }: SignedAck | SignedNack, take: (thread: ThreadService) => void): void {
    if (this.#deps.keepers.indexOf(from) !== signer) return this.#penalize(from, "verdictOfAnother");
    this.#withThread(from, verdict.threadId, take);
  }

  #onRequest(
    from: KeeperId,
    { threadId, fromHeight, tipId }: WireMessage & { type: "blockRequest" },
  ): Promise<void> | void {
    return this.#reply(from, threadId, async (thread) => {
      const blocks = await this.#deps.blockServer.answer(threadId, thread.keeper.state, fromHeight, tipId);
      return blocks ?? this.#deps.snapshots.answer(threadId, null);
    });
  }

  /** Returned to the transport: a peer that asks faster than it is served is read more slowly. */
  #reply(
    from: KeeperId,
    threadId: ThreadId,
    answer: (thread: ThreadService) => Promise<WireMessage>,
  ): Promise<void> | void {
    const thread = this.#deps.threads.get(threadId);
    if (thread === undefined) return this.#penalize(from, "unknownThread");
    return answer(thread)
      .then((message) => void this.#deps.transport.send(from, encodeWireMessage(message), { priority: "bulk" }))
      .catch((error: unknown) => this.#deps.fail(error));
  }

  #onEvidence(from: KeeperId, bytes: Uint8Array): void {
    const evidence = decodeEvidence(bytes);
    if (!evidence.ok) return this.#penalize(from, "malformedMessage");
    if (!this.#deps.evidence.take(evidence.value, from)) this.#penalize(from, "unknownThread");
  }

  #withThread(from: KeeperId, threadId: ThreadId, act: (thread: ThreadService) => void): void {
    const thread = this.#deps.threads.get(threadId);
    if (thread === undefined) this.#penalize(from, "unknownThread");
    else act(thread);
  }

  #penalize(peer: KeeperId, cause: keyof typeof PENALTY_FOR): void {
    this.#deps.transport.penalize(peer, PENALTY_FOR[cause], cause);
  }
}
