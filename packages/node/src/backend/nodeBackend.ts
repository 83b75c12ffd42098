import type {
  AccountRecord,
  AccountView,
  AckiNackiBackend,
  BlockAbsence,
  BlockAnswer,
  BlockHeadline,
  BlockQuery,
  BlockSelector,
  BlockStatus,
  EventLog,
  EvidenceRecord,
  FinalityProofAnswer,
  HeightLives,
  KeeperRecord,
  Metrics,
  NetworkRecord,
  NodeBackend,
  NodeEvent,
  ReadinessCheck,
  SubmitOutcome,
  ThreadRecord,
  ThreadTotals,
  TimelineEntry,
  TonBackend,
} from "@sealwright/api";
import type { Genesis, KeeperSet } from "@sealwright/consensus";
import { encodeAccountProof } from "@sealwright/execution";
import { chainTo, newestApplied } from "@sealwright/keeper";
import type { WatermarkStore } from "@sealwright/forge";
import type { Transport } from "@sealwright/network";
import type { BlockState, NodeStore } from "@sealwright/store";
import {
  type AccountId,
  assert,
  type BlockId,
  type Clock,
  HEADER_LEAF,
  headerLeaves,
  height,
  type Height,
  type KeeperId,
  limits,
  merkleProof,
  type MessageHash,
  type NetworkId,
  type SealedBlock,
  type ThreadId,
  threadIndexOf,
  threadOf,
  type ThreadsTable,
  type UnixMs,
} from "@sealwright/types";
import type { ClockWatch } from "../clock/clockWatch.js";
import type { EvidenceDesk } from "../evidence/evidenceDesk.js";
import type { NetworkEngine } from "../networkEngine.js";
import { executionRead } from "./executionRead.js";
import { KeeperAckiNackiBackend } from "./keeperAckiNackiBackend.js";
import { KeeperTonBackend } from "./keeperTonBackend.js";
import type { MessageDesk } from "../messages/messageDesk.js";
import { blockLives, type NamedHeader } from "../life/blockLives.js";
import { finalHeadlines } from "./finalHeadlines.js";
import { refOf, STAGE_OF } from "../thread/blockDiary.js";
import type { SnapshotFetcher } from "../sync/snapshotFetcher.js";
import type { ThreadService } from "../thread/threadService.js";
import type { KeeperSigner } from "../openSigner.js";

export interface BackendDependencies {
  readonly engine: NetworkEngine;
  readonly genesis: Genesis;
  readonly networkId: NetworkId;
  readonly version: string;
  readonly self: KeeperId;
  readonly keepers: KeeperSet;
  readonly table: ThreadsTable;
  readonly threads: ReadonlyMap<ThreadId, ThreadService>;
  readonly store: NodeStore;
  readonly watermarks: Pick<WatermarkStore, "health">;
  /** Null: the key is in this process. */
  readonly probeSigner: KeeperSigner["probe"];
  readonly desk: MessageDesk;
  readonly evidence: EvidenceDesk;
  readonly fetcher: SnapshotFetcher;
  readonly transport: Transport;
  readonly apiUrls: ReadonlyMap<KeeperId, string>;
  readonly events: EventLog<NodeEvent>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly clockWatch: ClockWatch;
}

/** What the others made final since they last said where they stand is not behind. */
const CAUGHT_UP_BLOCKS = 100n;
/** A thread whose head is older than this many idle blocks is not fresh. */
const STALE_BLOCKS = 10;

/** What the API shows of this node. */
export class KeeperBackend implements NodeBackend {
  readonly events: EventLog<NodeEvent>;
  readonly ton: TonBackend | null;
  readonly ackiNacki: AckiNackiBackend | null;
  readonly #deps: BackendDependencies;

  constructor(dependencies: BackendDependencies) {
    this.#deps = dependencies;
    this.events = dependencies.events;
    const { genesis, networkId, table, threads, store, desk, clock } = dependencies;
    const blockOf = async (selector: BlockSelector): Promise<SealedBlock | null> => {
      const found = await this.block(selector);
      return found.type === "block" ? found.record.block : null;
    };
    this.ton =
      genesis.executor === "tvm"
        ? new KeeperTonBackend({ networkId, table, threads, repository: store.repository, desk, blockOf, clock })
        : null;
    this.ackiNacki = this.ton === null ? null : new KeeperAckiNackiBackend({ blockOf });
  }

  submit(messages: readonly Uint8Array[]): Promise<readonly SubmitOutcome[]> {
    return this.#deps.desk.submit(messages);
  }

  message(hash: MessageHash): ReturnType<NodeBackend["message"]> {
    return this.#deps.desk.message(hash);
  }

  threads(): readonly ThreadRecord[] {
    return [...this.#deps.threads.values()]
      .sort((a, b) => threadIndexOf(a.threadId) - threadIndexOf(b.threadId))
      .map((service) => this.#threadRecord(service));
  }

  async totals(threadId: ThreadId): Promise<ThreadTotals> {
    const service = this.#deps.threads.get(threadId);
    assert(service !== undefined, "the API asks for threads that exist");
    const blockId = service.durableFinal.id;
    return { threadId, blockId, ...(await executionRead(service.execution.totals(blockId))) };
  }

  async block(selector: BlockSelector): Promise<BlockAnswer> {
    const named = await this.#named(selector);
    if (named.type !== "id") return named;
    const { id } = named;
    const block = await this.#bodyOf(id);
    if (block === null) return { type: (await this.#isPruned(selector)) ? "pruned" : "unknownBlock" };
    const state = await this.#deps.store.blockStates.get(id);
    const service = this.#deps.threads.get(block.header.threadId);
    const record = {
      block,
      status: await this.#statusOf(block, state),
      certificate: service?.keeper.state.certificates.get(id) ?? null,
      timeline: timelineOf(state),
    };
    return { type: "block", record };
  }

  async blockLives(threadId: ThreadId, at: Height): Promise<HeightLives> {
    const service = this.#deps.threads.get(threadId);
    assert(service !== undefined, `the API checked that thread ${threadId} exists`);
    const { header } = this.#openChain(service).at(-1) ?? { header: service.durableFinal };
    return blockLives(threadId, at, {
      self: this.#deps.self,
      keepers: this.#deps.keepers,
      trace: service.life.trace,
      store: this.#deps.store,
      measure: service.life.measure,
      nowMs: this.#deps.clock.nowMs(),
      tip: { height: header.height, timeMs: header.timeMs },
      hold: service.hold,
      idAt: (height) => this.#idAt(threadId, height),
      bodyOf: (id) => this.#bodyOf(id),
      statusOf: (block, state) => this.#statusOf(block, state),
    });
  }

  async blocks({ threadId, from, limit }: BlockQuery): Promise<readonly BlockHeadline[]> {
    const service = this.#deps.threads.get(threadId);
    if (service === undefined) return [];
    const open = this.#openChain(service);
    const head = open[open.length - 1]?.header.height ?? service.durableFinal.height;
    const wanted = from ?? height(head >= BigInt(limit) ? head - BigInt(limit) + 1n : 1n);
    const oldest = (await this.#deps.store.repository.oldestFinal(threadId))?.height ?? height(1);
    const first = wanted < oldest ? oldest : wanted;
    const openFrom = open[0]?.header.height ?? height(head + 1n);
    const finalMax = Math.min(limit, Math.max(0, Number(openFrom - first)));
    const headlines = await finalHeadlines(this.#deps.store.repository, threadId, first, finalMax);
    if (headlines.length < finalMax) return headlines;
    const rest = open.filter((block) => block.header.height >= first).slice(0, limit - finalMax);
    for (const block of rest)
      headlines.push(headlineOf(block, await this.#statusOf(block, this.#deps.store.blockStates.peek(block.id))));
    return headlines;
  }

  async account(accountId: AccountId, view: AccountView): Promise<AccountRecord | null> {
    const service = this.#deps.threads.get(threadOf(this.#deps.table, accountId));
    if (service === undefined) return null;
    const open = view === "head" ? this.#openChain(service) : [];
    const at = open[open.length - 1]?.id ?? service.durableFinal.id;
    const found = await executionRead(service.execution.account(accountId, at));
    const header = open[open.length - 1]?.header ?? (await this.#deps.store.repository.header(found.blockId));
    const account = found.value === null ? null : this.#deps.engine.summarize(found.value);
    const isGenesis = header === null || header.height === 0n;
    return {
      accountId,
      block: {
        threadId: service.threadId,
        height: header?.height ?? height(0),
        term: header?.term ?? service.durableFinal.term,
        blockId: found.blockId,
      },
      blockStatus: at === service.durableFinal.id ? "final" : "sealed",
      stateRoot: found.stateRoot,
      state: found.value === null || account === null ? null : { ...account, value: found.value },
      proof: encodeAccountProof(found.proof),
      stateRootPath: isGenesis ? null : merkleProof(headerLeaves(header), HEADER_LEAF.stateRoot),
    };
  }

  async finalityProof(selector: BlockSelector): Promise<FinalityProofAnswer> {
    const { repository } = this.#deps.store;
    const named = await this.#named(selector);
    if (named.type !== "id") return named;
    const { id } = named;
    const proof = await repository.finalityProof(id);
    if (proof !== null) return { type: "proof", proof };
    const held = this.#heldBlock(id);
    if (held === null) return { type: "unknownBlock" };
    return { type: "notFinal", status: await this.#statusOf(held, this.#deps.store.blockStates.peek(id)) };
  }

  keepers(): readonly KeeperRecord[] {
    const peers = new Map(this.#deps.transport.peers().map((peer) => [peer.id, peer]));
    const producing = this.threads();
    return this.#deps.keepers.members.map((member, index) => {
      const peer = peers.get(member.id);
      const isSelf = member.id === this.#deps.self;
      return {
        keeperId: member.id,
        index,
        publicKey: member.blsPublicKey,
        link: isSelf ? "self" : peer?.state === "connected" ? "connected" : "disconnected",
        score: peer?.score ?? 100,
        apiUrl: this.#deps.apiUrls.get(member.id) ?? null,
        producing: producing
          .filter((thread) => thread.producer.keeperId === member.id)
          .map((thread) => thread.threadId),
      };
    });
  }

  evidence(limit: number): Promise<readonly EvidenceRecord[]> {
    return Promise.resolve(this.#deps.evidence.list(limit));
  }

  network(): NetworkRecord {
    const { genesis, keepers } = this.#deps;
    return {
      networkId: this.#deps.networkId,
      name: genesis.name,
      version: this.#deps.version,
      keeperId: this.#deps.self,
      executor: genesis.executor,
      keepers: keepers.size,
      quorum: keepers.quorum,
      faultyMax: keepers.faultTolerance,
      threads: this.#deps.threads.size,
      limits: {
        messageBytesMax: limits.EXTERNAL_MESSAGE_BYTES_MAX,
        messagesPerBlockMax: genesis.settings.externalsPerBlockMax,
        productionTimeoutMs: genesis.settings.productionTimeoutMs,
        minBlockIntervalMs: genesis.settings.minBlockIntervalMs,
        transferFee: genesis.transferFee,
      },
      clockSkewMs: this.#deps.clockWatch.skewMs,
    };
  }

  async readiness(): Promise<readonly ReadinessCheck[]> {
    const { store, watermarks, transport, keepers, genesis, clock } = this.#deps;
    const health = watermarks.health();
    const connected = transport.peers().filter((peer) => peer.state === "connected").length;
    const needed = Math.max(0, keepers.quorum - 1);
    const staleAfterMs = genesis.settings.productionTimeoutMs * STALE_BLOCKS;
    const nowMs = clock.nowMs();
    const stale = [...this.#deps.threads.values()].filter(
      (service) => nowMs - service.durableFinal.timeMs > staleAfterMs,
    );
    return [
      { name: "storeWritable", ok: store.status === "open", detail: `the store is ${store.status}` },
      {
        name: "watermarksWritable",
        ok: health.ok,
        detail: health.ok ? "the watermarks take writes" : health.failure.message,
      },
      ...(await this.#signerReachable()),
      {
        name: "peersConnected",
        ok: connected >= needed,
        detail: `${connected} keepers connected, ${needed} needed for a quorum`,
      },
      this.#deps.clockWatch.readiness(),
      this.#caughtUp(),
      {
        name: "headFresh",
        ok: stale.length === 0,
        detail:
          stale.length === 0
            ? `every thread became final within ${staleAfterMs} ms`
            : stale
                .map(
                  (service) =>
                    `thread ${threadIndexOf(service.threadId)} is ${nowMs - service.durableFinal.timeMs} ms old`,
                )
                .join(", "),
      },
    ];
  }

  /** Only where the key is elsewhere. */
  async #signerReachable(): Promise<readonly ReadinessCheck[]> {
    const reached = await this.#deps.probeSigner?.();
    if (reached === undefined) return [];
    const detail = reached.ok ? "the signing service would sign with this keeper's key" : reached.error;
    return [{ name: "signerReachable", ok: reached.ok, detail }];
  }

  /** Far behind: it catches up by blocks, or by a snapshot where nobody keeps them; how far it got is told. */
  #caughtUp(): ReadinessCheck {
    const behind = [...this.#deps.threads.values()].flatMap((service) => {
      const blocks = service.behind();
      if (blocks <= CAUGHT_UP_BLOCKS) return [];
      const progress = this.#deps.fetcher.progress(service.threadId);
      const fetched = progress === null ? "" : `, fetched ${progress.done} of ${progress.of} chunks of a snapshot`;
      const { height } = service.durableFinal;
      return [`thread ${threadIndexOf(service.threadId)} is at ${height} of ${height + blocks}${fetched}`];
    });
    const detail = behind.length === 0 ? `no thread is ${CAUGHT_UP_BLOCKS} blocks behind` : behind.join("; ");
    return { name: "caughtUp", ok: behind.length === 0, detail };
  }

  metricsText(): Promise<string> {
    return this.#deps.metrics.text();
  }

  #threadRecord(service: ThreadService): ThreadRecord {
    const route = this.#deps.table.find((entry) => entry.threadId === service.threadId)!;
    const open = this.#openChain(service);
    const head = open[open.length - 1];
    const final = service.durableFinal;
    const finalRef =
      final.height === 0n
        ? null
        : { threadId: final.threadId, height: final.height, term: final.term, blockId: final.id };
    const prefinal = [...open]
      .reverse()
      .find((block) => this.#deps.store.blockStates.peek(block.id)?.timeline.prefinalMs !== undefined);
    return {
      threadId: service.threadId,
      prefix: route.prefix,
      prefixLength: route.prefixLength,
      term: service.keeper.state.vote.currentTerm,
      producer: service.producer(),
      head: head === undefined ? finalRef : refOf(head),
      prefinal: prefinal === undefined ? finalRef : refOf(prefinal),
      final: finalRef,
      headTimeMs: head?.header.timeMs ?? (final.height === 0n ? null : final.timeMs),
      queueLength: service.queue.length,
    };
  }

  /** Blocks above the last final one on the chain that this keeper votes for, ascending. */
  #openChain(service: ThreadService): SealedBlock[] {
    const { state } = service.keeper;
    return (chainTo(state, newestApplied(state).id) ?? []).map(({ block }) => block);
  }

  async #bodyOf(id: BlockId): Promise<SealedBlock | null> {
    return this.#heldBlock(id) ?? (await this.#deps.store.repository.block(id));
  }

  #heldBlock(id: BlockId): SealedBlock | null {
    for (const service of this.#deps.threads.values()) {
      const held = service.keeper.state.blocks.get(id);
      if (held !== undefined) return held.block;
    }
    return null;
  }

  async #idAt(threadId: ThreadId, at: Height): Promise<BlockId | null> {
    const service = this.#deps.threads.get(threadId);
    if (service === undefined) return null;
    const open = this.#openChain(service).find((block) => block.header.height === at);
    return open?.id ?? (await this.#deps.store.repository.finalAt(threadId, at));
  }

  /** The id of a block that was made, or why there is none. */
  async #named(selector: BlockSelector): Promise<{ readonly type: "id"; readonly id: BlockId } | BlockAbsence> {
    const genesis = this.#genesisOf(selector);
    if (genesis !== null) return genesis;
    const id = selector.type === "id" ? selector.blockId : await this.#idAt(selector.threadId, selector.height);
    if (id !== null) return { type: "id", id };
    return { type: (await this.#isPruned(selector)) ? "pruned" : "unknownBlock" };
  }

  /** Every thread begins with the block that its producers are drawn from; the store forgets it like any other. */
  #genesisOf(selector: BlockSelector): BlockAbsence | null {
    for (const { threadId, keeper } of this.#deps.threads.values()) {
      const { seed } = keeper.state.config.rules;
      const isMeant =
        selector.type === "id" ? selector.blockId === seed : selector.threadId === threadId && selector.height === 0n;
      if (isMeant) return { type: "genesisBlock", threadId, blockId: seed };
    }
    return null;
  }

  async #isPruned(selector: BlockSelector): Promise<boolean> {
    if (selector.type === "id" || selector.height < 1n) return false;
    const oldest = await this.#deps.store.repository.oldestFinal(selector.threadId);
    return oldest !== null && selector.height < oldest.height;
  }

  async #statusOf(block: NamedHeader, state: BlockState | null): Promise<BlockStatus> {
    const finalId = await this.#deps.store.repository.finalAt(block.header.threadId, block.header.height);
    if (finalId === block.id) return "final";
    if (finalId !== null) return "abandoned";
    return state === null ? "sealed" : STATUS_SHOWN[state.status];
  }
}

const STATUS_SHOWN = {
  candidate: "sealed",
  applied: "sealed",
  attested: "sealed",
  certified: "certified",
  prefinal: "prefinal",
  final: "final",
  invalid: "invalid",
  abandoned: "abandoned",
} as const satisfies Record<BlockState["status"], BlockStatus>;

function timelineOf(state: BlockState | null): TimelineEntry[] {
  const entries: TimelineEntry[] = [];
  for (const [field, stage] of Object.entries(STAGE_OF)) {
    const atMs: UnixMs | undefined = state?.timeline[field as keyof typeof STAGE_OF];
    if (atMs !== undefined) entries.push({ stage, atMs });
  }
  return entries;
}

function headlineOf(block: SealedBlock, status: BlockStatus): BlockHeadline {
  const { header, id, envelopeHash, bytes, body } = block;
  return { header, id, envelopeHash, status, sizeBytes: bytes.length, messageCount: body.externals.length };
}
