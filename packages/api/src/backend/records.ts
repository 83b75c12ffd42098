import type {
  AccountId,
  AggregatedAttestation,
  BlockHeader,
  BlockId,
  EnvelopeHash,
  FinalityProof,
  Height,
  InclusionProof,
  KeeperId,
  NetworkId,
  SealedBlock,
  Term,
  ThreadId,
  UnixMs,
} from "@sealwright/types";
import type { BlockRef, ProducerHint } from "./message.js";

/** How far a block got in this node's eyes. `abandoned` may come back; `invalid` and `final` never change. */
export const BLOCK_STATUSES = ["sealed", "certified", "prefinal", "final", "abandoned", "invalid"] as const;
/** One of `BLOCK_STATUSES`. */
export type BlockStatus = (typeof BLOCK_STATUSES)[number];

/** What happened to a block in this node, in the order in which it usually does. */
export const BLOCK_STAGES = [
  "buildStarted",
  "built",
  "sealed",
  "recorded",
  "signed",
  "sent",
  "received",
  "checked",
  "applied",
  "verified",
  "attested",
  "certified",
  "prefinal",
  "final",
  "abandoned",
  "invalid",
] as const;
/** One of `BLOCK_STAGES`. */
export type BlockStage = (typeof BLOCK_STAGES)[number];

/** One step of a block, by the wall clock of the node that tells it. */
export interface TimelineEntry {
  readonly stage: BlockStage;
  readonly atMs: UnixMs;
}

/** A block with what this node knows of it. */
export interface BlockRecord {
  readonly block: SealedBlock;
  readonly status: BlockStatus;
  /** The quorum of this very block, once this node holds it. */
  readonly certificate: AggregatedAttestation | null;
  readonly timeline: readonly TimelineEntry[];
}

/** What a list of blocks shows: cheap to read, without the body. */
export interface BlockHeadline {
  readonly header: BlockHeader;
  readonly id: BlockId;
  readonly envelopeHash: EnvelopeHash;
  readonly status: BlockStatus;
  readonly sizeBytes: number;
  /** External messages in the block. */
  readonly messageCount: number;
}

/** Either way to name a block; by height it is the one on the chain that this node follows. */
export type BlockSelector =
  | { readonly type: "id"; readonly blockId: BlockId }
  | { readonly type: "height"; readonly threadId: ThreadId; readonly height: Height };

/** Which blocks a list shows: those of one thread on the chain that this node follows. */
export interface BlockQuery {
  readonly threadId: ThreadId;
  /** First height; null: the `limit` newest blocks. */
  readonly from: Height | null;
  /** 1..BLOCKS_PER_RESPONSE_MAX; the API checks it. */
  readonly limit: number;
}

/** A thread as this node sees it now. */
export interface ThreadRecord {
  readonly threadId: ThreadId;
  /** Accounts whose first `prefixLength` bits equal `prefix` belong here. */
  readonly prefix: number;
  readonly prefixLength: number;
  readonly term: Term;
  readonly producer: ProducerHint;
  /** The newest block that this node follows; null when the thread has only its genesis. */
  readonly head: BlockRef | null;
  readonly prefinal: BlockRef | null;
  readonly final: BlockRef | null;
  /** When the head was made, for freshness; null with no head. */
  readonly headTimeMs: UnixMs | null;
  /** External messages that wait in this node for this thread. */
  readonly queueLength: number;
}

/** Why a node has no block to show. */
export type BlockAbsence =
  /** Not known here: it may come, or be another node's. */
  | { readonly type: "unknownBlock" }
  /** It was final, and this node has forgotten it. */
  | { readonly type: "pruned" }
  /** Where a thread begins: it follows from the genesis document, and nobody made it or voted for it. */
  | { readonly type: "genesisBlock"; readonly threadId: ThreadId; readonly blockId: BlockId };

/** A block, or why there is none to show. */
export type BlockAnswer = { readonly type: "block"; readonly record: BlockRecord } | BlockAbsence;

/** A block's finality proof, or why there is none. */
export type FinalityProofAnswer =
  | { readonly type: "proof"; readonly proof: FinalityProof }
  | { readonly type: "notFinal"; readonly status: BlockStatus }
  | BlockAbsence;

/** What an account holds. Amounts are in base units of the engine. */
export interface AccountState {
  readonly balance: bigint;
  /** What the account's next message must carry, or null where the engine has no such number. */
  readonly nonce: bigint | null;
  /** The state tree's leaf as the proof proves it. */
  readonly value: Uint8Array;
}

/** An account after a block, with a proof of it, or of its absence, up to the block's id. */
export interface AccountRecord {
  readonly accountId: AccountId;
  readonly block: BlockRef;
  readonly blockStatus: BlockStatus;
  readonly stateRoot: Uint8Array;
  /** null: there is no such account, and `proof` proves that. */
  readonly state: AccountState | null;
  /** In the engine's encoding, checked against `stateRoot`. */
  readonly proof: Uint8Array;
  /** `stateRoot` as the leaf HEADER_LEAF.stateRoot of the block id; null when the block is a thread's genesis. */
  readonly stateRootPath: InclusionProof | null;
}

/** Native value of a thread after a final block, in base units: `balances + fees + sent - received` never changes. */
export interface ThreadTotals {
  readonly threadId: ThreadId;
  readonly blockId: BlockId;
  readonly balances: bigint;
  readonly fees: bigint;
  /** In messages between accounts, since genesis. */
  readonly sent: bigint;
  readonly received: bigint;
}

/** Which block an account is read after. */
export type AccountView = "final" | "head";

/** A member of the BK set as this node sees it. */
export interface KeeperRecord {
  readonly keeperId: KeeperId;
  /** Position in the BK set. */
  readonly index: number;
  readonly publicKey: Uint8Array;
  readonly link: "self" | "connected" | "disconnected";
  /** 0 = good; what it means to grow belongs to the transport. */
  readonly score: number;
  readonly apiUrl: string | null;
  readonly producing: readonly ThreadId[];
}

/** Proof that a keeper broke a rule, standing by itself (protocol §8). */
export interface EvidenceRecord {
  /** SHA-256 of `bytes`, 64 hex digits. */
  readonly id: string;
  readonly kind: "doubleBlock" | "doubleFirstBlock" | "doubleAttestation" | "splitAttestation" | "wrongNack";
  readonly accused: KeeperId;
  readonly threadId: ThreadId;
  readonly term: Term;
  readonly height: Height;
  readonly seenAtMs: UnixMs;
  readonly bytes: Uint8Array;
}

/** What a client must keep to, and what it can count on. */
export interface NetworkLimits {
  readonly messageBytesMax: number;
  readonly messagesPerBlockMax: number;
  readonly productionTimeoutMs: number;
  readonly minBlockIntervalMs: number;
  /** Base units, a u64. */
  readonly transferFee: bigint;
}

/** What a client needs to know of the network before it sends anything, and of the node that it asks. */
export interface NetworkRecord {
  readonly networkId: NetworkId;
  readonly name: string;
  /** Of the software. */
  readonly version: string;
  readonly keeperId: KeeperId;
  readonly executor: string;
  readonly keepers: number;
  readonly quorum: number;
  readonly faultyMax: number;
  readonly threads: number;
  readonly limits: NetworkLimits;
  /** Other keepers' clocks minus ours (median); null while too few are connected. */
  readonly clockSkewMs: number | null;
}

/** One condition of being ready, such as `storeWritable`, `peersConnected`, `headFresh`, `clockSane`. */
export interface ReadinessCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What was seen and what is wanted, for a person. */
  readonly detail: string;
}
