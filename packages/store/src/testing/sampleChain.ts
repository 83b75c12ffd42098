import {
  type AggregatedAttestation,
  type BlockBody,
  bodyRootsOf,
  BLS_SIGNATURE_BYTES,
  type BlockHeader,
  type BlockId,
  blockIdFromBytes,
  decodeSealedBlock,
  DEFAULT_THREAD_ID,
  encodeStateUpdate,
  type FinalityProof,
  height,
  keeperIdFromBytes,
  type MessageHash,
  messageHashFromBytes,
  networkIdFromBytes,
  round,
  sealBlock,
  type SealedBlock,
  seqNo,
  sha256,
  signerIndex,
  type StateChange,
  term,
  type ThreadId,
  unixMs,
  unwrap,
  type VoteState,
  ZERO_HASH,
} from "@sealwright/types";
import type { ThreadGenesis } from "../repository.js";

const text = new TextEncoder();

export const SAMPLE_NETWORK = networkIdFromBytes(sha256(text.encode("network")));
export const SAMPLE_KEEPER = keeperIdFromBytes(sha256(text.encode("keeper")));
export const THREAD_A = DEFAULT_THREAD_ID;
export const THREAD_B = `0001${"ab".repeat(32)}` as ThreadId;

export function bytesOf(value: string): Uint8Array {
  return text.encode(value);
}

export function sampleHash(name: string): MessageHash {
  return messageHashFromBytes(sha256(bytesOf(name)));
}

export function genesisId(threadId: ThreadId): BlockId {
  return blockIdFromBytes(sha256(bytesOf(`genesis ${threadId}`)));
}

export function sampleGenesis(threadId: ThreadId, state: readonly StateChange[] = []): ThreadGenesis {
  return { threadId, blockId: genesisId(threadId), header: null, facts: bytesOf("genesis facts"), state };
}

export interface SampleBlockOptions {
  readonly threadId?: ThreadId;
  readonly at: number;
  readonly parentId?: BlockId;
  readonly term?: number;
  /** Tells apart blocks that are the same otherwise. */
  readonly salt?: string;
  readonly changes?: readonly StateChange[];
}

/** A block that is consistent in itself; nobody signed it. */
export function sampleBlock(options: SampleBlockOptions): SealedBlock {
  const { threadId = THREAD_A, at, parentId = genesisId(threadId), salt = "", changes = [] } = options;
  const body: BlockBody = {
    attestations: [],
    switchCertificate: null,
    directives: { shareState: false },
    accusations: [],
    refs: [],
    externals: [bytesOf(`external ${salt}`)],
    outbound: [],
    receipts: [{ messageHash: sampleHash(`external ${salt}`), code: 0, gasUsed: 1, detail: new Uint8Array(0) }],
    stateUpdate: encodeStateUpdate(changes),
  };
  const header: BlockHeader = {
    networkId: SAMPLE_NETWORK,
    threadId,
    parentId,
    height: height(at),
    seqNo: seqNo(at),
    term: term(options.term ?? 0),
    round: round(0),
    producer: SAMPLE_KEEPER,
    selector: { seed: genesisId(threadId), index: 0 },
    timeMs: unixMs(1_000 * at),
    randomness: { ancestorId: parentId, distance: 1 },
    gasUsed: 0n,
    stateRoot: ZERO_HASH,
    roots: bodyRootsOf(body, ZERO_HASH),
  };
  // Decoded again, so that it equals what a store gives back also in the kind of its byte arrays.
  return unwrap(decodeSealedBlock(sealBlock(header, body, new Uint8Array(BLS_SIGNATURE_BYTES)).bytes));
}

/** Blocks of heights 1 to `length`, each on top of the one before. */
export function sampleChain(length: number, options: Omit<SampleBlockOptions, "at" | "parentId"> = {}): SealedBlock[] {
  const chain: SealedBlock[] = [];
  for (let at = 1; at <= length; at++) {
    const parent = chain[chain.length - 1];
    chain.push(sampleBlock({ ...options, at, ...(parent !== undefined && { parentId: parent.id }) }));
  }
  return chain;
}

export function sampleCertificate(block: SealedBlock): AggregatedAttestation {
  const { threadId, term: of, height: at } = block.header;
  return {
    attestation: {
      threadId,
      term: of,
      height: at,
      blockId: block.id,
      envelopeHash: block.envelopeHash,
      target: "primary",
    },
    signers: [signerIndex(0), signerIndex(2)],
    signature: new Uint8Array(BLS_SIGNATURE_BYTES),
  };
}

export function sampleProof(block: SealedBlock): FinalityProof {
  const certificate = sampleCertificate(block);
  const carriedPath = { index: 0, count: 1, siblings: [] };
  return { headers: [block.header], carrierIndex: 0, carried: certificate, carriedPath, certificate };
}

export function sampleVoteState(currentTerm: number, voted: SealedBlock | null): VoteState {
  if (voted === null) return { currentTerm: term(currentTerm), lastVoted: null, highestQc: null };
  const lastVoted = { term: voted.header.term, height: voted.header.height, blockId: voted.id };
  return { currentTerm: term(currentTerm), lastVoted, highestQc: sampleCertificate(voted) };
}
