import type { ProducerHint } from "@sealwright/api";
import { type BlockFacts, findLockFault, type Offence, producerOf } from "@sealwright/consensus";
import { ExecutionError, type ThreadExecution } from "@sealwright/execution";
import { type FinalizedRun, KeeperRunner, type KeeperState, newestApplied } from "@sealwright/keeper";
import { BlockProducer, type MessageQueue } from "@sealwright/producer";
import {
  type AggregatedAttestation,
  type BlockId,
  encodeAccusation,
  type Height,
  type ImportCursor,
  type KeeperId,
  type MessageHash,
  type SealedBlock,
  type SignedAck,
  type SignedAttestation,
  type SignedLock,
  type SignedNack,
  type Term,
  type ThreadId,
  type ThreadStatus,
} from "@sealwright/types";
import { showCandidate, showVote } from "../evidence/watchThread.js";
import type { HoldReason } from "../life/blockTrace.js";
import { ThreadLife } from "../life/threadLife.js";
import { BlockTally } from "../messages/blockTally.js";
import { CensorshipWatch } from "../messages/censorshipWatch.js";
import { ImportWatch } from "../messages/importWatch.js";
import type { MessageRoute } from "../messages/messageRoute.js";
import type { KnownBlock } from "../sync/decodedBlocks.js";
import { PeerHeights } from "../sync/peerHeights.js";
import { AckIntake } from "./ackIntake.js";
import { blockLimitsOf } from "./blockContext.js";
import { BlockDiary, refOf } from "./blockDiary.js";
import { ChainNotices } from "./chainNotices.js";
import { type DurableFinal, FinalityWriter } from "./finalityWriter.js";
import { ImportProgress } from "./importProgress.js";
import { type KeeperParts, keeperPorts } from "./keeperPorts.js";
import { openChain } from "./openChain.js";
import { type ProducerParts, producerPorts } from "./producerPorts.js";
import { isSigned } from "./producerStart.js";
import { ProducerTurns } from "./producerTurns.js";
import { reloadExecution } from "./reloadExecution.js";
import type { ThreadDependencies } from "./threadDependencies.js";
import { ThreadForge } from "./threadForge.js";
import { ThreadLink } from "./threadLink.js";
import type { ThreadOptions } from "./threadOptions.js";
import { VoteSums } from "./voteSums.js";

type SigningParts = Pick<KeeperParts & ProducerParts, "signer" | "sums">;

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
  readonly #deps: ThreadDependencies;
  readonly #diary: BlockDiary;
  readonly #imports: ImportProgress;
  readonly #tally: BlockTally;
  readonly #importWatch: ImportWatch;
  readonly #finality: FinalityWriter;
  readonly #link: ThreadLink;
  readonly #turns: ProducerTurns;
  readonly #notices: ChainNotices;
  /** Final and durable: what clients are told. */
  #durableFinal: BlockFacts;
  /** The last final block at the time when a block above it needed imports that are not kept here. */
  #lackedAt: Height | null = null;
  readonly #peerHeights: PeerHeights;
  readonly #acks = new AckIntake();

  constructor(options: ThreadOptions, initial: KeeperState, dependencies: ThreadDependencies) {
    const { rules, settings, threadsTable } = options;
    this.#options = options;
    this.#deps = dependencies;
    this.threadId = rules.threadId;
    this.execution = dependencies.execution;
    this.queue = dependencies.queue;
    this.#tally = new BlockTally(blockLimitsOf(settings));
    const watching = { complaintsMax: rules.keepers.faultTolerance + 1, tally: this.#tally };
    this.censorship = new CensorshipWatch(watching);
    this.#importWatch = new ImportWatch(watching);
    this.life = new ThreadLife(options, dependencies);
    this.#diary = new BlockDiary(dependencies, this.life.trace);
    this.#peerHeights = new PeerHeights(rules.keepers.faultTolerance);
    const others = threadsTable.map((route) => route.threadId).filter((id) => id !== this.threadId);
    this.#imports = new ImportProgress(this.threadId, others, { desk: dependencies.imports });
    this.#finality = new FinalityWriter({
      ...dependencies,
      quorum: rules.keepers.quorum,
      share: (shared) => dependencies.snapshots.take(shared),
      durable: (finals) => this.#onDurable(finals),
    });
    this.#durableFinal = initial.final;
    this.#link = new ThreadLink(dependencies.transport);
    const late = { keeper: () => this.keeper, producer: () => this.#producer };
    this.#turns = new ProducerTurns(options, {
      ...{ ...dependencies, ...late },
      wake: () => this.wake(),
      watchAnew: () => this.#watchAnew(),
    });
    this.#notices = new ChainNotices(options, {
      ...{ ...dependencies, ...late },
      turns: this.#turns,
      diary: this.#diary,
      life: this.life,
      tally: this.#tally,
    });
    const parts = { signer: new ThreadForge(options, dependencies), sums: new VoteSums(rules, dependencies) };
    this.keeper = this.#makeKeeper(initial, parts);
    this.#producer = this.#makeProducer(parts);
  }

  #makeKeeper(initial: KeeperState, signing: SigningParts): KeeperRunner {
    const ports = keeperPorts(this.#options, this.#deps, {
      ...signing,
      keeper: () => this.keeper,
      finality: this.#finality,
      link: this.#link,
      notices: this.#notices,
      status: () => this.status(),
      takeVote: (vote) => this.takeVote(vote),
      takeAck: (ack) => this.takeAck(ack),
      finalize: (run) => this.#finalize(run),
      importsGone: () => void (this.#lackedAt = this.#durableFinal.height),
    });
    return new KeeperRunner(initial, { ports, clock: this.#deps.clock });
  }

  #makeProducer(signing: SigningParts): BlockProducer {
    const { rules, self, settings } = this.#options;
    const { productionTimeoutMs, minBlockIntervalMs, shareStateEvery } = settings;
    const { execution, queue, clock } = this.#deps;
    const ports = producerPorts(this.#options, this.#deps, {
      ...signing,
      keeper: this.keeper,
      link: this.#link,
      diary: this.#diary,
      life: this.life,
      imports: this.#imports,
      openChain: () => this.#openChain(),
    });
    return new BlockProducer(
      { rules, self, productionTimeoutMs, minBlockIntervalMs, shareStateEvery },
      { execution, queue, ports, clock },
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

  /** How often this keeper would have left its term, and how often it did, since the start. */
  get switchCounts(): { readonly suspects: number; readonly terms: number } {
    return { suspects: this.#notices.suspects, terms: this.#turns.termsEntered };
  }

  /** How many good Nacks of other keepers came since the start. */
  get nackCount(): number {
    return this.#notices.nacks;
  }

  /** Where importing from another thread goes on after the last final block. */
  importedUpTo(source: ThreadId): ImportCursor {
    return this.#imports.durableCursor(source);
  }

  wake(): void {
    this.#producer.noteWork(this.#imports.hasWaiting(this.#openChain()));
  }

  forward(messages: readonly Uint8Array[], { all }: { readonly all: boolean }): void {
    this.#link.forward(all ? null : this.producer().keeperId, messages);
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

  /** Another keeper produces: what the last one left out is not its fault. */
  #watchAnew(): void {
    this.#tally.newProducer();
    this.censorship.newProducer();
    this.#importWatch.newProducer(this.#deps.clock.monotonicMs());
  }

  #openChain(): readonly { readonly block: SealedBlock }[] {
    return openChain(this.keeper.state, this.#producer.state);
  }
}
