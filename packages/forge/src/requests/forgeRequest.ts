import type { BlockHeader } from "@sealwright/tezos";
import { assertNever, toHex } from "@sealwright/types";
import type { TezosKeyHash } from "../keyId.js";
import type { VotePlace } from "../queue/scheduler.js";
import type { Claim, MarkScope } from "../watermarks/marks.js";
import { type BeaconRequest, beaconDefect, beaconScope, planBeacon } from "./beaconRequest.js";
import {
  type SealwrightRequest,
  sealwrightClaim,
  sealwrightDefect,
  sealwrightScope,
  sealwrightSigningBytes,
} from "./sealwrightRequest.js";
import { givenHeader, planTezos, tezosDefect, type TezosRequest, tezosScope } from "./tezosRequest.js";

/** All that a ForgeWorker can be asked. */
export type ForgeRequest = SealwrightRequest | TezosRequest | BeaconRequest;
export type ForgeRequestKind = ForgeRequest["kind"];

/** Identifies an accepted request in events; unique per worker. */
export type RequestId = number;

/** What is signed for a request, and what the marks are asked before: null for unguarded kinds. */
export interface SigningPlan {
  readonly bytes: Uint8Array;
  readonly claim: Claim | null;
  /** A second key whose weighted signature is added. */
  readonly companion: { readonly key: TezosKeyHash; readonly weight: bigint } | null;
  readonly dalDropped: boolean;
}

type Chain = "sealwright" | "tezos" | "beacon";

/** Table of all kinds: whose chain, what goes first among equal deadlines (blocks, then votes, then statements). */
const KINDS = {
  candidateBlock: { chain: "sealwright", rank: 0 },
  lock: { chain: "sealwright", rank: 1 },
  attestation: { chain: "sealwright", rank: 2 },
  ack: { chain: "sealwright", rank: 4 },
  nack: { chain: "sealwright", rank: 4 },
  yield: { chain: "sealwright", rank: 4 },
  ticket: { chain: "sealwright", rank: 4 },
  tezosBlock: { chain: "tezos", rank: 0 },
  tezosPreattestation: { chain: "tezos", rank: 2 },
  tezosAttestation: { chain: "tezos", rank: 3 },
  tezosOperation: { chain: "tezos", rank: 4 },
  beaconBlock: { chain: "beacon", rank: 0 },
  beaconAttestation: { chain: "beacon", rank: 2 },
  beaconOther: { chain: "beacon", rank: 4 },
} as const satisfies Record<ForgeRequestKind, { readonly chain: Chain; readonly rank: number }>;

/** @param header of a Tezos block whose preparation is over; null otherwise */
export function planSigning(request: ForgeRequest, header: BlockHeader | null): SigningPlan {
  if (isOf("tezos", request)) return planTezos(request, header);
  if (isOf("beacon", request)) return { ...planBeacon(request), ...NO_COMPANION };
  if (isOf("sealwright", request)) {
    const bytes = sealwrightSigningBytes(request);
    return { bytes, claim: sealwrightClaim(request, bytes), ...NO_COMPANION };
  }
  return assertNever(request);
}

const NO_COMPANION = { companion: null, dalDropped: false } as const;

/** @returns why no honest caller would ask this, or null */
export function requestDefect(request: ForgeRequest): string | null {
  if (isOf("tezos", request)) return tezosDefect(request);
  if (isOf("beacon", request)) return beaconDefect(request);
  if (isOf("sealwright", request)) return sealwrightDefect(request);
  return assertNever(request);
}

/** Whose marks guard a request; null for unguarded kinds. */
export function markScopeOf(request: ForgeRequest): MarkScope | null {
  if (isOf("tezos", request)) return tezosScope(request);
  if (isOf("beacon", request)) return beaconScope(request);
  if (isOf("sealwright", request)) return sealwrightScope(request);
  return assertNever(request);
}

/** A block that must be built before it can be signed. */
export function needsPreparation(request: ForgeRequest): boolean {
  return request.kind === "tezosBlock" && givenHeader(request) === null;
}

export function kindRankOf(request: ForgeRequest): number {
  return KINDS[request.kind].rank;
}

/** The place of a vote that a newer one makes worthless; null for what is never dropped for another. */
export function votePlaceOf(request: ForgeRequest): VotePlace | null {
  if (request.kind === "attestation") {
    const { threadId, term, height } = request.attestation;
    return { scope: `${request.networkId}/${threadId}`, at: [term, height] };
  }
  if (request.kind === "beaconAttestation")
    return { scope: request.genesisRoot, at: [request.targetEpoch, request.sourceEpoch] };
  if (request.kind !== "tezosPreattestation" && request.kind !== "tezosAttestation") return null;
  return { scope: toHex(request.chainId), at: [BigInt(request.vote.level), BigInt(request.vote.round)] };
}

interface RequestOf {
  readonly sealwright: SealwrightRequest;
  readonly tezos: TezosRequest;
  readonly beacon: BeaconRequest;
}

function isOf<C extends Chain>(chain: C, request: ForgeRequest): request is RequestOf[C] {
  return KINDS[request.kind].chain === chain;
}
