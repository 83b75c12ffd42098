import {
  accountIdFromBytes,
  type AggregatedAttestation,
  BLS_SIGNATURE_BYTES,
  type BlockBody,
  type BlockHeader,
  type BlockId,
  bodyRootsOf,
  encodeAggregatedAttestation,
  type FinalityProof,
  height,
  keeperIdFromBytes,
  merkleProof,
  messageHashFromBytes,
  networkIdFromBytes,
  round,
  sealBlock,
  type SealedBlock,
  seqNo,
  sha256,
  signerIndex,
  term,
  type ThreadId,
  unixMs,
  ZERO_BLOCK_ID,
} from "@sealwright/types";

/** 32 bytes that a label stands for. */
export const fakeHash = (label: string): Uint8Array => sha256(new TextEncoder().encode(label));
export const FAKE_NETWORK_ID = networkIdFromBytes(fakeHash("network"));
export const FAKE_START_MS = 1_700_000_000_000;

export interface FakeBlockOptions {
  readonly threadId: ThreadId;
  readonly height: number;
  readonly parentId?: BlockId;
  readonly externals?: readonly Uint8Array[];
  readonly attestations?: readonly AggregatedAttestation[];
}

/** A block whose id and roots are right, and whose signatures are not: enough for everything above the protocol. */
export function fakeBlock(options: FakeBlockOptions): SealedBlock {
  const body = fakeBody(options);
  return sealBlock(fakeHeader(options, body), body, new Uint8Array(BLS_SIGNATURE_BYTES).fill(7));
}

export function fakeAggregate(block: SealedBlock): AggregatedAttestation {
  const { threadId, term: blockTerm, height: blockHeight } = block.header;
  return {
    attestation: {
      threadId,
      term: blockTerm,
      height: blockHeight,
      blockId: block.id,
      envelopeHash: block.envelopeHash,
      target: "primary",
    },
    signers: [0, 1, 2].map(signerIndex),
    signature: new Uint8Array(BLS_SIGNATURE_BYTES).fill(9),
  };
}

/** Of the shape that a light client reads, for a block, the child that carries its quorum, and the child's own quorum. */
export function fakeFinalityProof(block: SealedBlock, child: SealedBlock): FinalityProof {
  return {
    headers: [block.header, child.header],
    carrierIndex: 1,
    carried: fakeAggregate(block),
    carriedPath: merkleProof([encodeAggregatedAttestation(fakeAggregate(block))], 0),
    certificate: fakeAggregate(child),
  };
}

function fakeBody({ externals = [], attestations = [] }: FakeBlockOptions): BlockBody {
  return {
    attestations,
    switchCertificate: null,
    directives: { shareState: false },
    accusations: [],
    refs: [],
    externals,
    outbound: [
      {
        source: accountIdFromBytes(fakeHash("source")),
        destination: accountIdFromBytes(fakeHash("destination")),
        body: Uint8Array.of(1, 2, 3),
      },
    ],
    receipts: externals.map((message) => ({
      messageHash: messageHashFromBytes(sha256(message)),
      code: 0,
      gasUsed: 21,
      detail: new Uint8Array(),
    })),
    stateUpdate: Uint8Array.of(5),
  };
}

function fakeHeader(options: FakeBlockOptions, body: BlockBody): BlockHeader {
  const parentId = options.parentId ?? ZERO_BLOCK_ID;
  return {
    networkId: FAKE_NETWORK_ID,
    threadId: options.threadId,
    parentId,
    height: height(options.height),
    seqNo: seqNo(options.height),
    term: term(0),
    round: round(0),
    producer: keeperIdFromBytes(fakeHash("keeper 0")),
    selector: { seed: ZERO_BLOCK_ID, index: 0 },
    timeMs: unixMs(FAKE_START_MS + options.height * 330),
    randomness: { ancestorId: parentId, distance: 1 },
    gasUsed: BigInt(body.receipts.length * 21),
    stateRoot: fakeHash(`state ${options.height}`),
    roots: bodyRootsOf(body, fakeHash("threads")),
  };
}
