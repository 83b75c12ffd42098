import type { EventLog, NodeEvent, ProducerHint } from "@sealwright/api";
import { type BlockFacts, findLockFault, type Offence, producerOf, rankOfQc, shouldYield } from "@sealwright/consensus";
import type { CryptoService } from "@sealwright/crypto";
import { ExecutionError, type ThreadExecution } from "@sealwright/execution";
import type { ForgeWorker } from "@sealwright/forge";
import {
  type AbandonedBlock,
  chainTo,
  type ChainNotice,
  type FinalizedRun,
  type KeeperPorts,
  KeeperRunner,
  type KeeperState,
  newestApplied,
  voteChain,
  type WitnessRunner,
} from "@sealwright/keeper";
import type { Penalty, Transport } from "@sealwright/network";
import { BlockProducer, type MessageQueue, type ProducerPorts, type ProducerState } from "@sealwright/producer";
import type { BlockStateRepository, Repository } from "@sealwright/store";
import {
  type AggregatedAttestation,
  assertNever,
  type BlockId,
  type BlockVerdict,
  type Clock,
  encodeAccusation,
  encodeWireMessage,
  type Height,
  type ImportCursor,
  type KeeperId,
  type Logger,
  type MessageHash,
  type SealedBlock,
  type SignedAck,
  type SignedAttestation,
  type SignedLock,
  type SignedNack,
  type Term,
  type ThreadId,
  type ThreadStatus,
  type WireMessage,
} from "@sealwright/types";
import { showCandidate, showNotice, showVote } from "../evidence/watchThread.js";
import type { HoldReason } from "../life/blockTrace.js";
import { ThreadLife } from "../life/threadLife.js";
import { BlockTally } from "../messages/blockTally.js";
import { CensorshipWatch } from "../messages/censorshipWatch.js";
import { ImportWatch } from "../messages/importWatch.js";
import type { MessageDesk } from "../messages/messageDesk.js";
import type { MessageRoute } from "../messages/messageRoute.js";
import { blockContextOf, blockLimitsOf } from "./blockContext.js";
import { BlockDiary, refOf } from "./blockDiary.js";
import { AckIntake } from "./ackIntake.js";
import { applyBlockUpdate } from "./applyBlockUpdate.js";
import { executeBlock } from "./executeBlock.js";
import { forwardBatches } from "./forwardBatches.js";
import { type DurableFinal, FinalityWriter } from "./finalityWriter.js";
import type { ImportDesk } from "./importDesk.js";
import { ImportProgress } from "./importProgress.js";
import { commandFor, isSigned, producerStart } from "./producerStart.js";
import { reloadExecution } from "./reloadExecution.js";
import type { KnownBlock } from "../sync/decodedBlocks.js";
import { PeerHeights } from "../sync/peerHeights.js";
import { SafetyStop } from "../safetyStop.js";
import type { SnapshotKeeper } from "../sync/snapshotKeeper.js";
import type { SignatureDesk } from "./signatureDesk.js";
import { ThreadForge } from "./threadForge.js";
import type { ThreadOptions } from "./threadOptions.js";
import { VoteSums } from "./voteSums.js";

export interface ThreadServiceDependencies {
  readonly execution: ThreadExecution;
  readonly queue: MessageQueue;
  readonly repository: Repository;
  readonly blockStates: BlockStateRepository;
  readonly forge: ForgeWorker;
  readonly crypto: CryptoService;
  readonly signatures: SignatureDesk;
  /** Watches this thread for faults that prove themselves. */
  readonly witness: WitnessRunner;
  readonly snapshots: SnapshotKeeper;
  readonly imports: ImportDesk;
  readonly transport: Transport;
  readonly events: EventLog<NodeEvent>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The desk that follows messages; asked for late, because desk and threads know each other. */
  readonly desk: () => MessageDesk;
  /** A block of this thread is final: other threads' imports may go on. */
  readonly finalMoved: (threadId: ThreadId) => void;
  /** A good certificate of another thread, found in the proof of a ref. */
  readonly certificateFound: (certificate: AggregatedAttestation) => void;
  /** How many threads besides this one this node produces now. */
  readonly othersProduced: (threadId: ThreadId) => number;
  readonly apiUrlOf: (keeper: KeeperId) => string | null;
  /** Something that guards safety failed: the node must stop. */
  readonly fail: (error: unknown) => void;
}

/** A malformed block may be a bug; what carries a bad signature was made to deceive. */
const PENALTIES = {
  badBlock: "serious",
  badSignature: "ban",
  badCertificate: "ban",
  badNack: "serious",
} as const satisfies Record<string, Penalty>;

/** How long a node that stops waits for the disk and the signer, so that its last block leaves. */
const SEAL_OUT_MS = 2_000;

/** One thread of one node: its keeper and its producer, and the edges that both act through. */
export class ThreadService implements MessageRoute {
  readonly threadId: ThreadId;
  readonly execution: ThreadExecution;
  readonly queue: MessageQueue;
  readonly censorship: CensorshipWatch;
  readonly keeper: KeeperRunner;
  /** For people who ask what became of a block. */
  readonly life: ThreadLife;
  readonly #producer: BlockProducer;
  readonly #options: ThreadOptions;
  readonly #deps: ThreadServiceDependencies;
  readonly #diary: BlockDiary;
  readonly #forge: ThreadForge;
  readonly #imports: ImportProgress;
  readonly #tally: BlockTally;
  readonly #importWatch: ImportWatch;
  readonly #finality: FinalityWriter;
  readonly #sums: VoteSums;
  /** Final and durable: what clients are told. */
  #durableFinal: BlockFacts;
  /** The last final block at the time when a block above it needed imports that are not kept here. */
  #lackedAt: Height | null = null;
  #suspects = 0;
  #termsEntered = 0;
  #nacks = 0;
  readonly #peerHeights: PeerHeights;
  readonly #acks = new AckIntake();

  constructor(options: ThreadOptions, initial: KeeperState, dependencies: ThreadServiceDependencies) {
    const { rules, settings, threadsTable, self } = options;
    const { execution, queue, clock } = dependencies;
    this.#options = options;
    this.#deps = dependencies;
    this.threadId = rules.threadId;
    this.execution = execution;
    this.queue = queue;
    this.#tally = new BlockTally(blockLimitsOf(settings));
    const watching = { complaintsMax: rules.keepers.faultTolerance + 1, tally: this.#tally };
    this.censorship = new CensorshipWatch(watching);
    this.#importWatch = new ImportWatch(watching);
    this.life = new ThreadLife(options, dependencies);
    this.#diary = new BlockDiary(dependencies, this.life.trace);
    this.#peerHeights = new PeerHeights(rules.keepers.faultTolerance);
    this.#forge = new ThreadForge(options, dependencies);
    this.#sums = new VoteSums(rules, dependencies);
    const others = threadsTable.map((route) => route.threadId).filter((id) => id !== this.threadId);
    this.#imports = new ImportProgress(this.threadId, others, { desk: dependencies.imports });
    this.#finality = new FinalityWriter({
      ...dependencies,
      quorum: rules.keepers.quorum,
      share: (shared) => dependencies.snapshots.take(shared),
      durable: (finals) => this.#onDurable(finals),
    });
    this.#durableFinal = initial.final;
    this.keeper = new KeeperRunner(initial, { ports: this.#keeperPorts(), clock });
    const { productionTimeoutMs, minBlockIntervalMs, shareStateEvery } = settings;
    this.#producer = new BlockProducer(
      { rules, self, productionTimeoutMs, minBlockIntervalMs, shareStateEvery },
      { execution, queue, ports: this.#producerPorts(), clock },
    );
  }

  get durableFinal(): BlockFacts {
    return this.#durableFinal;
  }

  /** Replays what was stored above the last final block, then begins. */
  async start(): Promise<void> {
    this.keeper.start();
    await this.#imports.load(this.execution, this.#durableFinal.id);
    for await (const block of this.#deps.repository.unfinalizedBlocks(this.threadId)) {
      if (isSigned(block)) this.keeper.dispatch({ type: "candidate", block, origin: { type: "store" } });
    }
    if (this.isTurn()) this.#producer.command({ type: "prepare", term: this.keeper.state.vote.currentTerm });
  }

  /** A block that is being sealed leaves first, if that takes no longer than `SEAL_OUT_MS`. */
  async stop(): Promise<void> {
    await this.#producer.end(SEAL_OUT_MS);
    this.keeper.stop();
    await this.#finality.idle();
    await this.execution.close();
  }

  /** Brings the states of all known blocks into a new execution. */
  reloadExecution(fresh: ThreadExecution): Promise<void> {
    return reloadExecution(fresh, this.#options, {
      repository: this.#deps.repository,
      written: () => this.#finality.idle(),
      durableFinal: () => this.#durableFinal,
      openBlocks: () => [...this.keeper.state.blocks.values()],
    });
  }

  /** How far peers are ahead, by the word of f + 1 of them. */
  behind(): bigint {
    return this.#peerHeights.behind(this.#durableFinal.height);
  }

  /** A block cannot be executed here, because what it imports is not kept here any more. */
  lacksImports(): boolean {
    return this.#lackedAt === this.#durableFinal.height;
  }

  /** Where imports go on after the last final block. */
  importCursors(sources: readonly ThreadId[]): Promise<readonly ImportCursor[]> {
    return this.execution.cursors({ block: this.#durableFinal.id }, sources);
  }

  takeStatus(status: ThreadStatus, from: KeeperId): void {
    this.#peerHeights.note(from, status.finalHeight);
    this.keeper.dispatch({ type: "statusReceived", peer: from, status });
  }

  peerGone(peer: KeeperId): void {
    this.#peerHeights.forget(peer);
  }

  isProducing(): boolean {
    return this.#producer.state.phase === "producing";
  }

  /** Why this node holds back the next block, when it produces and has to wait. */
  get hold(): HoldReason | null {
    const { state } = this.#producer;
    return state.phase === "producing" ? (state.hold?.reason ?? null) : null;
  }

  isTurn(): boolean {
    const { signer, self } = this.#options;
    return signer !== null && this.producer().keeperId === self;
  }

  /** Blocks that are built and wait to be sealed. */
  get builtAhead(): number {
    const { state } = this.#producer;
    return state.phase === "producing" ? state.unsealed.length : 0;
  }

  /** The block is final here, held above, or waits for its parent: it is of no use again. */
  holds({ height, id, parentId }: KnownBlock): boolean {
    const { final, blocks, parked } = this.keeper.state;
    const isParked = (): boolean => parked.get(parentId)?.some(({ block }) => block.id === id) ?? false;
    return height <= final.height || blocks.has(id) || isParked();
  }

  isInOpenBlock(hash: MessageHash): boolean {
    for (const { block } of this.keeper.state.blocks.values())
      if (block.body.receipts.some(({ messageHash }) => messageHash === hash)) return true;
    return false;
  }

  producer(): ProducerHint {
    const { rules } = this.#options;
    const keeperId = producerOf(rules.seed, this.keeper.state.vote.currentTerm, rules.keepers);
    return { keeperId, apiUrl: this.#deps.apiUrlOf(keeperId) };
  }

  /** Where importing from another thread goes on after the last final block. */
  importedUpTo(source: ThreadId): ImportCursor {
    return this.#imports.durableCursor(source);
  }

  wake(): void {
    this.#producer.noteWork(this.#imports.hasWaiting(this.#openChain()));
  }

  forward(messages: readonly Uint8Array[], { all }: { readonly all: boolean }): void {
    for (const batch of forwardBatches(messages)) {
      const frame = encodeWireMessage({ type: "externals", messages: batch });
      if (all) this.#deps.transport.broadcast(frame, { priority: "bulk" });
      else this.#deps.transport.send(this.producer().keeperId, frame, { priority: "bulk" });
    }
  }

  /** Called once a second: the producer must take the final messages of other threads, too (S1). */
  watchImports(): void {
    if (this.isProducing()) return this.#importWatch.clear();
    const first = this.#imports.firstWaiting(this.#openChain());
    if (this.#importWatch.look(first, this.#deps.clock.monotonicMs())) this.suspectCensorship();
  }

  suspectCensorship(): void {
    this.keeper.dispatch({ type: "censored", term: this.keeper.state.vote.currentTerm });
  }

  status(): ThreadStatus {
    const { final, vote } = this.keeper.state;
    const { currentTerm, highestQc } = vote;
    const { height, id: blockId } = newestApplied(this.keeper.state);
    const { threadId } = this;
    return { threadId, finalHeight: final.height, finalId: final.id, currentTerm, highestQc, tip: { height, blockId } };
  }

  takeCandidate(block: SealedBlock, from: KeeperId): void {
    showCandidate(this.#deps.witness, block, from);
    this.life.trace.arrived(block.id);
    this.keeper.dispatch({ type: "candidate", block, origin: { type: "peer", peer: from } });
  }

  takeVote(vote: SignedAttestation): void {
    showVote(this.#deps.witness, vote, this.#options.rules.keepers.at(vote.signer).id);
    this.life.voteArrived(vote, this.#producer.state);
    this.#producer.dispatch({ type: "vote", vote });
  }

  /** One of the next blocks carries it, if this node produces them; a producer that it convicts is not waited for. */
  takeAccusation({ kind, accused, term, height }: Offence, accusation: Uint8Array): void {
    // An old fault that shows late is told as long as one of today.
    const tip = newestApplied(this.keeper.state).height;
    this.#producer.dispatch({ type: "accusation", accusation, height: height > tip ? height : tip });
    const { rules } = this.#options;
    const signer = rules.keepers.indexOf(accused);
    if (kind === "wrongNack" && signer !== null) this.keeper.dispatch({ type: "wrongNackProved", signer, height });
    const isOfBlocks = kind === "doubleBlock" || kind === "doubleFirstBlock";
    if (isOfBlocks && producerOf(rules.seed, term, rules.keepers) === accused)
      this.keeper.dispatch({ type: "producerFault", term, fault: kind });
  }

  /** One of the next blocks carries it, if this node produces them. Nothing depends on it, so nothing is checked. */
  takeAck(ack: SignedAck): void {
    const { blocks, config } = this.keeper.state;
    const about = blocks.get(ack.verdict.blockId);
    if (config.verification.mode === "all" || about === undefined) return;
    if (!this.#acks.take(ack, (blockId) => blocks.has(blockId))) return;
    const accusation = encodeAccusation({ type: "ack", ack });
    this.#producer.dispatch({ type: "accusation", accusation, height: about.facts.height });
  }

  takeNack(nack: SignedNack, from: KeeperId): void {
    this.keeper.offerNack(nack, from);
  }

  takeSuspect(peer: KeeperId, term: Term): void {
    this.keeper.dispatch({ type: "suspectReceived", peer, term });
  }

  takeYield(peer: KeeperId, term: Term): void {
    this.keeper.dispatch({ type: "yieldReceived", peer, term });
  }

  /** @returns false when no honest keeper would say this */
  takeLock(peer: KeeperId, lock: SignedLock): boolean {
    if (findLockFault(this.#options.rules, lock) !== null) return false;
    if (lock.qc !== null) this.keeper.offerCertificate(lock.qc, peer);
    this.keeper.dispatch({ type: "lockReceived", peer, lock });
    return true;
  }

  takeCertificate(certificate: AggregatedAttestation, from: KeeperId): void {
    this.keeper.offerCertificate(certificate, from);
  }

  /** A certificate that this node checked elsewhere. */
  takeVerifiedCertificate(certificate: AggregatedAttestation): void {
    this.keeper.dispatch({ type: "certificateVerified", certificate, from: null });
  }

  /** Another thread has a new final block: imports may wait, and a ref that was missing may be here now. */
  otherThreadFinal(height: Height): void {
    this.keeper.dispatch({ type: "otherThreadFinal", height });
    if (this.#imports.hasWaiting(this.#openChain())) this.wake();
  }

  #keeperPorts(): KeeperPorts {
    const { signatures, repository, transport } = this.#deps;
    const { rules, self } = this.#options;
    const { threadId } = this;
    const importsGone = (): void => void (this.#lackedAt = this.#durableFinal.height);
    return {
      checkSignatures: (block) => signatures.checkBlock(rules, block),
      checkCertificate: (certificate) => signatures.checkCertificate(rules, certificate),
      execute: (block) => executeBlock(this.#options, { ...this.#deps, importsGone }, block),
      applyUpdate: (block) => applyBlockUpdate(this.#options, this.#deps, block),
      checkNack: (nack) => signatures.checkNack(rules, nack),
      drawTicket: (blockId) => this.#forge.ticket(blockId),
      acknowledge: (to, verdict, ticket) => this.#acknowledge(to, verdict, ticket),
      forgeNack: (verdict, reason) => this.#forge.nack(verdict, reason),
      sendNack: (to, nack) => this.#sendOrBroadcast(to, { type: "nack", nack }),
      commit: (blocks, state) => {
        const bodies = [...this.#finality.takeUnstored(), ...blocks];
        return repository.commit({ blocks: bodies, voteStates: [{ threadId, state }] });
      },
      forgeVote: (attestation, highestQc) =>
        this.#forge.vote(attestation, highestQc, voteChain(this.keeper.state, attestation)),
      forgeLock: (term, qc) => this.#forge.lock(term, qc),
      sendSuspect: (to, term) => this.#sendOrBroadcast(to, { type: "suspect", threadId, term }),
      sendYield: (to, term) => this.#sendOrBroadcast(to, { type: "yield", threadId, term }),
      sendLock: (to, lock) => this.#sendOrBroadcast(to, { type: "lock", lock }),
      aggregateLocks: (locks) => this.#sums.locks(locks),
      completeCertificate: (attestation, votes) => this.#sums.certificate(attestation, votes),
      sendVote: (to, vote) => (to === self ? this.takeVote(vote) : this.#send(to, { type: "attestation", vote })),
      finalize: (run) => this.#finalize(run),
      sendStatus: (to) => this.#sendOrBroadcast(to, { type: "status", status: this.status() }),
      requestBlocks: (to, fromHeight, tipId) => this.#send(to, { type: "blockRequest", threadId, fromHeight, tipId }),
      penalize: (peer, cause, detail) => transport.penalize(peer, PENALTIES[cause], `${cause}:${detail}`),
      notify: (notice) => this.#onNotice(notice),
      releaseStates: (ids) => this.execution.release(ids.map((block) => ({ block }))),
      fail: (error) => this.#deps.fail(error),
    };
  }

  #producerPorts(): ProducerPorts {
    const { threadsTable, settings, rules } = this.#options;
    const { transport, repository, logger, imports } = this.#deps;
    const { threadId } = this;
    return {
      findStart: (term) => producerStart(this.keeper, term, repository),
      contextFor: (order) => {
        this.life.trace.buildStarted(order.height, order.term);
        return blockContextOf({ ...order, threadId }, threadsTable);
      },
      built: ({ height, term }) => this.life.trace.built(height, term),
      limits: () => blockLimitsOf(settings),
      importSources: () => this.#imports.sources,
      cursorOf: (source) => this.#imports.cursorAfter(source, this.#openChain()),
      offerImports: (source, cursor) => imports.offer(source, threadId, cursor),
      recordSeal: async (block, firstOfTerm) => {
        const { term, height } = block.header;
        this.life.trace.note(block, "sealed");
        await repository.commit({
          blocks: [block],
          sealed: [{ threadId, term, height, blockId: block.id, firstOfTerm }],
        });
        this.life.trace.note(block, "recorded");
      },
      signSeal: async (claim) => {
        const outcome = await this.#forge.seal(claim);
        if (outcome.type === "signed") this.life.trace.noteKnown(claim.blockId, "signed");
        else this.life.trace.signerFailed(claim.blockId);
        return outcome;
      },
      publish: (block, _facts, executed) => this.#publish(block, executed),
      announceAgain: (block) => transport.broadcast(encodeWireMessage({ type: "candidate", block: block.bytes })),
      aggregate: async (attestation, votes) => {
        const sum = await this.#sums.aggregate(attestation, votes);
        this.life.attestedBy(attestation, sum.aggregate?.signers ?? []);
        return sum;
      },
      relayCertificate: (certificate) => this.#relay(certificate),
      penalizeSigner: (signer) => transport.penalize(rules.keepers.at(signer).id, "ban", "badVote"),
      messageSkipped: (hash, { rejection }) => {
        logger.log("debug", "message.skipped", { hash, reason: rejection.code });
        this.#deps.desk().notePutAside(hash, rejection);
      },
      importRefused: (error) => logger.log("error", "import.refused", { thread: threadId, error }),
      interrupted: (reason) => logger.log("warn", "producer.interrupted", { thread: threadId, reason }),
      commandIgnored: (command, reason) =>
        logger.log("warn", "producer.commandIgnored", { thread: threadId, command, reason }),
      stopped: (reason) => logger.log("warn", "producer.stopped", { thread: threadId, reason }),
      handBack: (messages) => this.#deps.desk().handBack(threadId, messages),
      fail: (error) => this.#deps.fail(error),
    };
  }

  #publish(block: SealedBlock, executed: boolean): void {
    this.#deps.transport.broadcast(encodeWireMessage({ type: "candidate", block: block.bytes }));
    this.#diary.note(block, "candidate", "sealedMs");
    this.#diary.tell("block.sealed", block);
    this.keeper.dispatch({ type: "candidate", block, origin: { type: executed ? "own" : "resealed" } });
  }

  #acknowledge(to: KeeperId, verdict: BlockVerdict, ticket: Uint8Array): void {
    const { self, signer } = this.#options;
    this.#forge
      .ack(verdict)
      .then((outcome) => {
        if (outcome.type !== "signed" || signer === null) return;
        const ack: SignedAck = { verdict, signer, ticket, signature: outcome.signature };
        if (to === self) this.takeAck(ack);
        else this.#send(to, { type: "ack", ack });
      })
      .catch((error: unknown) => this.#deps.fail(error));
  }

  #relay(certificate: AggregatedAttestation): void {
    this.#deps.signatures.note(this.#options.rules, certificate);
    this.#deps.transport.broadcast(encodeWireMessage({ type: "certificate", certificate }));
    this.takeVerifiedCertificate(certificate);
  }

  #finalize(run: FinalizedRun): void {
    for (const { block } of run.chain.slice(0, run.finalCount)) this.#imports.noteFinalizing(block);
    this.#finality.write(run);
  }

  /** Only here is anything called final: it is on disk. */
  async #onDurable(finals: readonly DurableFinal[]): Promise<void> {
    const last = finals[finals.length - 1]!;
    let parent = this.#durableFinal;
    this.#durableFinal = last.facts;
    this.#deps.witness.dispatch({ type: "finalMoved", height: last.facts.height });
    for (const { block, facts, proof } of finals) {
      this.#imports.noteFinal(block);
      this.#deps.imports.addFinal(block, proof);
      this.#diary.note(block, "final", "finalMs");
      this.#diary.tell("block.final", block);
      this.life.finished(block, parent);
      parent = facts;
      this.#deps.desk().noteFinal(block, refOf(block));
    }
    this.#producer.dispatch({ type: "final", height: last.facts.height });
    this.#deps.finalMoved(this.threadId);
    await this.#finalizeStates(last.block.id);
  }

  /** An execution that died is replaced, and begins at the last final block by itself. */
  async #finalizeStates(blockId: BlockId): Promise<void> {
    try {
      await this.execution.finalize(blockId);
    } catch (error) {
      if (!(error instanceof ExecutionError)) throw error;
    }
  }

  #onNotice(notice: ChainNotice): void {
    const { logger, fail } = this.#deps;
    const thread = this.threadId;
    showNotice(this.#deps.witness, notice);
    switch (notice.type) {
      case "applied":
        this.#diary.note(notice.block, "applied", "appliedMs");
        this.life.carries(notice.block);
        if (notice.facts.term === this.keeper.state.vote.currentTerm)
          this.#tally.noteBlock(notice.block, this.#deps.clock.nowMs());
        // The certificate was here before the block: of a restart, or faster than it.
        if (this.keeper.state.certificates.has(notice.facts.id)) this.#noteChain(notice.facts.id, "certified");
        return this.#noteApplied(notice.facts.id);
      case "attested":
        return void this.#diary.noteKnown(notice.blockId, "attested", "attestedMs");
      case "certified":
        this.#producer.dispatch({ type: "certificate", certificate: notice.certificate });
        this.life.attestedBy(notice.certificate.attestation, notice.certificate.signers);
        return this.#noteChain(notice.blockId, "certified");
      case "prefinal":
        return this.#noteChain(notice.blockId, "prefinal");
      case "suspected":
        this.#suspects++;
        return logger.log("warn", "producer.suspected", { thread, term: notice.term, reason: notice.reason });
      case "termEntered":
        return this.#onTermEntered(notice.term);
      case "abandoned":
        return notice.blocks.forEach((abandoned) => this.#onAbandoned(abandoned, notice.term));
      case "followed":
        return notice.blockIds.forEach((id) => this.#diary.noteFollowed(id));
      case "mayProduce":
        return this.#onMayProduce(notice);
      case "invalid":
        logger.log("error", "block.invalid", { thread, block: notice.blockId, reason: notice.reason });
        this.life.delays.count("invalid");
        this.#producer.dispatch({ type: "abandoned", blockIds: [notice.blockId] });
        return void this.#diary.noteKnown(notice.blockId, "invalid", null);
      case "dropped":
        this.#producer.dispatch({ type: "abandoned", blockIds: notice.blockIds });
        return notice.blockIds.forEach((id) => this.#onDropped(id));
      case "nacked":
        return this.#onNacked(notice);
      case "nackRefuted":
        return logger.log("warn", "nack.refuted", { thread, keeper: notice.keeper, block: notice.blockId });
      case "equivocation":
        return logger.log("error", "producer.equivocated", { thread, first: notice.first, second: notice.second.id });
      case "halted":
        return fail(new SafetyStop(thread, notice.reason));
      default:
        return assertNever(notice);
    }
  }

  /** How often this keeper would have left its term, and how often it did, since the start. */
  get switchCounts(): { readonly suspects: number; readonly terms: number } {
    return { suspects: this.#suspects, terms: this.#termsEntered };
  }

  /** How many good Nacks of other keepers came since the start. */
  get nackCount(): number {
    return this.#nacks;
  }

  /** Whoever produced goes to rest, and what waits here is offered to whoever produces now. */
  #onTermEntered(term: Term): void {
    const { events, clock, logger, desk } = this.#deps;
    const { threadId } = this;
    const producer = this.producer().keeperId;
    this.#termsEntered++;
    logger.log("warn", "thread.term", { thread: threadId, term, producer });
    events.append({ type: "thread.term", atMs: clock.nowMs(), threadId, term, producer });
    const atWork = termAtWork(this.#producer.state);
    if (atWork !== null && atWork < term) this.#producer.command({ type: "stop" });
    desk().noteProducerChanged(threadId);
    this.#tally.newProducer();
    this.censorship.newProducer();
    this.#importWatch.newProducer(clock.monotonicMs());
    this.#yieldIfFull(term, producer);
  }

  /** S7: its turn comes, and it leads its share of the threads already. */
  #yieldIfFull(term: Term, producer: KeeperId): void {
    const { rules, threadsTable, self } = this.#options;
    const { state } = this.#producer;
    if (producer !== self || (state.phase === "producing" && state.term === term)) return;
    const parentTerm = rankOfQc(this.keeper.state.vote.highestQc).term;
    const producing = this.#deps.othersProduced(this.threadId);
    const turn = { term, parentTerm, keepers: rules.keepers.size, threads: threadsTable.length, producing };
    if (shouldYield(turn)) this.keeper.dispatch({ type: "yield" });
  }

  #onNacked({ nack, height }: ChainNotice & { type: "nacked" }): void {
    const { logger, events, clock } = this.#deps;
    const { threadId } = this;
    const { blockId } = nack.verdict;
    const keeper = this.#options.rules.keepers.at(nack.signer).id;
    this.#nacks++;
    logger.log("warn", "block.nacked", { thread: threadId, keeper, block: blockId });
    events.append({ type: "block.nacked", atMs: clock.nowMs(), threadId, height, blockId, keeperId: keeper });
    this.#producer.dispatch({ type: "accusation", accusation: encodeAccusation({ type: "nack", nack }), height });
  }

  #onMayProduce(notice: ChainNotice & { type: "mayProduce" }): void {
    commandFor(this.keeper, notice, this.#deps.repository)
      .then((command) => {
        if (command === null) return;
        this.#producer.command(command);
        this.wake();
      })
      .catch(this.#deps.fail);
  }

  #onAbandoned({ block, isPromised }: AbandonedBlock, term: Term): void {
    this.#diary.noteKnown(block.id, "abandoned", null);
    this.#diary.tell("block.abandoned", block);
    if (isPromised) this.#deps.desk().noteAbandoned(block, term).catch(this.#deps.fail);
  }

  #onDropped(blockId: BlockId): void {
    this.#diary.noteKnown(blockId, "abandoned", null);
    this.life.delays.count("abandoned");
    this.#deps.desk().noteDropped(blockId);
  }

  /** A quorum vouches for a block and for every ancestor of it. */
  #noteChain(blockId: BlockId, stage: "certified" | "prefinal"): void {
    for (const block of this.#openChainTo(blockId)) this.#diary.noteVouched(block, stage);
  }

  /** Blocks above the last final one that the next block of this node would stand on: other branches imported for themselves. */
  #openChain(): readonly { readonly block: SealedBlock }[] {
    const { state } = this.#producer;
    const tip = state.phase === "producing" ? state.tip.id : newestApplied(this.keeper.state).id;
    return chainTo(this.keeper.state, tip) ?? [];
  }

  #openChainTo(blockId: BlockId): SealedBlock[] {
    const { blocks } = this.keeper.state;
    const chain: SealedBlock[] = [];
    for (let held = blocks.get(blockId); held !== undefined; held = blocks.get(held.facts.parentId))
      chain.push(held.block);
    return chain.reverse();
  }

  #noteApplied(blockId: BlockId): void {
    if (this.#producer.state.phase === "waitingForParent") this.#producer.dispatch({ type: "parentApplied", blockId });
  }

  #sendOrBroadcast(to: KeeperId | null, message: WireMessage): void {
    if (to === null) this.#deps.transport.broadcast(encodeWireMessage(message));
    else this.#send(to, message);
  }

  #send(to: KeeperId, message: WireMessage): void {
    this.#deps.transport.send(to, encodeWireMessage(message));
  }
}

/** The term that a producer is at work in, or will be when its last block of an earlier one is out. */
function termAtWork(state: ProducerState): Term | null {
  if (state.phase === "parked") return null;
  return state.phase === "stopping" ? state.next : state.term;
}
