import {
  buildFinalityProof,
  carriedSignatureSets,
  certificateSignatureSet,
  checkFinalityProof,
  decodeBlockFacts,
  encodeBlockFacts,
  producerOf,
  producerSignatureSet,
} from "@sealwright/consensus";
import { fakeBls } from "@sealwright/crypto/testing";
import { type BlockContext, createInlineExecution, ExecutionError, type ThreadExecution } from "@sealwright/execution";
import {
  type ChainNotice,
  type ExecutionOutcome,
  factsOf,
  type FinalizedRun,
  initialKeeperState,
  isApplied,
  KeeperRunner,
  type KeeperPorts,
  newestApplied,
} from "@sealwright/keeper";
import { BlockProducer, MessageQueue, type ProducerPorts, type StartParams, UNSEALED_MAX } from "@sealwright/producer";
import type { Repository, SealedEntry } from "@sealwright/store";
import {
  type AggregatedAttestation,
  attestationSigningBytes,
  type BlockHeader,
  type BlockId,
  blockSigningBytes,
  decodeStateUpdate,
  height,
  type ImportCursor,
  type SealedBlock,
  sealBlock,
  sha256,
  sha256Hex,
  type ThreadId,
  unixMs,
  unwrap,
  type VoteState,
  type WireMessage,
} from "@sealwright/types";
import type { ClusterThread as ThreadGenesis } from "./clusterGenesis.js";
import { isBefore } from "./clusterImports.js";
import type { ClusterNode } from "./clusterNode.js";
import { check } from "./witness.js";

const LIMITS = { gasMax: 10_000_000n, externalsMax: 5, importsMax: 100, outboundMax: 100, sizeBytesMax: 1024 * 1024 };
const RESPONSE_BLOCKS_MAX = 64;

/** One thread of one node between two crashes. */
export class ClusterThread {
  readonly queue = new MessageQueue();
  readonly execution: ThreadExecution;
  #keeper!: KeeperRunner;
  #producer!: BlockProducer;
  #lastSealed: SealedEntry | null = null;
  #startPending = false;
  #finalizing: Promise<void> = Promise.resolve();
  readonly #finalCursors = new Map<ThreadId, ImportCursor>();

  constructor(
    readonly node: ClusterNode,
    readonly thread: ThreadGenesis,
  ) {
    const { executor, threadsTable } = node.world.genesis;
    const options = { threadId: this.id, threadsTable };
    this.execution = createInlineExecution(options, { executor, clock: node.world.clock });
  }

  get id(): ThreadId {
    return this.thread.rules.threadId;
  }

  get keeper(): KeeperRunner {
    return this.#keeper;
  }

  get producer(): BlockProducer {
    return this.#producer;
  }

  get #repository(): Repository {
    return this.node.repository;
  }

  /** Reads what the disk knows and goes on from there. */
  async open(): Promise<void> {
    const { rules, facts: genesisFacts } = this.thread;
    const { world, self } = this.node;
    const final = (await this.#repository.lastFinal(this.id))!;
    await this.execution.load(this.#repository.state(this.id), final.blockId);
    const facts = final.height === 0n ? genesisFacts : unwrap(decodeBlockFacts(final.facts));
    this.#lastSealed = await this.#repository.lastSealed(this.id);
    await this.#reloadFinals(facts.height);
    const config = { rules, self, signer: rules.keepers.indexOf(self), timeAheadMaxMs: 500, voteResendMs: 300 };
    const vote = await this.#repository.voteState(this.id);
    const { clock } = world;
    this.#keeper = new KeeperRunner(
      initialKeeperState(config, facts, vote, await this.#votedFinalChain(vote, facts.height)),
      { ports: this.#keeperPorts(), clock },
    );
    const { productionTimeoutMs, minBlockIntervalMs } = world.genesis.settings;
    const { execution, queue } = this;
    this.#producer = new BlockProducer(
      { rules, self, productionTimeoutMs, minBlockIntervalMs },
      { execution, queue, ports: this.#producerPorts(), clock },
    );
    this.#startPending = producerOf(rules.seed, facts.term, rules.keepers) === self;
  }

  async start(): Promise<void> {
    this.#keeper.start();
    for await (const block of this.#repository.unfinalizedBlocks(this.id)) {
      if (isSigned(block)) this.#keeper.dispatch({ type: "candidate", block, origin: { type: "store" } });
    }
    await this.#tryStart();
  }

  stop(): void {
    this.#producer?.close();
    this.#keeper?.stop();
  }

  status(): WireMessage {
    const { final, vote } = this.#keeper.state;
    const { height: at, id: blockId } = newestApplied(this.#keeper.state);
    const { currentTerm, highestQc } = vote;
    const tip = { height: at, blockId };
    const status = { threadId: this.id, finalHeight: final.height, finalId: final.id, currentTerm, highestQc, tip };
    return { type: "status", status };
  }

  isProducing(): boolean {
    return this.#producer.state.phase === "producing";
  }

  offerMessage(bytes: Uint8Array): void {
    const facts = unwrap(this.node.world.genesis.executor.inspect(bytes));
    this.queue.add({ hash: facts.hash, bytes, expiresAtMs: facts.expiresAtMs });
  }

  wake(): void {
    this.#producer.noteWork(
      this.#sources().some((source) => this.node.imports.offer(source, this.id, this.#openCursor(source)) !== null),
    );
  }

  /** Bounds that hold at every moment. */
  check(): void {
    const { state } = this.#producer;
    if (state.phase !== "producing") return;
    check(state.unsealed.length <= UNSEALED_MAX, "more blocks were built ahead than allowed");
    check(state.tail.length <= 62, "the tail outgrew every deadline");
  }

  async answer(fromHeight: bigint, tipId: BlockId | null): Promise<WireMessage> {
    const { state } = this.#keeper;
    const blocks: Uint8Array[] = [];
    for (let at = fromHeight < 1n ? 1n : fromHeight; at <= state.final.height; at++) {
      if (blocks.length >= RESPONSE_BLOCKS_MAX) break;
      const id = await this.#repository.finalAt(this.id, height(at));
      const block = id === null ? null : await this.#repository.block(id);
      if (block === null) break;
      blocks.push(block.bytes);
    }
    const highest = state.vote.highestQc?.attestation.blockId ?? null;
    const tip = [tipId, highest].find((id) => id !== null && state.blocks.has(id)) ?? null;
    const open: SealedBlock[] = [];
    for (let held = tip === null ? undefined : state.blocks.get(tip); held !== undefined;) {
      open.unshift(held.block);
      held = state.blocks.get(held.facts.parentId);
    }
    for (const block of open) {
      if (block.header.height >= fromHeight && blocks.length < RESPONSE_BLOCKS_MAX) blocks.push(block.bytes);
    }
    const certificate = (tip === null ? undefined : state.certificates.get(tip)) ?? state.vote.highestQc;
    return { type: "blockResponse", threadId: this.id, blocks, certificate };
  }

  #keeperPorts(): KeeperPorts {
    const { node, id } = this;
    const { world, self } = node;
    return {
      checkSignatures: (block) => node.later("crypto", this.#areSignaturesGood(block)),
      checkCertificate: (certificate) => node.later("crypto", this.#isCertificateGood(certificate)),
      execute: (block) => node.later("execution", this.#execute(block)),
      commit: (blocks, state) => this.#repository.commit({ blocks, voteStates: [{ threadId: id, state }] }),
      forgeVote: async (attestation) => {
        const signature = node.sign(attestationSigningBytes(world.genesis.networkId, attestation));
        const fails = world.happens(world.faults.signerFails);
        return node.later("forge", fails ? { type: "failed", code: "unreachable" } : { type: "signed", signature });
      },
      sendVote: (to, vote) => {
        world.witness.noteVote(self, vote.attestation);
        void this.#checkVoteIsDurable(vote.attestation.blockId);
        if (to === self) this.#producer.dispatch({ type: "vote", vote });
        else node.send(to, { type: "attestation", vote });
      },
      finalize: (run) => {
        this.#finalizing = this.#finalizing
          .then(() => this.#persistFinal(run))
          .catch((error: unknown) => node.fail(error));
      },
      sendStatus: (to) => node.send(to, this.status()),
      requestBlocks: (to, fromHeight, tipId) =>
        node.send(to, { type: "blockRequest", threadId: id, fromHeight, tipId }),
      penalize: (peer, cause, detail) => world.notePenalty(self, peer, `${cause}: ${detail}`),
      notify: (notice) => this.#onNotice(notice),
      releaseStates: (ids) => this.execution.release(ids.map((block) => ({ block }))),
      fail: (error) => node.fail(error),
    };
  }

  #producerPorts(): ProducerPorts {
    const { node, id } = this;
    const { world } = node;
    return {
      contextFor: (order) => this.#contextOf(order),
      limits: () => LIMITS,
      importSources: () => this.#sources(),
      cursorOf: (source) => this.#openCursor(source),
      offerImports: (source, cursor) => node.imports.offer(source, id, cursor),
      recordSeal: (block, firstOfTerm) => {
        const { term, height: at } = block.header;
        const sealed = [{ threadId: id, term, height: at, blockId: block.id, firstOfTerm }];
        return this.#repository.commit({ blocks: [block], sealed });
      },
      signSeal: async (claim) => {
        const recorded = await this.#repository.sealedAt(id, claim.term, claim.height);
        check(recorded === claim.blockId, "a block is signed before it is recorded");
        const signature = node.sign(blockSigningBytes(world.genesis.networkId, claim));
        const fails = world.happens(world.faults.signerFails);
        return node.later("forge", fails ? { type: "failed", code: "unreachable" } : { type: "signed", signature });
      },
      publish: (block, _facts, executed) => this.#publish(block, executed),
      announceAgain: (block) => node.broadcast({ type: "candidate", block: block.bytes }),
      aggregate: (attestation, votes) => {
        const { keepers, networkId } = this.thread.rules;
        const items = votes.map(({ signer, signature }) => ({ publicKey: keepers.at(signer).blsPublicKey, signature }));
        const merged = fakeBls.mergeSignatures(attestationSigningBytes(networkId, attestation), items);
        const signers = merged.good.map((i) => votes[i]!.signer).sort((a, b) => a - b);
        const aggregate = merged.aggregate === null ? null : { attestation, signers, signature: merged.aggregate };
        return node.later("crypto", { aggregate, bad: merged.bad.map((i) => votes[i]!.signer) });
      },
      relayCertificate: (certificate) => {
        node.broadcast({ type: "certificate", certificate });
        this.#keeper.dispatch({ type: "certificateVerified", certificate, from: null });
      },
      penalizeSigner: (signer) => world.notePenalty(node.self, this.thread.rules.keepers.at(signer).id, "badVote"),
      messageSkipped: () => undefined,
      stopped: (reason) => node.fail(new Error(`a producer stopped: ${reason}`)),
      fail: (error) => node.fail(error),
    };
  }

  #publish(block: SealedBlock, executed: boolean): void {
    const { node } = this;
    node.world.witness.noteSealed(node.self, block);
    this.#keeper.dispatch({ type: "candidate", block, origin: { type: executed ? "own" : "resealed" } });
    const rival = node.world.happens(node.world.faults.equivocates) ? this.#rivalOf(block) : null;
    for (const peer of this.thread.rules.keepers.members) {
      const sent = rival !== null && node.world.happens(0.5) ? rival : block;
      if (peer.id !== node.self) node.send(peer.id, { type: "candidate", block: sent.bytes });
    }
  }

  /** Another block at the same place, good in itself: what only a liar signs. */
  #rivalOf(block: SealedBlock): SealedBlock {
    const { node } = this;
    const header: BlockHeader = { ...block.header, timeMs: unixMs(block.header.timeMs + 1) };
    const { id } = sealBlock(header, block.body, block.signature);
    const { threadId, term, height: at, round } = header;
    const claim = { threadId, term, height: at, round, blockId: id };
    const signature = node.sign(blockSigningBytes(node.world.genesis.networkId, claim));
    const rival = sealBlock(header, block.body, signature);
    node.world.witness.noteBlock(rival);
    return rival;
  }

  async #execute(block: SealedBlock): Promise<ExecutionOutcome> {
    const { rules } = this.thread;
    const imports = [];
    for (const ref of block.body.refs) {
      const proved = checkFinalityProof(rules.networkId, rules.keepers, ref.proof);
      check(proved.ok, "a ref carries no finality proof");
      for (const set of proved.value.signatureSets)
        check(fakeBls.verifyAggregate(set.publicKeys, set.message, set.signature), "a ref's proof has a bad signature");
      const range = this.node.imports.rangeOf(ref, this.id, proved.value.header.height);
      if (range === null) return { type: "missingRef" };
      imports.push(range);
    }
    const { header, body, id } = block;
    const claim = { gasUsed: header.gasUsed, stateRoot: header.stateRoot, roots: header.roots };
    const request = {
      blockId: id,
      parentId: header.parentId,
      limits: LIMITS,
      imports,
      externals: body.externals,
      claim,
    };
    try {
      const result = await this.execution.verify({ ...request, context: this.#contextOf(header) });
      return result.ok ? { type: "valid" } : { type: "refuted", reason: result.error.code };
    } catch (error) {
      if (error instanceof ExecutionError) return { type: "failed" };
      throw error;
    }
  }

  #contextOf({
    height: at,
    term,
    timeMs,
    randomness,
  }: Pick<BlockHeader, "height" | "term" | "timeMs" | "randomness">): BlockContext {
    const randomnessSeed = sha256(Buffer.from(`${this.id}/${at}/${randomness.ancestorId}`));
    const { threadsTable } = this.node.world.genesis;
    return { threadId: this.id, height: at, term, timeMs, randomnessSeed, threadsTable };
  }

  #areSignaturesGood(block: SealedBlock): boolean {
    const { rules } = this.thread;
    const producer = producerSignatureSet(rules, block);
    const carried = carriedSignatureSets(rules, block);
    if (producer === null || carried === null) return false;
    return [producer, ...carried].every((set) => fakeBls.verifyAggregate(set.publicKeys, set.message, set.signature));
  }

  #isCertificateGood(certificate: AggregatedAttestation): boolean {
    const { networkId, keepers } = this.thread.rules;
    const set = certificateSignatureSet(networkId, keepers, certificate);
    return set.ok && fakeBls.verifyAggregate(set.value.publicKeys, set.value.message, set.value.signature);
  }

  async #checkVoteIsDurable(blockId: BlockId): Promise<void> {
    const { node } = this;
    const [vote, body] = [await this.#repository.voteState(this.id), await this.#repository.block(blockId)];
    if (!node.isAlive) return;
    const isRecorded = vote !== null && vote.lastVoted !== null;
    if (!isRecorded || body === null || !isSigned(body)) node.fail(new Error("§9: a vote left before it was on disk"));
  }

  async #persistFinal({ chain, finalCount, carrierId, certifiedId, certificate }: FinalizedRun): Promise<void> {
    const { node } = this;
    const blocks = chain.map(({ block }) => block);
    const finals = chain.slice(0, finalCount);
    const { quorum } = this.thread.rules.keepers;
    const proofs = finals.map((_, i) =>
      buildFinalityProof(blocks.slice(i), carrierId, certifiedId, certificate, quorum),
    );
    await this.#repository.commit({
      blocks: finals.filter(({ stored }) => !stored).map(({ block }) => block),
      final: finals.map(({ block, facts }, i) => ({
        threadId: this.id,
        height: facts.height,
        blockId: block.id,
        proof: proofs[i]!,
        facts: encodeBlockFacts(facts),
        state: unwrap(decodeStateUpdate(block.body.stateUpdate)),
      })),
    });
    if (!node.isAlive) return;
    for (const [i, { block }] of finals.entries()) this.#tellFinal(block, proofs[i]!);
    const last = finals[finals.length - 1]!;
    await node.checkTotals(this, last.block.id);
    await this.execution.finalize(last.block.id);
    this.#producer.dispatch({ type: "final", height: last.facts.height });
    node.finalMoved(this.id, last.facts.height);
  }

  #tellFinal(block: SealedBlock, proof: Parameters<ClusterNode["imports"]["addFinal"]>[1]): void {
    const { node } = this;
    node.world.witness.noteFinal(node.self, block, sha256Hex);
    node.imports.addFinal(block, proof);
    for (const ref of block.body.refs) this.#finalCursors.set(ref.threadId, ref.to);
    this.queue.forget(block.body.externals.map((bytes) => unwrap(node.world.genesis.executor.inspect(bytes)).hash));
  }

  async #votedFinalChain(vote: VoteState | null, finalHeight: bigint): Promise<boolean> {
    const voted = vote?.lastVoted ?? null;
    if (voted === null || voted.height > finalHeight) return true;
    return (await this.#repository.finalAt(this.id, voted.height)) === voted.blockId;
  }

  async #reloadFinals(finalHeight: bigint): Promise<void> {
    const { node } = this;
    node.world.witness.noteRestartStart(node.self, this.id, finalHeight);
    for (let at = 1n; at <= finalHeight; at++) {
      const id = (await this.#repository.finalAt(this.id, height(at)))!;
      const block = (await this.#repository.block(id))!;
      check(isSigned(block), "a final block was stored without its signature");
      node.imports.addFinal(block, (await this.#repository.finalityProof(id))!);
      for (const ref of block.body.refs) this.#finalCursors.set(ref.threadId, ref.to);
      node.world.witness.noteFinalOnDisk(node.self, block, sha256Hex);
    }
  }

  #onNotice(notice: ChainNotice): void {
    const { node } = this;
    switch (notice.type) {
      case "applied":
        node.world.witness.noteApplied(notice.facts);
        void this.#tryStart().catch((error: unknown) => node.fail(error));
        break;
      case "certified":
        this.#producer.dispatch({ type: "certificate", certificate: notice.certificate });
        break;
      case "invalid":
      case "halted":
        node.fail(new Error(`${notice.type}: ${notice.reason}`));
        break;
      case "equivocation":
        node.world.noteEquivocation();
        break;
      case "attested":
      case "prefinal":
      case "dropped":
        break;
    }
  }

  /** As a node does it: after the last sealed block, once that is applied here (S8). */
  async #tryStart(): Promise<void> {
    if (!this.#startPending) return;
    const params = await this.#startParams();
    if (params === null || !this.#startPending || !this.node.isAlive) return;
    this.#startPending = false;
    this.#producer.command({ type: "start", params });
    this.wake();
  }

  async #startParams(): Promise<StartParams | null> {
    const { state } = this.#keeper;
    const sealed = this.#lastSealed;
    if (sealed === null || sealed.height <= state.final.height) return this.#startAt(state.final.id, null);
    const block = (await this.#repository.block(sealed.blockId))!;
    return isSigned(block) ? this.#startAt(block.id, null) : this.#startAt(block.header.parentId, block);
  }

  #startAt(parentId: BlockId, draft: SealedBlock | null): StartParams | null {
    const { state } = this.#keeper;
    const parent = factsOf(state, parentId);
    if (parent === null || !isApplied(state, parentId)) return null;
    const held = parent.pending.map(({ id }) => state.blocks.get(id)).filter((entry) => entry !== undefined);
    const tail = held.map(({ block, facts }) => ({ block, facts }));
    const certificates = [...state.certificates.values()];
    return { term: parent.term, parent, switchCertificate: null, tail, certificates, draft };
  }

  #sources(): ThreadId[] {
    return this.node.world.genesis.threadsTable.map(({ threadId }) => threadId).filter((id) => id !== this.id);
  }

  #openCursor(source: ThreadId): ImportCursor {
    let cursor = this.#finalCursors.get(source) ?? { height: height(0), position: 0 };
    for (const { block } of this.#keeper.state.blocks.values()) {
      for (const ref of block.body.refs) if (ref.threadId === source && isBefore(cursor, ref.to)) cursor = ref.to;
    }
    return cursor;
  }
}

function isSigned(block: SealedBlock): boolean {
  return block.signature.some((byte) => byte !== 0);
}
