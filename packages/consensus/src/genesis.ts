import {
  type AccountId,
  type BlockBody,
  type BlockId,
  bodyRootsOf,
  ByteWriter,
  createThreadsTable,
  envelopeHashOf,
  height,
  idBytes,
  type KeeperId,
  type NetworkId,
  networkIdFromBytes,
  round,
  sealBlock,
  type SealedBlock,
  seqNo,
  sha256,
  term,
  type ThreadId,
  type ThreadsTable,
  threadsTableHash,
  type UnixMs,
  ZERO_BLOCK_ID,
} from "@sealwright/types";
import { INITIAL_BETA, INITIAL_WINDOW } from "./attestationTarget.js";
import type { BlockFacts } from "./blockFacts.js";
import type { KeeperMember } from "./keeperSet.js";
import type { ProtocolSettings } from "./protocolSettings.js";
import type { Verification } from "./verification/verification.js";

/** Of the document's form and of its network id. */
export const GENESIS_VERSION = 1;

/** A member of the first keeper set, with what lets its key into the set. */
export interface GenesisKeeper extends KeeperMember {
  /** The key's signature over itself: without it a keeper could choose its key to cancel others' (rogue key). */
  readonly proofOfPossession: Uint8Array;
}

/** An account that exists from the start, with its value in base units (a u64). */
export interface GenesisAccount {
  readonly id: AccountId;
  readonly balance: bigint;
}

/** Engines that these packages bring. */
export const EXECUTOR_KINDS = ["ledger", "tvm"] as const;
/** The name of such an engine. */
export type ExecutorKind = (typeof EXECUTOR_KINDS)[number];

/** An engine that whoever starts the keepers brings, by a name of its own: `custom:counter`. */
export type CustomExecutor = `custom:${string}`;

const CUSTOM_EXECUTOR = /^custom:[a-z0-9-]{1,32}$/;

/** Whether a text names an engine of its own: `custom:`, then 1 to 32 of a to z, 0 to 9 and `-`. */
export function isCustomExecutor(text: string): text is CustomExecutor {
  return CUSTOM_EXECUTOR.test(text);
}

/** Everything that the keepers of a network must agree on before its first block. */
export interface Genesis {
  readonly name: string;
  readonly createdAtMs: UnixMs;
  readonly executor: ExecutorKind | CustomExecutor;
  /** Of the ledger, and of an engine that takes it up; the TVM has prices of its own, and 0 here. */
  readonly transferFee: bigint;
  readonly threadCount: number;
  readonly settings: ProtocolSettings;
  readonly keepers: readonly GenesisKeeper[];
  readonly accounts: readonly GenesisAccount[];
}

/** SHA-256 over the whole document in its one binary form: any difference is another network. */
export function networkIdOf(genesis: Genesis): NetworkId {
  const writer = new ByteWriter(64 * 1024).u16(GENESIS_VERSION).bytes(Buffer.from(genesis.name, "utf8"));
  writer.u53(genesis.createdAtMs).bytes(Buffer.from(genesis.executor, "utf8")).u64(genesis.transferFee);
  writer.u16(genesis.threadCount);
  const settings = genesis.settings;
  writer.u32(settings.productionTimeoutMs).u32(settings.minBlockIntervalMs).u64(settings.gasPerBlockMax);
  writer.u32(settings.externalsPerBlockMax).u32(settings.timeAheadMaxMs);
  writer.u32(settings.shareStateEvery);
  writer.list(genesis.keepers, (w, keeper) => w.fixed(keeper.blsPublicKey, 48).fixed(keeper.transportPublicKey, 32));
  writer.list(genesis.accounts, (w, account) => w.fixed(idBytes(account.id), 32).u64(account.balance));
  writeVerification(writer, settings.verification);
  return networkIdFromBytes(sha256(writer.finish()));
}

/** At the end, and nothing for the mode that every network had before there were two: so those keep their ids. */
function writeVerification(writer: ByteWriter, verification: Verification): void {
  if (verification === "all") return;
  const { verifyWindowMs, unsafeVerifiersForTests } = verification.lottery;
  writer
    .u8(1)
    .u32(verifyWindowMs)
    .option(unsafeVerifiersForTests, (w, count) => w.u16(count));
}

/** The threads that exist from the start; they count as spawned by the network itself. */
export function genesisThreads(genesis: Genesis, networkId: NetworkId): ThreadsTable {
  return createThreadsTable(genesis.threadCount, networkId as string as BlockId);
}

const EMPTY_BODY: BlockBody = {
  attestations: [],
  switchCertificate: null,
  directives: { shareState: false },
  accusations: [],
  refs: [],
  externals: [],
  outbound: [],
  receipts: [],
  stateUpdate: new Uint8Array(),
};
const NO_SIGNATURE = new Uint8Array(96);

/** A thread's block of height 0: nobody signs it, everybody computes it; final and certified from the start. */
export function genesisBlock(genesis: Genesis, threadId: ThreadId, stateRoot: Uint8Array): SealedBlock {
  const networkId = networkIdOf(genesis);
  const tableHash = threadsTableHash(genesisThreads(genesis, networkId));
  const header = {
    networkId,
    threadId,
    parentId: ZERO_BLOCK_ID,
    height: height(0),
    seqNo: seqNo(0),
    term: term(0),
    round: round(0),
    producer: ZERO_BLOCK_ID as string as KeeperId,
    selector: { seed: ZERO_BLOCK_ID, index: 0 },
    timeMs: genesis.createdAtMs,
    randomness: { ancestorId: ZERO_BLOCK_ID, distance: 0 },
    gasUsed: 0n,
    stateRoot,
    roots: bodyRootsOf(EMPTY_BODY, tableHash),
  };
  return sealBlock(header, EMPTY_BODY, NO_SIGNATURE);
}

/** The facts of a thread's block at height 0, from which those of all others follow. */
export function genesisFacts(block: SealedBlock): BlockFacts {
  const { header, id } = block;
  return {
    id,
    envelopeHash: envelopeHashOf(id, NO_SIGNATURE),
    threadId: header.threadId,
    parentId: header.parentId,
    height: header.height,
    seqNo: header.seqNo,
    term: header.term,
    round: header.round,
    producer: header.producer,
    timeMs: header.timeMs,
    beta: INITIAL_BETA,
    window: INITIAL_WINDOW,
    settledSamples: [],
    pending: [],
    carried: null,
    recentIds: [],
    lastShareHeight: -1n,
  };
}
