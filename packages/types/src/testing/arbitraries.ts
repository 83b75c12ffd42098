import type { AggregatedAttestation, Attestation, SignedAttestation } from "../attestation.js";
import {
  type BlockBody,
  bodyRootsOf,
  type ImportCursor,
  type OutboundMessage,
  type Receipt,
  type Ref,
} from "../blockBody.js";
import type { BlockHeader, BodyRoots } from "../blockHeader.js";
import { toHex } from "../bytes.js";
import type { Evidence, SignedClaim } from "../evidence.js";
import type { FinalityProof } from "../finalityProof.js";
import { height, type SignerIndex, signerIndex, term, type UnixMs, unixMs, round, seqNo } from "../ids.js";
import type { InclusionProof } from "../merkle.js";
import { sealBlock, type SealedBlock } from "../sealedBlock.js";
import type { SignedLock } from "../signedLock.js";
import type { SnapshotEntry, SnapshotManifest } from "../snapshot.js";
import type { StateChange } from "../stateChange.js";
import type { LockClaim, SwitchCertificate } from "../switchCertificate.js";
import type { RankedBlock, VoteState } from "../voteState.js";
import type { SignedAck, SignedNack } from "../verdict.js";
import type { ThreadStatus, WireMessage } from "../wire.js";

type FastCheck = (typeof import("fast-check"))["default"];
type Arbitrary<T> = import("fast-check").Arbitrary<T>;

/** Random values of every structure, as any encoder may meet them: well formed, not necessarily sensible. */
export interface Arbitraries {
  readonly hash: Arbitrary<Uint8Array>;
  readonly attestation: Arbitrary<Attestation>;
  readonly signedAttestation: Arbitrary<SignedAttestation>;
  readonly aggregate: Arbitrary<AggregatedAttestation>;
  readonly switchCertificate: Arbitrary<SwitchCertificate>;
  readonly header: Arbitrary<BlockHeader>;
  readonly inclusionProof: Arbitrary<InclusionProof>;
  readonly finalityProof: Arbitrary<FinalityProof>;
  readonly ref: Arbitrary<Ref>;
  readonly outbound: Arbitrary<OutboundMessage>;
  readonly receipt: Arbitrary<Receipt>;
  readonly body: Arbitrary<BlockBody>;
  /** Consistent in itself: the header's roots are the body's. */
  readonly sealedBlock: Arbitrary<SealedBlock>;
  readonly voteState: Arbitrary<VoteState>;
  readonly stateUpdate: Arbitrary<StateChange[]>;
  readonly wireMessage: Arbitrary<WireMessage>;
  readonly evidence: Arbitrary<Evidence>;
  readonly signedAck: Arbitrary<SignedAck>;
  readonly signedNack: Arbitrary<SignedNack>;
  readonly snapshotManifest: Arbitrary<SnapshotManifest>;
  readonly snapshotEntries: Arbitrary<SnapshotEntry[]>;
}

/**
 * @param fc fast-check itself, handed in so that importing the test tools does not load it
 * @example const { sealedBlock } = createArbitraries(fc); fc.assert(fc.property(sealedBlock, (block) => …));
 */
export function createArbitraries(fc: FastCheck): Arbitraries {
  const bytes = (length: number): Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
  const upTo = (maxLength: number): Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
  const hexId = <Id extends string>(length = 32): Arbitrary<Id> => bytes(length).map((value) => toHex(value) as Id);
  const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
  const hash = bytes(32);
  const anHeight = u64.map(height);
  const aTerm = u64.map(term);
  const time: Arbitrary<UnixMs> = fc.nat({ max: Number.MAX_SAFE_INTEGER }).map(unixMs);
  const someSigners: Arbitrary<SignerIndex[]> = fc
    .uniqueArray(fc.nat({ max: 0xffff }), { minLength: 1, maxLength: 8 })
    .map((signers) => signers.sort((a, b) => a - b).map(signerIndex));

  const attestation: Arbitrary<Attestation> = fc.record({
    threadId: hexId(34),
    term: aTerm,
    height: anHeight,
    blockId: hexId(),
    envelopeHash: hexId(),
    target: fc.constantFrom("primary", "fallback"),
  });
  const signer = fc.nat({ max: 0xffff }).map(signerIndex);
  const signedAttestation: Arbitrary<SignedAttestation> = fc.record({ attestation, signer, signature: bytes(96) });
  const aggregate: Arbitrary<AggregatedAttestation> = fc.record({
    attestation,
    signers: someSigners,
    signature: bytes(96),
  });
  const maybeAggregate = fc.option(aggregate);
  const rankOfLock = fc.record({ qcTerm: aTerm, qcHeight: anHeight, qcBlockId: hexId<LockClaim["qcBlockId"]>() });
  const locks: Arbitrary<LockClaim[]> = someSigners.chain((signers) =>
    fc.tuple(...signers.map((each) => rankOfLock.map((rank) => ({ signer: each, ...rank })))),
  );
  const switchCertificate: Arbitrary<SwitchCertificate> = fc.record({
    threadId: hexId(34),
    term: aTerm,
    locks,
    signature: bytes(96),
    qc: maybeAggregate,
  });

  const roots: Arbitrary<BodyRoots> = fc.record({
    attestations: hash,
    switchCertificate: hash,
    refs: hash,
    externals: hash,
    outbound: hash,
    receipts: hash,
    stateUpdate: hash,
    directives: hash,
    accusations: hash,
    threadsTable: hash,
  });
  const header: Arbitrary<BlockHeader> = fc.record({
    networkId: hexId(),
    threadId: hexId(34),
    parentId: hexId(),
    height: anHeight,
    seqNo: u64.map(seqNo),
    term: aTerm,
    round: u64.map(round),
    producer: hexId(),
    selector: fc.record({ seed: hexId(), index: fc.nat({ max: 0xffff }) }),
    timeMs: time,
    randomness: fc.record({ ancestorId: hexId(), distance: fc.nat({ max: 0xff }) }),
    gasUsed: u64,
    stateRoot: hash,
    roots,
  });
  const inclusionProof: Arbitrary<InclusionProof> = fc.nat({ max: 127 }).chain((index) =>
    fc.record({
      index: fc.constant(index),
      count: fc.integer({ min: index + 1, max: 128 }),
      siblings: fc.array(hash, { maxLength: 8 }),
    }),
  );
  const finalityProof: Arbitrary<FinalityProof> = fc.record({
    headers: fc.array(header, { maxLength: 3 }),
    carrierIndex: fc.nat({ max: 0xffff }),
    carried: aggregate,
    carriedPath: inclusionProof,
    certificate: aggregate,
  });

  const cursor: Arbitrary<ImportCursor> = fc.record({ height: anHeight, position: fc.nat({ max: 0xffff_ffff }) });
  const ref: Arbitrary<Ref> = fc.record({ threadId: hexId(34), from: cursor, to: cursor, proof: finalityProof });
  const outbound: Arbitrary<OutboundMessage> = fc.record({ source: hexId(), destination: hexId(), body: upTo(40) });
  const receipt: Arbitrary<Receipt> = fc.record({
    messageHash: hexId(),
    code: fc.nat({ max: 0xffff }),
    gasUsed: fc.nat({ max: 0xffff_ffff }),
    detail: upTo(20),
  });
  const body: Arbitrary<BlockBody> = fc.record({
    attestations: fc.array(aggregate, { maxLength: 3 }),
    switchCertificate: fc.option(switchCertificate),
    directives: fc.record({ shareState: fc.boolean() }),
    accusations: fc.array(upTo(30), { maxLength: 2 }),
    refs: fc.array(ref, { maxLength: 1 }),
    externals: fc.array(upTo(40), { maxLength: 4 }),
    outbound: fc.array(outbound, { maxLength: 3 }),
    receipts: fc.array(receipt, { maxLength: 3 }),
    stateUpdate: upTo(60),
  });
  const sealedBlock: Arbitrary<SealedBlock> = fc
    .tuple(header, body, bytes(96))
    .map(([bare, content, signature]) =>
      sealBlock({ ...bare, roots: bodyRootsOf(content, bare.roots.threadsTable) }, content, signature),
    );

  const ranked: Arbitrary<RankedBlock> = fc.record({ term: aTerm, height: anHeight, blockId: hexId() });
  const voteState: Arbitrary<VoteState> = fc.record({
    currentTerm: aTerm,
    lastVoted: fc.option(ranked),
    highestQc: maybeAggregate,
  });
  const stateUpdate: Arbitrary<StateChange[]> = fc
    .uniqueArray(fc.record({ key: upTo(64), value: fc.option(upTo(50)) }), {
      maxLength: 8,
      selector: (change) => toHex(change.key),
    })
    .map((changes) => changes.sort((a, b) => Buffer.compare(a.key, b.key)));
  const snapshotManifest: Arbitrary<SnapshotManifest> = fc.record({
    threadId: hexId(34),
    height: anHeight,
    blockId: hexId(),
    proof: finalityProof,
    facts: upTo(60),
    chunkHashes: fc.array(hash, { maxLength: 3 }),
  });
  const snapshotEntries = fc.array(fc.record({ key: upTo(64), value: upTo(50) }), { maxLength: 6 });
  const claim: Arbitrary<SignedClaim> = fc.record({
    claim: fc.record({
      threadId: hexId<SignedClaim["claim"]["threadId"]>(34),
      term: aTerm,
      height: anHeight,
      round: u64.map(round),
      blockId: hexId<SignedClaim["claim"]["blockId"]>(),
    }),
    signature: bytes(96),
  });
  const votes = fc.tuple(aggregate, aggregate);
  const verdict = fc.record({
    threadId: hexId<SignedNack["verdict"]["threadId"]>(34),
    blockId: hexId<SignedNack["verdict"]["blockId"]>(),
    envelopeHash: hexId<SignedNack["verdict"]["envelopeHash"]>(),
  });
  const ticket = fc.option(bytes(96));
  const signedAck: Arbitrary<SignedAck> = fc.record({ verdict, signer, ticket, signature: bytes(96) });
  const signedNack: Arbitrary<SignedNack> = fc.record({
    verdict,
    signer,
    reason: fc.nat({ max: 0xff }),
    ticket,
    signature: bytes(96),
  });
  const evidence: Arbitrary<Evidence> = fc.oneof(
    fc.record({
      kind: fc.constantFrom("doubleBlock" as const, "doubleFirstBlock" as const),
      accused: signer,
      claims: fc.tuple(claim, claim),
    }),
    fc.record({ kind: fc.constant("doubleAttestation" as const), accused: signer, votes }),
    fc.record({
      kind: fc.constant("splitAttestation" as const),
      accused: signer,
      votes,
      headers: fc.array(header, { maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant("wrongNack" as const),
      accused: signer,
      nack: signedNack,
      certificate: aggregate,
      headers: fc.array(header, { maxLength: 3 }),
    }),
  );
  const status: Arbitrary<ThreadStatus> = fc.record({
    threadId: hexId(34),
    finalHeight: anHeight,
    finalId: hexId(),
    currentTerm: aTerm,
    highestQc: maybeAggregate,
    tip: fc.record({ height: anHeight, blockId: hexId() }),
  });
  const signedLock: Arbitrary<SignedLock> = fc.record({
    threadId: hexId<ThreadStatus["threadId"]>(34),
    term: aTerm,
    signer,
    qc: maybeAggregate,
    attestations: fc.array(signedAttestation, { maxLength: 3 }),
    signature: bytes(96),
  });
  const items = fc.array(upTo(40), { maxLength: 4 });
  const wireMessage: Arbitrary<WireMessage> = fc.oneof(
    fc.record({ type: fc.constant("candidate" as const), block: upTo(60) }),
    fc.record({ type: fc.constant("attestation" as const), vote: signedAttestation }),
    fc.record({ type: fc.constant("certificate" as const), certificate: aggregate }),
    fc.record({ type: fc.constant("externals" as const), messages: items }),
    fc.record({ type: fc.constant("status" as const), status }),
    fc.record({
      type: fc.constant("blockRequest" as const),
      threadId: hexId<ThreadStatus["threadId"]>(34),
      fromHeight: anHeight,
      tipId: fc.option(hexId<RankedBlock["blockId"]>()),
    }),
    fc.record({
      type: fc.constant("blockResponse" as const),
      threadId: hexId<ThreadStatus["threadId"]>(34),
      blocks: items,
      certificate: maybeAggregate,
    }),
    fc.record({ type: fc.constant("evidence" as const), evidence: upTo(60) }),
    fc.record({
      type: fc.constantFrom("suspect" as const, "yield" as const),
      threadId: hexId<ThreadStatus["threadId"]>(34),
      term: aTerm,
    }),
    fc.record({ type: fc.constant("lock" as const), lock: signedLock }),
    fc.record({ type: fc.constant("ack" as const), ack: signedAck }),
    fc.record({ type: fc.constant("nack" as const), nack: signedNack }),
    fc.record({
      type: fc.constant("snapshotRequest" as const),
      threadId: hexId<ThreadStatus["threadId"]>(34),
      finalAt: fc.option(anHeight),
    }),
    fc.record({
      type: fc.constant("snapshots" as const),
      threadId: hexId<ThreadStatus["threadId"]>(34),
      manifests: fc.array(snapshotManifest, { maxLength: 2 }),
      finalAt: fc.option(fc.record({ height: anHeight, blockId: hexId<RankedBlock["blockId"]>() })),
    }),
    fc.record({
      type: fc.constant("snapshotChunkRequest" as const),
      threadId: hexId<ThreadStatus["threadId"]>(34),
      height: anHeight,
      index: fc.nat({ max: 0xffff_ffff }),
    }),
    fc.record({
      type: fc.constant("snapshotChunk" as const),
      threadId: hexId<ThreadStatus["threadId"]>(34),
      height: anHeight,
      index: fc.nat({ max: 0xffff_ffff }),
      chunk: fc.option(upTo(60)),
    }),
  );
  return {
    hash,
    attestation,
    signedAttestation,
    aggregate,
    switchCertificate,
    header,
    inclusionProof,
    finalityProof,
    ref,
    outbound,
    receipt,
    body,
    sealedBlock,
    voteState,
    stateUpdate,
    wireMessage,
    evidence,
    signedAck,
    signedNack,
    snapshotManifest,
    snapshotEntries,
  };
}
