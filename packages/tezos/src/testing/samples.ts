import { unwrap } from "@sealwright/types";
import { type BlockPayloadHash, level, type Level, round, type Round, slot } from "../ids.js";
import { type Payload, parseText } from "../text/text.js";
import type { BlockHeader } from "../wire/blockHeader.js";
import { fitnessElements } from "../wire/fitness.js";
import type { Attestation, Preattestation } from "../wire/operation.js";

const BRANCH = unwrap(parseText("blockHash", "BKpbfCvh777DQHnXjU2sqHvVUNZ7dBAdqEfKkdw8EGSkD9LSYXb"));
const PAYLOAD_HASH = new Uint8Array(32) as BlockPayloadHash;

/** Where a sample stands; the defaults are level 1331, round 0. */
export interface SamplePlace {
  readonly level?: number;
  readonly round?: number;
}

/** Chain id of the main network. */
export const SAMPLE_CHAIN_ID: Payload<"chainId"> = unwrap(parseText("chainId", "NetXdQprcVkpaWU"));

/** A well-formed preattestation of slot 0. */
export function samplePreattestation(place: SamplePlace = {}): Preattestation {
  return { kind: "preattestation", slot: slot(0), branch: BRANCH, payloadHash: PAYLOAD_HASH, ...placed(place) };
}

/** A well-formed attestation of slot 0, without DAL content unless it is given. */
export function sampleAttestation(place: SamplePlace = {}, dalAttestation: bigint | null = null): Attestation {
  const target = { branch: BRANCH, payloadHash: PAYLOAD_HASH, ...placed(place) };
  return { kind: "attestation", slot: slot(0), ...target, dalAttestation };
}

/** A header that `decodeSigningPayload` accepts: its fitness is today's and says the same level. */
export function sampleBlockHeader(place: SamplePlace = {}): BlockHeader {
  const at = placed(place);
  return {
    level: at.level,
    proto: 1,
    predecessor: BRANCH,
    timestampSeconds: 1_587_399_600n,
    validationPass: 4,
    operationsHash: new Uint8Array(32) as Payload<"operationListListHash">,
    fitness: fitnessElements({ ...at, lockedRound: null, predecessorRound: round(0) }),
    context: new Uint8Array(32) as Payload<"contextHash">,
    payloadHash: PAYLOAD_HASH,
    payloadRound: round(0),
    proofOfWorkNonce: Uint8Array.of(0x10, 0x18, 0x95, 0xca, 0, 0, 0, 0),
    seedNonceHash: null,
    votes: { liquidityBaking: "pass", second: "on" },
  };
}

function placed(place: SamplePlace): { readonly level: Level; readonly round: Round } {
  return { level: level(place.level ?? 1_331), round: round(place.round ?? 0) };
}
