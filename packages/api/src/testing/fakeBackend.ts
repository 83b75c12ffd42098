import {
  type AccountId,
  createThreadsTable,
  type Height,
  HEADER_LEAF,
  headerLeaves,
  keeperIdFromBytes,
  limits,
  type MessageHash,
  merkleProof,
  type SealedBlock,
  sha256Hex,
  term,
  type ThreadId,
  threadIndexOf,
  toHex,
  unixMs,
  ZERO_BLOCK_ID,
} from "@sealwright/types";
import type { BlockLife, HeightLives } from "../backend/blockLife.js";
import type {
  BlockRef,
  MessageRecord,
  MessageResult,
  MessageState,
  ProducerHint,
  SubmitOutcome,
  SubmitRefusalCode,
} from "../backend/message.js";
import type { AckiNackiBackend } from "../backend/ackiNackiBackend.js";
import type { TonBackend } from "../backend/tonBackend.js";
import type { NodeBackend } from "../backend/nodeBackend.js";
import type {
  AccountRecord,
  AccountView,
  BlockHeadline,
  BlockQuery,
  BlockAbsence,
  BlockAnswer,
  BlockSelector,
  BlockStatus,
  EvidenceRecord,
  FinalityProofAnswer,
  KeeperRecord,
  NetworkRecord,
  ReadinessCheck,
  ThreadRecord,
  ThreadTotals,
} from "../backend/records.js";
import { EventLog } from "../events/eventLog.js";
import type { MessageTransition, NodeEvent } from "../events/nodeEvent.js";
import { FAKE_NETWORK_ID, FAKE_START_MS, fakeAggregate, fakeBlock, fakeFinalityProof, fakeHash } from "./fakeBlocks.js";

export interface FakeBackendOptions {
  readonly eventsMax?: number;
  readonly runId?: number;
  /** Of a network of contracts. */
  readonly ton?: TonBackend;
}

export const FAKE_KEEPERS = [0, 1, 2, 3].map((index) => keeperIdFromBytes(fakeHash(`keeper ${index}`)));
const THREADS = createThreadsTable(2, ZERO_BLOCK_ID);
const BLOCKS_PER_THREAD = 10;
/** Blocks up to this height are final, the next is prefinal, then certified, then sealed. */
const FINAL_HEIGHT = 7;

/**
 * A keeper that exists only in memory and does what it is told: two threads of ten blocks, messages that move when
 * `move` is called, refusals on request. For tests of the API and of everything that speaks to it.
 */
export class FakeBackend implements NodeBackend {
  ton: TonBackend | null;
  ackiNacki: AckiNackiBackend | null = null;
  readonly events: EventLog<NodeEvent>;
  readonly #messages = new Map<MessageHash, MessageRecord>();
  readonly #chains = THREADS.map(({ threadId }) => fakeChain(threadId));
  /** Refuses the next messages with this code. */
  refuseWith: SubmitRefusalCode | null = null;
  retryAfterMs: number | null = null;
  /** Thrown by every asynchronous call. */
  failure: Error | null = null;
  checks: readonly ReadinessCheck[] = [{ name: "storeWritable", ok: true, detail: "last write took 1 ms" }];
  /** Accounts other than this one do not exist. */
  account0: AccountId = toHex(fakeHash("account 0")) as AccountId;
  evidenceKept: readonly EvidenceRecord[] = [];
  holdsState = true;
  /** Blocks below are forgotten. */
  oldestHeight = 1n;
  /** The value of `account0`. */
  accountValue = Uint8Array.of(42);
  readonly batchSizes: number[] = [];

  constructor(options: FakeBackendOptions = {}) {
    this.ton = options.ton ?? null;
    this.events = new EventLog<NodeEvent>({ capacityMax: options.eventsMax ?? 1_000, runId: options.runId ?? 1 });
  }

  /** Lets messages reach a state, with the event that tells it. */
  move(messages: readonly MessageHash[], state: MessageTransition, result: MessageResult = DONE): void {
    for (const hash of messages) this.#messages.set(hash, { hash, threadId: THREAD_0, state: stateOf(state, result) });
    this.events.append({ type: "message.status", atMs: unixMs(FAKE_START_MS), threadId: THREAD_0, messages, state });
  }

  /** A block of a chain, as the API names it. */
  refAt(thread: number, height: number): BlockRef {
    const block = this.blockAt(thread, height);
    return { threadId: block.header.threadId, height: block.header.height, term: block.header.term, blockId: block.id };
  }

  blockAt(thread: number, height: number): SealedBlock {
    const block = this.#chains[thread]?.[height];
    if (block === undefined) throw new RangeError(`no fake block ${thread}/${height}`);
    return block;
  }

  async submit(messages: readonly Uint8Array[]): Promise<readonly SubmitOutcome[]> {
    this.#mayFail();
    this.batchSizes.push(messages.length);
    return messages.map((message) => this.#submitOne(message));
  }

  async message(hash: MessageHash): Promise<MessageRecord | null> {
    this.#mayFail();
    return this.#messages.get(hash) ?? null;
  }

  totals(threadId: ThreadId): Promise<ThreadTotals> {
    const blockId = this.blockAt(threadIndexOf(threadId), FINAL_HEIGHT).id;
    return Promise.resolve({ threadId, blockId, balances: 70n, fees: 5n, sent: 30n, received: 5n });
  }

  threads(): readonly ThreadRecord[] {
    return THREADS.map((route, index) => ({
      ...route,
      term: term(0),
      producer: PRODUCER,
      head: this.refAt(index, BLOCKS_PER_THREAD - 1),
      prefinal: this.refAt(index, FINAL_HEIGHT + 1),
      final: this.refAt(index, FINAL_HEIGHT),
      headTimeMs: this.blockAt(index, BLOCKS_PER_THREAD - 1).header.timeMs,
      queueLength: 3,
    }));
  }

  async blockLives(threadId: ThreadId, at: Height): Promise<HeightLives> {
    this.#mayFail();
    const block = this.#find({ type: "height", threadId, height: at });
    if (!("header" in block)) return { threadId, height: at, blocks: [], missing: { reason: "notYet", lateMs: 0 } };
    const { header, id } = block;
    const life: BlockLife = {
      block: { threadId, height: at, term: header.term, blockId: id },
      parentId: header.parentId,
      producer: header.producer,
      status: statusAt(Number(at)),
      timeline: [{ stage: "sealed", atMs: unixMs(FAKE_START_MS) }],
      votes: FAKE_KEEPERS.map((keeperId, i) => ({ keeperId, atMs: i === 0 ? unixMs(FAKE_START_MS + 1) : null })),
      carriedBy: id,
      delay: { reason: "attestationsLate", lateMs: 700 },
    };
    return { threadId, height: at, blocks: [life], missing: null };
  }

  async block(selector: BlockSelector): Promise<BlockAnswer> {
    this.#mayFail();
    const block = this.#find(selector);
    if (!("header" in block)) return block;
    const status = statusAt(Number(block.header.height));
    const timeline = [{ stage: "received" as const, atMs: block.header.timeMs }];
    const certificate = status === "sealed" ? null : fakeAggregate(block);
    return { type: "block", record: { block, status, certificate, timeline } };
  }

  async blocks(query: BlockQuery): Promise<readonly BlockHeadline[]> {
    this.#mayFail();
    const chain = this.#chains.find((blocks) => blocks[0]?.header.threadId === query.threadId) ?? [];
    const picked =
      query.from === null
        ? chain.slice(-query.limit)
        : chain.filter((block) => block.header.height >= (query.from ?? 0n)).slice(0, query.limit);
    return picked.map((block) => ({
      header: block.header,
      id: block.id,
      envelopeHash: block.envelopeHash,
      status: statusAt(Number(block.header.height)),
      sizeBytes: block.bytes.length,
      messageCount: block.body.externals.length,
    }));
  }

  async account(accountId: AccountId, view: AccountView): Promise<AccountRecord | null> {
    this.#mayFail();
    if (!this.holdsState) return null;
    const at = view === "final" ? FINAL_HEIGHT : BLOCKS_PER_THREAD - 1;
    const { header } = this.blockAt(0, at);
    const value = this.accountValue;
    return {
      accountId,
      block: this.refAt(0, at),
      blockStatus: statusAt(at),
      stateRoot: header.stateRoot,
      state: accountId === this.account0 ? { balance: 2n ** 70n, nonce: 5n, value } : null,
      proof: Uint8Array.of(1, 2),
      stateRootPath: merkleProof(headerLeaves(header), HEADER_LEAF.stateRoot),
    };
  }

  async finalityProof(selector: BlockSelector): Promise<FinalityProofAnswer> {
    this.#mayFail();
    const block = this.#find(selector);
    if (!("header" in block)) return block;
    const at = Number(block.header.height);
    if (at > FINAL_HEIGHT) return { type: "notFinal", status: statusAt(at) };
    const thread = THREADS.findIndex(({ threadId }) => threadId === block.header.threadId);
    return { type: "proof", proof: fakeFinalityProof(block, this.blockAt(thread, at + 1)) };
  }

  keepers(): readonly KeeperRecord[] {
    return FAKE_KEEPERS.map((keeperId, index) => ({
      keeperId,
      index,
      publicKey: new Uint8Array(48).fill(index),
      link: index === 0 ? "self" : "connected",
      score: 0,
      apiUrl: index === 0 ? "http://127.0.0.1:1" : null,
      producing: index === 0 ? [THREAD_0] : [],
    }));
  }

  async evidence(limit: number): Promise<readonly EvidenceRecord[]> {
    this.#mayFail();
    return this.evidenceKept.slice(0, limit);
  }

  network(): NetworkRecord {
    return {
      networkId: FAKE_NETWORK_ID,
      name: "fake",
      version: "0.0.0",
      keeperId: FAKE_KEEPERS[0]!,
      executor: "none",
      keepers: 4,
      quorum: 3,
      faultyMax: 1,
      threads: THREADS.length,
      limits: {
        messageBytesMax: limits.EXTERNAL_MESSAGE_BYTES_MAX,
        messagesPerBlockMax: 5_000,
        productionTimeoutMs: 330,
        minBlockIntervalMs: 20,
        transferFee: 2n ** 64n - 1n,
      },
      clockSkewMs: 0.5,
    };
  }

  async readiness(): Promise<readonly ReadinessCheck[]> {
    this.#mayFail();
    return this.checks;
  }

  async metricsText(): Promise<string> {
    this.#mayFail();
    return "# HELP sealwright_blocks_total Blocks.\n# TYPE sealwright_blocks_total counter\nsealwright_blocks_total 3\n";
  }

  #submitOne(message: Uint8Array): SubmitOutcome {
    const hash = sha256Hex(message) as MessageHash;
    if (this.refuseWith !== null) {
      const { refuseWith: code, retryAfterMs } = this;
      return { type: "refused", hash, code, reason: `told to refuse: ${code}`, retryAfterMs };
    }
    const known = this.#messages.get(hash);
    const record = known ?? { hash, threadId: THREAD_0, state: { status: "queued", abandonedInTerm: null } };
    this.#messages.set(hash, record);
    return { type: "accepted", record, producer: PRODUCER };
  }

  #find(selector: BlockSelector): SealedBlock | BlockAbsence {
    const matches = (block: SealedBlock): boolean =>
      selector.type === "id"
        ? block.id === selector.blockId
        : block.header.threadId === selector.threadId && block.header.height === selector.height;
    const found = this.#chains.flat().find(matches);
    if (found === undefined) return { type: "unknownBlock" };
    const { threadId, height: at } = found.header;
    if (at === 0n) return { type: "genesisBlock", threadId, blockId: found.id };
    return at < this.oldestHeight && selector.type === "height" ? { type: "pruned" } : found;
  }

  #mayFail(): void {
    if (this.failure !== null) throw this.failure;
  }
}

const DONE: MessageResult = { code: 0, gasUsed: 21 };
const THREAD_0 = THREADS[0]!.threadId;
const PRODUCER: ProducerHint = { keeperId: FAKE_KEEPERS[0]!, apiUrl: "http://127.0.0.1:1" };

function stateOf(state: MessageTransition, result: MessageResult): MessageState {
  switch (state.status) {
    case "included":
    case "prefinal":
    case "final":
      return { status: state.status, block: state.block, result };
    case "queued":
    case "rejected":
    case "expired":
      return state;
  }
}

function statusAt(at: number): BlockStatus {
  if (at <= FINAL_HEIGHT) return "final";
  return at === FINAL_HEIGHT + 1 ? "prefinal" : "sealed";
}

function fakeChain(threadId: (typeof THREADS)[number]["threadId"]): readonly SealedBlock[] {
  const chain: SealedBlock[] = [];
  for (let at = 0; at < BLOCKS_PER_THREAD; at++) {
    const parent = chain[at - 1];
    const externals = [new TextEncoder().encode(`message ${at}`)];
    const attestations = parent === undefined ? [] : [fakeAggregate(parent)];
    const parentId = parent?.id ?? ZERO_BLOCK_ID;
    chain.push(fakeBlock({ threadId, height: at, parentId, externals, attestations }));
  }
  return chain;
}
