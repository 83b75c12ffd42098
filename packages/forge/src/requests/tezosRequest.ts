import {
  type Attestation,
  type BlockHeader,
  blsModeAttestation,
  blsModePreattestation,
  type BlsModeAttestation,
  type BlsModePreattestation,
  type ChainId,
  dalAttestationWeight,
  encodeSigningPayload,
  formatText,
  type OpaqueOperation,
  parseFitness,
  parsePublicKeyHash,
  type Preattestation,
  type SigningPayload,
} from "@sealwright/tezos";
import { assertNever, sha256Hex, unwrap } from "@sealwright/types";
import { schemeOfKey, type TezosKeyHash } from "../keyId.js";
import type { Claim, MarkScope } from "../watermarks/marks.js";
import { bakingPlaceDefect, type BlockToBake } from "./blockToBake.js";

interface ForKey {
  /** The consensus key, not the delegate's manager key: queue and watermark belong to it. */
  readonly key: TezosKeyHash;
  readonly chainId: ChainId;
}

/** What a Tezos baker has signed. Votes are given whole; a tz4 key signs their form without slot and DAL content. */
export type TezosRequest =
  | (ForKey & {
      readonly kind: "tezosBlock";
      readonly block: { readonly header: BlockHeader } | { readonly prepare: BlockToBake };
    })
  | (ForKey & { readonly kind: "tezosPreattestation"; readonly vote: Preattestation | BlsModePreattestation })
  | (ForKey & {
      readonly kind: "tezosAttestation";
      readonly vote: Attestation | BlsModeAttestation;
      /** Signs DAL content together with a tz4 consensus key; without it the content is dropped. */
      readonly companionKey?: TezosKeyHash;
    })
  /** Any other operation (watermark 0x03). No mark guards it: whoever lets it in decides. */
  | (ForKey & { readonly kind: "tezosOperation"; readonly operation: OpaqueOperation });

/** What is signed, and what a tz4 key's DAL content needs beside it. */
export interface TezosPlan {
  readonly bytes: Uint8Array;
  readonly claim: Claim | null;
  readonly companion: { readonly key: TezosKeyHash; readonly weight: bigint } | null;
  /** The vote had DAL content that is not in what is signed. */
  readonly dalDropped: boolean;
}

/** @param header the prepared one, or the request's own; null for all other kinds */
export function planTezos(request: TezosRequest, header: BlockHeader | null): TezosPlan {
  const payload = payloadOf(request, header);
  const bytes = encodeSigningPayload(payload);
  return { bytes, claim: claimOf(request, payload, bytes), ...companionOf(request, payload) };
}

/** The header that came with the request, if any. */
export function givenHeader(request: TezosRequest): BlockHeader | null {
  return request.kind === "tezosBlock" && "header" in request.block ? request.block.header : null;
}

function payloadOf(request: TezosRequest, header: BlockHeader | null): SigningPayload {
  const { chainId } = request;
  const bls = schemeOfKey(request.key) === "bls";
  switch (request.kind) {
    case "tezosBlock":
      if (header === null) throw new TypeError("a block is signed after its preparation");
      return { type: "block", chainId, header };
    case "tezosPreattestation":
      return {
        type: "preattestation",
        chainId,
        operation: bls && request.vote.kind === "preattestation" ? blsModePreattestation(request.vote) : request.vote,
      };
    case "tezosAttestation":
      return {
        type: "attestation",
        chainId,
        operation: bls && request.vote.kind === "attestation" ? blsModeAttestation(request.vote) : request.vote,
      };
    case "tezosOperation":
      return { type: "operation", operation: request.operation };
    default:
      return assertNever(request);
  }
}

function claimOf(request: TezosRequest, payload: SigningPayload, bytes: Uint8Array): Claim | null {
  if (payload.type === "operation") return null;
  const place = placeOf(payload);
  const scope = scopeOf(request);
  // DAL content is outside of what a tz4 key signs, yet two contents are two signatures: both go into the digest.
  const dal =
    request.kind === "tezosAttestation" && request.vote.kind === "attestation" ? request.vote.dalAttestation : null;
  const digest = sha256Hex(
    dal === null
      ? bytes
      : Buffer.concat([
          bytes,
          Buffer.from(`dal ${dal} ${request.kind === "tezosAttestation" ? (request.companionKey ?? "") : ""}`),
        ]),
  );
  return { scope, claim: { type: payload.type, ...place, digest, signature: null } };
}

/** Whose marks guard it; null for what none guards. */
export function tezosScope(request: TezosRequest): MarkScope | null {
  return request.kind === "tezosOperation" ? null : scopeOf(request);
}

function scopeOf({ chainId, key }: ForKey): Extract<MarkScope, { chain: "tezos" }> {
  return { chain: "tezos", chainId: formatText("chainId", chainId), key };
}

/** A block's round is the one of its fitness, never its payload's. */
function placeOf(payload: Exclude<SigningPayload, { type: "operation" }>): {
  readonly level: number;
  readonly round: number;
} {
  if (payload.type !== "block") return { level: payload.operation.level, round: payload.operation.round };
  return { level: payload.header.level, round: unwrap(parseFitness(payload.header.fitness)).round };
}

function companionOf(request: TezosRequest, payload: SigningPayload): Pick<TezosPlan, "companion" | "dalDropped"> {
  if (request.kind !== "tezosAttestation" || request.vote.kind !== "attestation" || payload.type !== "attestation")
    return NO_COMPANION;
  const { dalAttestation } = request.vote;
  if (payload.operation.kind !== "blsModeAttestation" || dalAttestation === null) return NO_COMPANION;
  const { companionKey } = request;
  if (companionKey === undefined) return { companion: null, dalDropped: true };
  const weight = dalAttestationWeight({
    consensusKey: unwrap(parsePublicKeyHash(request.key)),
    companionKey: unwrap(parsePublicKeyHash(companionKey)),
    attestation: payload.operation,
    dalAttestation,
  });
  return { companion: { key: companionKey, weight }, dalDropped: false };
}

const NO_COMPANION = { companion: null, dalDropped: false } as const;

/** Requests that no honest caller makes, refused before they can burn a mark; null when there is nothing to say. */
export function tezosDefect(request: TezosRequest): string | null {
  const bls = schemeOfKey(request.key) === "bls";
  switch (request.kind) {
    case "tezosBlock":
      return "header" in request.block ? headerDefect(request.block.header) : bakingPlaceDefect(request.block.prepare);
    case "tezosPreattestation":
      return !bls && request.vote.kind === "blsModePreattestation" ? "only a tz4 key signs votes without a slot" : null;
    case "tezosAttestation":
      if (request.companionKey !== undefined && schemeOfKey(request.companionKey) !== "bls")
        return "a companion key is a tz4 key";
      return !bls && request.vote.kind === "blsModeAttestation" ? "only a tz4 key signs votes without a slot" : null;
    case "tezosOperation":
      return null;
    default:
      return assertNever(request);
  }
}

/** Why a header must not be signed, whoever made it. */
export function headerDefect(header: BlockHeader): string | null {
  const fitness = parseFitness(header.fitness);
  if (!fitness.ok) return `a header's fitness does not read: ${fitness.error.code}`;
  if (fitness.value.level !== header.level) return "a header's fitness names another level";
  return header.payloadRound > fitness.value.round ? "a payload round is above the round" : null;
}
