import { type BlockFacts, decodeBlockFacts, encodeBlockFacts, genesisFacts } from "@sealwright/consensus";
import {
  type Accusation,
  decodeAccusation,
  decodeBlockHeader,
  decodeEvidence,
  decodeFinalityProof,
  decodeSealedBlock,
  decodeSealedHeader,
  decodeSnapshotChunk,
  decodeSnapshotManifest,
  decodeStateUpdate,
  decodeVoteState,
  decodeWireMessage,
  encodeAccusation,
  encodeBlockHeader,
  encodeEvidence,
  encodeFinalityProof,
  encodeSnapshotChunk,
  encodeSnapshotManifest,
  encodeStateUpdate,
  encodeVoteState,
  encodeWireMessage,
  type WireMessage,
} from "@sealwright/types";
import type { FuzzSource } from "../fuzzSource.js";
import type { FuzzTarget } from "../fuzzTarget.js";

const SAMPLES = 8;
/** So many that every kind is among them. */
const WIRE_SAMPLES = 400;
const SAMPLES_PER_KIND = 4;

/** What keepers tell each other, and what they keep of it. */
export function chainTargets(source: FuzzSource): readonly FuzzTarget[] {
  const { sample, frames, blocks } = source;
  const sealed = [...blocks, ...sample("sealedBlock", SAMPLES)];
  const manifests = sample("snapshotManifest", SAMPLES);
  return [
    {
      name: "wireMessage",
      decode: (bytes) => decodeWireMessage(bytes).ok,
      seeds: [...frames, ...someOfEveryKind(sample("wireMessage", WIRE_SAMPLES)).map(encodeWireMessage)],
    },
    { name: "sealedBlock", decode: (bytes) => decodeSealedBlock(bytes).ok, seeds: sealed.map(({ bytes }) => bytes) },
    { name: "sealedHeader", decode: (bytes) => decodeSealedHeader(bytes).ok, seeds: sealed.map(({ bytes }) => bytes) },
    {
      name: "blockHeader",
      decode: (bytes) => decodeBlockHeader(bytes).ok,
      seeds: sealed.map(({ header }) => encodeBlockHeader(header)),
    },
    {
      name: "finalityProof",
      decode: (bytes) => decodeFinalityProof(bytes).ok,
      seeds: sample("finalityProof", SAMPLES).map(encodeFinalityProof),
    },
    {
      name: "evidence",
      decode: (bytes) => decodeEvidence(bytes).ok,
      seeds: sample("evidence", 4 * SAMPLES).map(encodeEvidence),
    },
    {
      name: "accusation",
      decode: (bytes) => decodeAccusation(bytes).ok,
      seeds: accusations(source).map(encodeAccusation),
    },
    {
      name: "stateUpdate",
      decode: (bytes) => decodeStateUpdate(bytes).ok,
      seeds: [...blocks.map(({ body }) => body.stateUpdate), ...sample("stateUpdate", SAMPLES).map(encodeStateUpdate)],
    },
    {
      name: "voteState",
      decode: (bytes) => decodeVoteState(bytes).ok,
      seeds: sample("voteState", SAMPLES).map(encodeVoteState),
    },
    {
      name: "snapshotManifest",
      decode: (bytes) => decodeSnapshotManifest(bytes).ok,
      seeds: manifests.map(encodeSnapshotManifest),
    },
    {
      name: "snapshotChunk",
      decode: (bytes) => decodeSnapshotChunk(bytes).ok,
      seeds: sample("snapshotEntries", SAMPLES).map(encodeSnapshotChunk),
    },
    {
      name: "blockFacts",
      decode: (bytes) => decodeBlockFacts(bytes).ok,
      seeds: blocks.flatMap((block) => [genesisFacts(block), busyFacts(genesisFacts(block))]).map(encodeBlockFacts),
    },
  ];
}

function someOfEveryKind(messages: readonly WireMessage[]): readonly WireMessage[] {
  const counts = new Map<WireMessage["type"], number>();
  return messages.filter(({ type }) => {
    const count = (counts.get(type) ?? 0) + 1;
    counts.set(type, count);
    return count <= SAMPLES_PER_KIND;
  });
}

function accusations({ sample }: FuzzSource): readonly Accusation[] {
  return [
    ...sample("signedAck", SAMPLES).map((ack): Accusation => ({ type: "ack", ack })),
    ...sample("signedNack", SAMPLES).map((nack): Accusation => ({ type: "nack", nack })),
    ...sample("evidence", 2 * SAMPLES).map((evidence): Accusation => ({ type: "evidence", evidence })),
  ];
}

/** With something in every list. */
function busyFacts(facts: BlockFacts): BlockFacts {
  const { id, height, envelopeHash } = facts;
  return {
    ...facts,
    settledSamples: [1, 3],
    pending: [1n, 0b1101n, 1n << 70n].map((voters) => ({ id, height, envelopeHash, beta: facts.beta, voters })),
    carried: { id, height, carrierId: id, carrierHeight: height },
    recentIds: [id, facts.parentId],
    lastShareHeight: 7n,
  };
}
