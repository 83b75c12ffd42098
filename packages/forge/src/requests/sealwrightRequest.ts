import {
  ackSigningBytes,
  assertNever,
  type Attestation,
  attestationSigningBytes,
  type BlockClaim,
  type BlockId,
  blockSigningBytes,
  type BlockVerdict,
  ByteWriter,
  type LockPayload,
  lockSigningBytes,
  nackSigningBytes,
  type NetworkId,
  sha256Hex,
  signingBytes,
  type Term,
  type ThreadId,
  ticketSigningBytes,
} from "@sealwright/types";
import type { PublicKeyHex } from "../keyId.js";
import type { Claim, MarkScope } from "../watermarks/marks.js";
import type { Rank } from "../watermarks/rank.js";
import type { SealwrightClaim } from "../watermarks/sealwrightMarks.js";

export type { BlockVerdict };

interface ForKey {
  /** Who signs. */
  readonly key: PublicKeyHex;
  /** Part of what is signed, and of which marks are asked. */
  readonly networkId: NetworkId;
}

/**
 * What our own chain has signed. Contents, never bytes: the bytes are made here, from the same fields that the
 * watermark guards. Signatures are 96 bytes of BLS12-381.
 */
export type SealwrightRequest =
  | (ForKey & { readonly kind: "candidateBlock"; readonly claim: BlockClaim })
  | (ForKey & {
      readonly kind: "attestation";
      readonly attestation: Attestation;
      /** Of the highest certificate known when voting (protocol §9): no later Lock of this key may list a lower one. */
      readonly highestQcRank?: Rank;
      /** Ids of the block's ancestors at distance 1, 2, …: a vote off the chain of this key's last one is refused (V3). */
      readonly ancestors?: readonly BlockId[];
      /** The same for a Fallback: ids above its block at distance 1, 2, …, up to the last one that the asker attested (V6). */
      readonly descendants?: readonly BlockId[];
    })
  | (ForKey & { readonly kind: "lock"; readonly lock: LockPayload })
  | (ForKey & { readonly kind: "ack"; readonly verdict: BlockVerdict })
  | (ForKey & { readonly kind: "nack"; readonly verdict: BlockVerdict & { readonly reason: number } })
  | (ForKey & { readonly kind: "yield"; readonly threadId: ThreadId; readonly term: Term })
  /** The verifier lottery's ticket for a block: one per key and block by construction. */
  | (ForKey & { readonly kind: "ticket"; readonly blockId: BlockId });

export type SealwrightKind = SealwrightRequest["kind"];

/** The exact bytes that are signed; receivers make the same ones from the message. */
export function sealwrightSigningBytes(request: SealwrightRequest): Uint8Array {
  const { networkId } = request;
  switch (request.kind) {
    case "candidateBlock":
      return blockSigningBytes(networkId, request.claim);
    case "attestation":
      return attestationSigningBytes(networkId, request.attestation);
    case "lock":
      return lockSigningBytes(networkId, request.lock);
    case "ack":
      return ackSigningBytes(networkId, request.verdict);
    case "nack":
      return nackSigningBytes(networkId, request.verdict, request.verdict.reason);
    case "yield":
      return signingBytes("yield", networkId, new ByteWriter(42).hex(request.threadId).u64(request.term).finish());
    case "ticket":
      return ticketSigningBytes(networkId, request.blockId);
    default:
      return assertNever(request);
  }
}

/**
 * The claim that the marks judge, or null for kinds whose repetition or contradiction cannot harm: Acks, Nacks and
 * Yields are statements about what is known now, and a ticket is the same for ever.
 */
export function sealwrightClaim(request: SealwrightRequest, bytes: Uint8Array): Claim | null {
  const scope = sealwrightScope(request);
  const claim = claimOf(request, bytes);
  return scope === null || claim === null ? null : { scope, claim };
}

/** Whose marks guard it; null for what none guards. */
export function sealwrightScope(request: SealwrightRequest): Extract<MarkScope, { chain: "sealwright" }> | null {
  const { networkId, key } = request;
  switch (request.kind) {
    case "candidateBlock":
      return { chain: "sealwright", networkId, threadId: request.claim.threadId, key };
    case "attestation":
      return { chain: "sealwright", networkId, threadId: request.attestation.threadId, key };
    case "lock":
      return { chain: "sealwright", networkId, threadId: request.lock.threadId, key };
    case "ack":
    case "nack":
    case "yield":
    case "ticket":
      return null;
    default:
      return assertNever(request);
  }
}

function claimOf(request: SealwrightRequest, bytes: Uint8Array): SealwrightClaim | null {
  switch (request.kind) {
    case "candidateBlock": {
      const { term, height, round, blockId } = request.claim;
      return { type: "block", rank: { term, height }, first: round > 0n, blockId, digest: sha256Hex(bytes) };
    }
    case "attestation": {
      const { term, height, target, blockId, envelopeHash } = request.attestation;
      const { ancestors, descendants, highestQcRank: highestQc = null } = request;
      const rank = { term, height };
      const digest = sha256Hex(bytes);
      const claim = { type: "attestation", rank, target, blockId, envelopeHash, highestQc, digest } as const;
      if (ancestors === undefined && descendants === undefined) return claim;
      return { ...claim, ...(ancestors && { ancestors }), ...(descendants && { descendants }) };
    }
    case "lock": {
      const { term, qcTerm, qcHeight, qcBlockId } = request.lock;
      return { type: "lock", term, highestQc: { term: qcTerm, height: qcHeight }, qcBlockId, digest: sha256Hex(bytes) };
    }
    case "ack":
    case "nack":
    case "yield":
    case "ticket":
      return null;
    default:
      return assertNever(request);
  }
}

/** Requests that no honest caller makes, refused before they can burn a mark; null when there is nothing to say. */
export function sealwrightDefect(request: SealwrightRequest): string | null {
  if (request.kind === "lock" && request.lock.qcTerm >= request.lock.term)
    return "a lock's certificate must be of a lower term";
  if (
    request.kind === "nack" &&
    !(Number.isInteger(request.verdict.reason) && request.verdict.reason >= 0 && request.verdict.reason <= 255)
  ) {
    return "a nack's reason is one byte";
  }
  return null;
}
