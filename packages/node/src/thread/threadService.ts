import type { BlockRef, EventLog, NodeEvent, ProducerHint } from "@sealwright/api";
import {
  type BlockFacts,
  buildFinalityProof,
  checkFinalityProof,
  encodeBlockFacts,
  producerOf,
  type ProtocolSettings,
  type ThreadRules,
} from "@sealwright/consensus";
import { ExecutionError, type ImportRange, type ThreadExecution } from "@sealwright/execution";
import type { ForgeWorker, PublicKeyHex } from "@sealwright/forge";
import {
  type ChainNotice,
  type ExecutionOutcome,
  type FinalizedRun,
  type ForgeOutcome,
  isApplied,
  type KeeperPorts,
  KeeperRunner,
  type KeeperState,
} from "@sealwright/keeper";
import type { Penalty, Transport } from "@sealwright/network";
import {
  BlockProducer,
  type BuildOrder,
  type ImportOffer,
  type MessageQueue,
  type ProducerPorts,
  type SealOutcome,
  type StartParams,
} from "@sealwright/producer";
import type {
  BlockStateRepository,
  BlockStatus,
  BlockTimeline,
  FinalEntry,
  Repository,
  SealedEntry,
} from "@sealwright/store";
import {
  type AggregatedAttestation,
  assert,
  assertNever,
  type Attestation,
  attestationSigningBytes,
  type BlockClaim,
  type BlockId,
  type Clock,
  decodeStateUpdate,
  encodeWireMessage,
  type FinalityProof,
  type Height,
  type ImportCursor,
  type KeeperId,
  type Logger,
  type SealedBlock,
  type SignedAttestation,
  type SignerIndex,
  type ThreadId,
  type ThreadsTable,
  type ThreadStatus,
  type WireMessage,
} from "@sealwright/types";
import type { CryptoService } from "@sealwright/crypto";
import type { MessageDesk, MessageRoute } from "../messages/messageDesk.js";
import { blockContextOf, blockLimitsOf } from "./blockContext.js";
import type { ImportDesk } from "./importDesk.js";
import type { SignatureDesk } from "./signatureDesk.js";

export interface ThreadServiceOptions {
  readonly rules: ThreadRules;
  readonly settings: ProtocolSettings;
  readonly threadsTable: ThreadsTable;
  readonly self: KeeperId;
  readonly signer: SignerIndex | null;
  readonly key: PublicKeyHex;
}

export interface ThreadServiceDependencies {
  readonly execution: ThreadExecution;
  readonly queue: MessageQueue;
  readonly repository: Repository;
  readonly blockStates: BlockStateRepository;
  readonly forge: ForgeWorker;
  readonly crypto: CryptoService;
  readonly signatures: SignatureDesk;
  readonly imports: ImportDesk;
  readonly transport: Transport;
  readonly events: EventLog<NodeEvent>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The desk that follows messages; set once, because desk and threads know each other. */
  readonly desk: () => MessageDesk;
  /** Another thread's imports may go on: a block of this one is final. */
  readonly finalMoved: (threadId: ThreadId) => void;
  readonly apiUrlOf: (keeper: KeeperId) => string | null;
  /** Something that guards safety failed: the node must stop. */
  readonly fail: (error: unknown) => void;
}

const PENALTIES = { badBlock: "serious", badSignature: "ban", badCertificate: "ban" } as const satisfies Record<
  string,
  Penalty
>;

/** One thread of one node: its keeper, its producer, and the edges that both act through. */
export class ThreadService implements MessageRoute {
  readonly threadId: ThreadId;
  readonly execution: ThreadExecution;
  readonly queue: MessageQueue;
  readonly producerService: BlockProducer;
  readonly #keeper: KeeperRunner;
  readonly #options: ThreadServiceOptions;
  readonly #deps: ThreadServiceDependencies;
  readonly #others: readonly ThreadId[];
  /** Finality is made durable and told in order. */
  #finalizing: Promise<void> = Promise.resolve();
  /** Final and durable, what clients are told. */
  #durableFinal: BlockFacts;
  /** Where importing goes on after the last final block, by source. */
  #finalCursors = new Map<ThreadId, ImportCursor>();
  #pendingStart: SealedEntry | "genesis" | null;
  #producerStopped: string | null = null;

  constructor(
    options: ThreadServiceOptions,
    initial: { readonly keeper: KeeperState; readonly lastSealed: SealedEntry | null },
    dependencies: ThreadServiceDependencies,
  ) {
    this.#options = options;
    this.#deps = dependencies;
    this.threadId = options.rules.threadId;
    this.execution = dependencies.execution;
    this.queue = dependencies.queue;
    this.#others = options.threadsTable.map((route) => route.threadId).filter((id) => id !== this.threadId);
    this.#durableFinal = initial.keeper.final;
    this.#keeper = new KeeperRunner(initial.keeper, { ports: this.#keeperPorts(), clock: dependencies.clock });
    this.producerService = new BlockProducer(
      {
        rules: options.rules,
        self: options.self,
        productionTimeoutMs: options.settings.productionTimeoutMs,
        minBlockIntervalMs: options.settings.minBlockIntervalMs,
      },
      {
        execution: dependencies.execution,
        queue: dependencies.queue,
        ports: this.#producerPorts(),
        clock: dependencies.clock,
      },
    );
    this.#pendingStart = this.#isOwnTerm() ? (initial.lastSealed ?? "genesis") : null;
  }

  get keeper(): KeeperRunner {
    return this.#keeper;
  }

  get durableFinal(): BlockFacts {
    return this.#durableFinal;
  }

  /** Why the producer of this node stopped for good; null while it may run. */
  get producerStopped(): string | null {
    return this.#producerStopped;
  }

  /** Replays what was stored above the last final block, then begins. */
  async start(): Promise<void> {
    this.#keeper.start();
    await this.#refreshFinalCursors();
    for await (const block of this.#deps.repository.unfinalizedBlocks(this.threadId)) {
      if (isSigned(block)) this.#keeper.dispatch({ type: "candidate", block, origin: { type: "store" } });
    }
    await this.#tryStartProducer();
  }

  async stop(): Promise<void> {
    this.producerService.close();
    this.#keeper.stop();
    await this.#finalizing;
    await this.execution.close();
  }

  isProducing(): boolean {
    return this.producerService.state.phase === "producing";
  }

  producer(): ProducerHint {
    const { rules } = this.#options;
    const keeperId = producerOf(rules.seed, this.#keeper.state.vote.currentTerm, rules.keepers);
    return { keeperId, apiUrl: this.#deps.apiUrlOf(keeperId) };
  }

  wake(): void {
    this.producerService.noteWork(this.#hasImports());
  }

  forward(messages: readonly Uint8Array[], { all }: { readonly all: boolean }): void {
    const frame = encodeWireMessage({ type: "externals", messages });
    if (all) this.#deps.transport.broadcast(frame, { priority: "bulk" });
    else this.#deps.transport.send(this.producer().keeperId, frame, { priority: "bulk" });
  }

  status(): ThreadStatus {
    const { final, vote } = this.#keeper.state;
    return {
      threadId: this.threadId,
      finalHeight: final.height,
      finalId: final.id,
      currentTerm: vote.currentTerm,
      highestQc: vote.highestQc,
    };
  }

  takeCandidate(block: SealedBlock, from: KeeperId): void {
    this.#keeper.dispatch({ type: "candidate", block, origin: { type: "peer", peer: from } });
  }

  takeVote(vote: SignedAttestation): void {
    this.producerService.dispatch({ type: "vote", vote });
  }

  takeCertificate(certificate: AggregatedAttestation, from: KeeperId): void {
    this.#keeper.offerCertificate(certificate, from);
  }

  /** Another thread has a new final block: imports may wait, and a blocked ref may be here now. */
  otherThreadFinal(height: Height): void {
    this.#keeper.dispatch({ type: "otherThreadFinal", height });
    if (this.#hasImports()) this.wake();
  }

  #keeperPorts(): KeeperPorts {
    const { signatures, repository, transport } = this.#deps;
    const { rules } = this.#options;
    return {
      checkSignatures: (block) => signatures.checkBlock(rules, block),
      checkCertificate: (certificate) => signatures.checkCertificate(rules, certificate),
      execute: (block) => this.#execute(block),
      commit: (blocks, state) => repository.commit({ blocks, voteStates: [{ threadId: this.threadId, state }] }),
      forgeVote: (attestation) => this.#forgeVote(attestation),
      sendVote: (to, vote) => {
        if (to === this.#options.self) this.takeVote(vote);
        else transport.send(to, encodeWireMessage({ type: "attestation", vote }));
      },
      finalize: (run) => this.#finalize(run),
      sendStatus: (to) => this.#send(to, { type: "status", status: this.status() }),
      requestBlocks: (to, fromHeight, tipId) =>
        this.#send(to, { type: "blockRequest", threadId: this.threadId, fromHeight, tipId }),
      penalize: (peer, cause, detail) => transport.penalize(peer, PENALTIES[cause], `${cause}:${detail}`),
      notify: (notice) => this.#onNotice(notice),
      releaseStates: (ids) => this.execution.release(ids.map((block) => ({ block }))),
      fail: (error) => this.#deps.fail(error),
    };
  }

  #producerPorts(): ProducerPorts {
    const { threadsTable, settings, rules } = this.#options;
    const { signatures, transport, repository } = this.#deps;
    return {
      contextFor: (order: BuildOrder) => blockContextOf({ ...order, threadId: this.threadId }, threadsTable),
      limits: () => blockLimitsOf(settings),
      importSources: () => this.#others,
      cursorOf: (source) => this.#openCursor(source),
      offerImports: (source, cursor): ImportOffer | null => this.#deps.imports.offer(source, this.threadId, cursor),
      recordSeal: (block, firstOfTerm) => {
        const { threadId, term, height } = block.header;
        return repository.commit({
          blocks: [block],
          sealed: [{ threadId, term, height, blockId: block.id, firstOfTerm }],
        });
      },
      signSeal: (claim) => this.#signSeal(claim),
      publish: (block, _facts, executed) => this.#publish(block, executed),
      announceAgain: (block) => transport.broadcast(encodeWireMessage({ type: "candidate", block: block.bytes })),
      aggregate: (attestation, votes) => this.#aggregate(attestation, votes),
      relayCertificate: (certificate) => {
        signatures.note(rules, certificate);
        transport.broadcast(encodeWireMessage({ type: "certificate", certificate }));
        this.#keeper.dispatch({ type: "certificateVerified", certificate, from: null });
      },
      penalizeSigner: (signer) => transport.penalize(rules.keepers.at(signer).id, "ban", "badVote"),
      messageSkipped: () => undefined,
      stopped: (reason) => {
        this.#producerStopped = reason;
        this.#deps.logger.log("warn", "producer.stopped", { thread: this.threadId, reason });
      },
      fail: (error) => this.#deps.fail(error),
    };
  }

  #publish(block: SealedBlock, executed: boolean): void {
    this.#deps.transport.broadcast(encodeWireMessage({ type: "candidate", block: block.bytes }));
    this.#noteState(block, "candidate", { sealedMs: this.#deps.clock.nowMs() });
    this.#append("block.sealed", block);
    this.#keeper.dispatch({ type: "candidate", block, origin: { type: executed ? "own" : "store" } });
  }

  async #aggregate(
    attestation: Attestation,
    votes: readonly SignedAttestation[],
  ): ReturnType<ProducerPorts["aggregate"]> {
    const { keepers, networkId } = this.#options.rules;
    const items = votes.map(({ signer, signature }) => ({ publicKey: keepers.at(signer).blsPublicKey, signature }));
    const merged = await this.#deps.crypto.mergeSignatures(attestationSigningBytes(networkId, attestation), items);
    const signers = merged.good.map((i) => votes[i]!.signer).sort((a, b) => a - b);
    const aggregate = merged.aggregate === null ? null : { attestation, signers, signature: merged.aggregate };
    return { aggregate, bad: merged.bad.map((i) => votes[i]!.signer) };
  }

  async #execute(block: SealedBlock): Promise<ExecutionOutcome> {
    const imports: ImportRange[] = [];
    for (const ref of block.body.refs) {
      const proved = checkFinalityProof(this.#options.rules.networkId, this.#options.rules.keepers, ref.proof);
      if (!proved.ok) return { type: "refuted", reason: `ref:${proved.error.code}` };
      if (proved.value.threadId !== ref.threadId) return { type: "refuted", reason: "ref:otherThread" };
      if (!(await this.#deps.signatures.checkProof(proved.value)))
        return { type: "refuted", reason: "ref:badSignature" };
      const { blockId, header } = proved.value;
      const answer = this.#deps.imports.rangeOf(ref, this.threadId, blockId, header.height, () => null);
      if (answer.type === "missing") return { type: "missingRef" };
      if (answer.type === "bad") return { type: "refuted", reason: `ref:${answer.reason}` };
      imports.push(answer.range);
    }
    return this.#verify(block, imports);
  }

  async #verify(block: SealedBlock, imports: readonly ImportRange[]): Promise<ExecutionOutcome> {
    const { header, body, id } = block;
    const { outbound, receipts, stateUpdate } = header.roots;
    try {
      const result = await this.execution.verify({
        blockId: id,
        parentId: header.parentId,
        context: blockContextOf(header, this.#options.threadsTable),
        limits: blockLimitsOf(this.#options.settings),
        imports,
        externals: body.externals,
        claim: { gasUsed: header.gasUsed, stateRoot: header.stateRoot, roots: { outbound, receipts, stateUpdate } },
      });
      return result.ok ? { type: "valid" } : { type: "refuted", reason: JSON.stringify(result.error) };
    } catch (error) {
      if (!(error instanceof ExecutionError)) throw error;
      this.#deps.logger.log("warn", "execution.failed", { thread: this.threadId, block: id, code: error.code });
      return { type: "failed" };
    }
  }

  async #forgeVote(attestation: Attestation): Promise<ForgeOutcome> {
    const { networkId } = this.#options.rules;
    const highestQc = this.#keeper.state.vote.highestQc?.attestation;
    const result = await this.#deps.forge.forge({
      kind: "attestation",
      key: this.#options.key,
      networkId,
      attestation,
      ...(highestQc !== undefined && { highestQcRank: { term: highestQc.term, height: highestQc.height } }),
    });
    if (result.kind === "attestationReady") return { type: "signed", signature: result.signature };
    return { type: "refused", code: this.#notSigned("vote", result) };
  }

  async #signSeal(claim: BlockClaim): Promise<SealOutcome> {
    const result = await this.#deps.forge.forge({
      kind: "candidateBlock",
      key: this.#options.key,
      networkId: this.#options.rules.networkId,
      claim,
    });
    if (result.kind === "blockReady") return { type: "signed", signature: result.signature };
    return { type: "refused", code: this.#notSigned("block", result) };
  }

  #notSigned(
    what: string,
    result: { readonly kind: string; readonly refusal?: { readonly code: string }; readonly code?: string },
  ): string {
    const code = result.refusal?.code ?? result.code ?? result.kind;
    this.#deps.logger.log("warn", "forge.notSigned", { thread: this.threadId, what, code });
    return code;
  }

  /** Proofs, states and message statuses go to disk together; only then is anything called final. */
  #finalize(run: FinalizedRun): void {
    this.#finalizing = this.#finalizing
      .then(() => this.#persistFinal(run))
      .catch((error: unknown) => this.#deps.fail(error));
  }

  async #persistFinal(run: FinalizedRun): Promise<void> {
    const desk = this.#deps.desk();
    const finals = run.chain.slice(0, run.finalCount);
    const proofs = this.#proofsOf(run);
    await this.#deps.repository.commit({
      blocks: finals.filter(({ stored }) => !stored).map(({ block }) => block),
      final: finals.map(({ block, facts }, i): FinalEntry => finalEntryOf(block, facts, proofs[i]!)),
      messages: finals.flatMap(({ block }) => desk.finalRecords(block)),
      custody: { release: finals.flatMap(({ block }) => desk.releasedBy(block)) },
    });
    const last = finals[finals.length - 1]!;
    this.#durableFinal = last.facts;
    for (const [i, { block }] of finals.entries()) {
      for (const ref of block.body.refs) this.#finalCursors.set(ref.threadId, ref.to);
      this.#deps.imports.addFinal(block, proofs[i]!);
      this.#noteState(block, "final", { finalMs: this.#deps.clock.nowMs() });
      this.#append("block.final", block);
      desk.noteFinal(block, refOf(block));
    }
    await this.execution.finalize(last.block.id).catch((error: unknown) => {
      if (!(error instanceof ExecutionError)) throw error;
    });
    this.producerService.dispatch({ type: "final", height: last.facts.height });
    for (const [source, cursor] of this.#finalCursors) this.#deps.imports.forgetBelow(source, this.threadId, cursor);
    this.#deps.finalMoved(this.threadId);
  }

  #proofsOf({ chain, finalCount, carrierId, certifiedId, certificate }: FinalizedRun): FinalityProof[] {
    const blocks = chain.map(({ block }) => block);
    const { quorum } = this.#options.rules.keepers;
    return Array.from({ length: finalCount }, (_, i) =>
      buildFinalityProof(blocks.slice(i), carrierId, certifiedId, certificate, quorum),
    );
  }

  #onNotice(notice: ChainNotice): void {
    switch (notice.type) {
      case "applied":
        return this.#onApplied(notice.block);
      case "attested":
        return this.#noteTimeline(notice.blockId, "attested", { attestedMs: this.#deps.clock.nowMs() });
      case "certified":
        return this.#onCertified(notice.blockId, notice.certificate);
      case "prefinal":
        return this.#onPrefinal(notice.blockId);
      case "invalid":
        this.#deps.logger.log("error", "block.invalid", {
          thread: this.threadId,
          block: notice.blockId,
          reason: notice.reason,
        });
        return this.#noteTimeline(notice.blockId, "invalid", {});
      case "dropped":
        for (const id of notice.blockIds) {
          this.#noteTimeline(id, "abandoned", {});
          this.#deps.desk().noteDropped(id, this.threadId);
        }
        return;
      case "equivocation":
        return this.#deps.logger.log("error", "producer.equivocated", {
          thread: this.threadId,
          first: notice.first,
          second: notice.second.id,
        });
      case "halted":
        return this.#deps.fail(new Error(notice.reason));
      default:
        return assertNever(notice);
    }
  }

  #onApplied(block: SealedBlock): void {
    this.#noteState(block, "applied", { appliedMs: this.#deps.clock.nowMs() });
    this.#deps.desk().noteApplied(block);
    void this.#tryStartProducer().catch((error: unknown) => this.#deps.fail(error));
  }

  /** A quorum vouches for the block and for every ancestor: f + 1 honest keepers hold their bodies. */
  #onCertified(blockId: BlockId, certificate: AggregatedAttestation): void {
    this.producerService.dispatch({ type: "certificate", certificate });
    for (const block of this.#openChainTo(blockId)) {
      if (this.#deps.blockStates.peek(block.id)?.timeline.certifiedMs !== undefined) continue;
      this.#noteState(block, "certified", { certifiedMs: this.#deps.clock.nowMs() });
      this.#deps.desk().noteProgress(block, refOf(block), "included");
      this.#append("block.certified", block);
    }
  }

  #onPrefinal(blockId: BlockId): void {
    for (const block of this.#openChainTo(blockId)) {
      if (this.#deps.blockStates.peek(block.id)?.timeline.prefinalMs !== undefined) continue;
      this.#noteState(block, "prefinal", { prefinalMs: this.#deps.clock.nowMs() });
      this.#deps.desk().noteProgress(block, refOf(block), "prefinal");
      this.#append("block.prefinal", block);
    }
  }

  #openChainTo(blockId: BlockId): SealedBlock[] {
    const chain: SealedBlock[] = [];
    for (
      let held = this.#keeper.state.blocks.get(blockId);
      held !== undefined;
      held = this.#keeper.state.blocks.get(held.facts.parentId)
    ) {
      chain.push(held.block);
    }
    return chain.reverse();
  }

  #noteState(block: SealedBlock, status: BlockStatus, timeline: BlockTimeline): void {
    const { threadId, height, term, parentId, producer } = block.header;
    const known = this.#deps.blockStates.peek(block.id);
    const fresh = freshTimes(known?.timeline, timeline);
    if (known === null) {
      void this.#deps.blockStates
        .register({ id: block.id, threadId, height, term, parentId, producer }, { status, timeline: fresh })
        .catch(() => undefined);
      return;
    }
    this.#noteTimeline(block.id, status, fresh);
  }

  /** For people only: nothing depends on it, and a status never moves backwards. */
  #noteTimeline(blockId: BlockId, status: BlockStatus, timeline: BlockTimeline): void {
    const known = this.#deps.blockStates.peek(blockId);
    if (known === null) return;
    const next = isLater(known.status, status) ? { status } : {};
    void this.#deps.blockStates
      .update(blockId, { ...next, timeline: freshTimes(known.timeline, timeline) })
      .catch(() => undefined);
  }

  #append(type: "block.sealed" | "block.certified" | "block.prefinal" | "block.final", block: SealedBlock): void {
    this.#deps.events.append({
      type,
      atMs: this.#deps.clock.nowMs(),
      block: refOf(block),
      producer: block.header.producer,
      messages: this.#deps.desk().hashesOf(block),
    });
  }

  #isOwnTerm(): boolean {
    const { rules, signer, self } = this.#options;
    return signer !== null && producerOf(rules.seed, this.#durableFinal.term, rules.keepers) === self;
  }

  /** A (re)started producer goes on from its last sealed block as soon as that is applied here (protocol S8). */
  async #tryStartProducer(): Promise<void> {
    const pending = this.#pendingStart;
    if (pending === null) return;
    const params =
      pending === "genesis" ? this.#startAt(this.#keeper.state.final, null) : await this.#startAfter(pending);
    if (params === null || this.#pendingStart !== pending) return;
    this.#pendingStart = null;
    this.producerService.command({ type: "start", params });
    this.wake();
  }

  async #startAfter(sealed: SealedEntry): Promise<StartParams | null> {
    const { state } = this.#keeper;
    if (sealed.height <= state.final.height) return this.#startAt(state.final, null);
    const block = await this.#deps.repository.block(sealed.blockId);
    assert(block !== null, "what the producer's log names is stored");
    if (!isSigned(block)) {
      const parent = this.#factsIfApplied(block.header.parentId);
      return parent === null ? null : this.#startAt(parent, block);
    }
    const parent = this.#factsIfApplied(block.id);
    return parent === null ? null : this.#startAt(parent, null);
  }

  #factsIfApplied(id: BlockId): BlockFacts | null {
    const { state } = this.#keeper;
    if (!isApplied(state, id)) return null;
    return id === state.final.id ? state.final : (state.blocks.get(id)?.facts ?? null);
  }

  #startAt(parent: BlockFacts, draft: SealedBlock | null): StartParams {
    const { blocks, certificates } = this.#keeper.state;
    const tail = parent.pending.map(({ id }) => blocks.get(id)).filter((held) => held !== undefined);
    return {
      term: parent.term,
      parent,
      switchCertificate: null,
      tail: tail.map(({ block, facts }) => ({ block, facts })),
      certificates: [...certificates.values()],
      draft,
    };
  }

  #hasImports(): boolean {
    return this.#others.some((source) =>
      this.#deps.imports.hasImports(source, this.threadId, this.#openCursor(source)),
    );
  }

  /** Where importing goes on after the newest block that this node holds. */
  #openCursor(source: ThreadId): ImportCursor {
    let cursor = this.#finalCursors.get(source) ?? START_CURSOR;
    for (const { block } of this.#keeper.state.blocks.values()) {
      for (const ref of block.body.refs) {
        if (ref.threadId === source && compareCursor(ref.to, cursor) > 0) cursor = ref.to;
      }
    }
    return cursor;
  }

  async #refreshFinalCursors(): Promise<void> {
    const cursors = await this.execution.cursors({ block: this.#durableFinal.id }, this.#others);
    for (const [i, source] of this.#others.entries()) {
      this.#finalCursors.set(source, cursors[i]!);
      await this.#deps.imports.preload(source, cursors[i]!.height);
    }
  }

  #send(to: KeeperId, message: WireMessage): void {
    this.#deps.transport.send(to, encodeWireMessage(message));
  }
}

const START_CURSOR: ImportCursor = { height: 0n as Height, position: 0 };

function compareCursor(a: ImportCursor, b: ImportCursor): number {
  if (a.height !== b.height) return a.height < b.height ? -1 : 1;
  return a.position - b.position;
}

/** A block that was recorded before it was signed has 96 zero bytes in place of its signature. */
function isSigned(block: SealedBlock): boolean {
  return block.signature.some((byte) => byte !== 0);
}

export function refOf(block: SealedBlock): BlockRef {
  const { threadId, height, term } = block.header;
  return { threadId, height, term, blockId: block.id };
}

function finalEntryOf(block: SealedBlock, facts: BlockFacts, proof: FinalityProof): FinalEntry {
  const changes = decodeStateUpdate(block.body.stateUpdate);
  assert(changes.ok, "an applied block's state update decodes");
  const { threadId, height } = block.header;
  return { threadId, height, blockId: block.id, proof, facts: encodeBlockFacts(facts), state: changes.value };
}

const LIFE: readonly BlockStatus[] = ["candidate", "applied", "attested", "certified", "prefinal", "final"];

function isLater(from: BlockStatus, to: BlockStatus): boolean {
  if (from === "final" || from === "invalid") return false;
  return to === "invalid" || to === "abandoned" || LIFE.indexOf(to) > LIFE.indexOf(from);
}

/** Times are written once. */
function freshTimes(known: BlockTimeline | undefined, times: BlockTimeline): BlockTimeline {
  return Object.fromEntries(
    Object.entries(times).filter(([name]) => known?.[name as keyof BlockTimeline] === undefined),
  ) as BlockTimeline;
}
